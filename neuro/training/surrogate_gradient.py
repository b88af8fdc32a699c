"""Surrogate gradients: small LIF classifiers trained by torch. The only file that knows torch; extra ``train``.

Forward a step function, backward the slope of a fast sigmoid, ``1 / (1 + slope |v - threshold|)^2``. The loss is the
cross-entropy of the output's spike counts.

Sources: Neftci, Mostafa & Zenke, *Surrogate gradient learning in spiking neural networks* (2019); Zenke & Ganguli,
*SuperSpike* (2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.arrays import BoolArray
from neuro.checks import check_positive, check_share, check_whole
from neuro.errors import InvalidInput, NumericalError
from neuro.motifs.layers import LIFLayer, check_spikes
from neuro.spikes import Progress
from neuro.training.lif_classifier import LIFClassifier

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class SurrogateGradientTrainer:
    """Trains a :class:`LIFClassifier` by backpropagation through time.

    Args:
        hidden: neurons of each hidden layer.
        decay: share of v that is left after a step; 1 minus a power of two is a shift in silicon.
        epochs: how often all items are seen.
        batch: items in a step, at least 2.
        rate: of Adam.
        slope: of the surrogate.
        weight_step: weights end on multiples of this; a power of two makes sums of weights exact on every target.
        seed: of the first weights and of the order.

    Raises:
        InvalidInput: a value outside its range.
    """

    hidden: tuple[int, ...] = (48,)
    decay: float = 0.875
    epochs: int = 20
    batch: int = 64
    rate: float = 5e-3
    slope: float = 10.0
    weight_step: float = 2.0**-8
    seed: int = 0

    def __post_init__(self) -> None:
        for size in self.hidden:
            check_whole("a hidden layer", size, 1, 1 << 16)
        check_share("decay", self.decay)
        check_whole("epochs", self.epochs, 1, 1 << 20)
        check_whole("batch", self.batch, 2, 1 << 20)
        check_whole("seed", self.seed, 0, (1 << 63) - 1)
        for name in ("rate", "slope", "weight_step"):
            check_positive(name, getattr(self, name))

    def fit(self, spikes: npt.ArrayLike, labels: npt.ArrayLike, progress: Progress | None = None) -> LIFClassifier:
        """The trained classifier.

        Args:
            spikes: 0 or 1, shape (items, steps, inputs).
            labels: whole numbers from 0, shape (items,).
            progress: called after each epoch with the epochs done; False from it ends the training.

        Raises:
            InvalidInput: shapes that do not fit, fewer than two classes.
            NumericalError: the loss stopped being a number; the message names the step.
        """
        import torch

        shown, classes = np.asarray(spikes), np.asarray(labels)
        fits = shown.ndim == 3 and shown.size > 0 and classes.shape == shown.shape[:1]
        if not fits or not np.issubdtype(classes.dtype, np.integer):
            raise InvalidInput(
                f"spikes {shown.shape} and labels {classes.shape} of {classes.dtype}; (items, steps, inputs), not "
                "empty, and (items,) of whole numbers are allowed"
            )
        if classes.min() < 0 or classes.max() < 1:
            raise InvalidInput(
                f"labels run from {classes.min()} to {classes.max()}; two classes or more, from 0, are needed"
            )
        sizes = (shown.shape[2], *self.hidden, int(classes.max()) + 1)
        random = np.random.default_rng((self.seed, 0))
        weights = [
            torch.tensor(random.normal(0, 2 / math.sqrt(left), (right, left)), dtype=torch.float32, requires_grad=True)
            for left, right in pairwise(sizes)
        ]
        check_spikes(self._layers(weights), shown)
        inputs, targets = torch.tensor(shown, dtype=torch.float32), torch.tensor(classes.astype(np.int64))
        optimiser, step = torch.optim.Adam(weights, lr=self.rate), 0
        for epoch in range(self.epochs):
            order = torch.tensor(np.random.default_rng((self.seed, 1, epoch)).permutation(len(shown)))
            for rows in torch.split(order, self.batch):
                step += 1
                counts = _forward(weights, self.decay, inputs[rows], _fast_sigmoid(self.slope))[-1].sum(dim=1)
                loss = torch.nn.functional.cross_entropy(counts, targets[rows])
                if not torch.isfinite(loss):
                    raise NumericalError(f"the loss is {loss.item()} at step {step}; a lower rate may help")
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            if progress is not None and progress(epoch + 1) is False:
                break
        return LIFClassifier(self._layers(weights))

    def _layers(self, weights: Sequence[Tensor]) -> tuple[LIFLayer, ...]:
        on_grid = (
            np.floor(matrix.detach().numpy().astype(np.float64) / self.weight_step + 0.5) * self.weight_step
            for matrix in weights
        )
        return tuple(LIFLayer(matrix, self.decay) for matrix in on_grid)


def torch_spikes(layers: Sequence[LIFLayer], spikes: npt.ArrayLike) -> list[BoolArray]:
    """What each layer fires when torch runs it in float64, shape (items, steps, neurons): an oracle for the circuit.

    Raises:
        InvalidInput: spikes that do not fit; layers with different decays, or with bias, rest, reset or a threshold
            other than those of the trainer.
    """
    import torch

    shown = check_spikes(layers, spikes)
    plain = all((layer.threshold, layer.reset, layer.rest, layer.bias) == (1.0, 0.0, 0.0, None) for layer in layers)
    if not plain or len({layer.decay for layer in layers}) > 1:
        raise InvalidInput("torch runs layers as SurrogateGradientTrainer makes them; one of these is another")
    weights = [torch.tensor(layer.weights) for layer in layers]
    inputs = torch.tensor(shown, dtype=torch.float64)
    fired = _forward(weights, layers[0].decay, inputs, lambda v: (v > 0).to(v.dtype))
    return [layer.numpy().astype(bool) for layer in fired]


def _forward(weights: Sequence[Tensor], decay: float, inputs: Tensor, fire: Callable[[Tensor], Tensor]) -> list[Tensor]:
    """Spikes of every layer (items, steps, neurons): v <- decay v + W s, a spike where v > 1, then v = 0."""
    import torch

    layers, spikes = [], inputs
    for matrix in weights:
        driven = spikes @ matrix.T
        v, fired = torch.zeros_like(driven[:, 0]), []
        for step in range(driven.shape[1]):
            v = decay * v + driven[:, step]
            spike = fire(v - 1.0)
            v = v * (1.0 - spike.detach())
            fired.append(spike)
        spikes = torch.stack(fired, dim=1)
        layers.append(spikes)
    return layers


def _fast_sigmoid(slope: float) -> Callable[[Tensor], Tensor]:
    """A step forward, the slope of a fast sigmoid backward: to torch, the two differ by a constant."""

    def fire(v: Tensor) -> Tensor:
        soft = v / (1.0 + slope * v.abs())
        return soft + ((v > 0).to(v.dtype) - soft).detach()

    return fire
