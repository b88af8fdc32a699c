"""Layers of leaky integrate-and-fire neurons that step once per tick: the network of gradient-trained classifiers.

    v <- decay v + (1 - decay) rest + W s + bias,   a spike where v > threshold, then v = reset

which is snnTorch's ``Leaky(reset_mechanism="zero", reset_delay=False)``, and NIR's LIF by forward Euler. As a circuit
it is LIF_EXPONENTIAL by forward Euler with tau_g = dt, so that g holds the input of one tick and no more. A spike
arrives in the next tick: layer l (from 1) does at tick t + l of a presentation what it does at step t elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from neuro.arrays import BoolArray, FloatArray
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit, Population, Projection, Restart, SpikeSource
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.base import Method
from neuro.models.lif import LIF_EXPONENTIAL
from neuro.models.static import static_synapse
from neuro.spikes import Recording

INPUTS = "inputs"
"""Name of the source of the input spikes."""

_ONES = "ones"


@dataclass(frozen=True, slots=True, eq=False)
class LIFLayer:
    """One layer.

    Args:
        weights: shape (neurons, inputs): what a spike adds to v, in units of the threshold's.
        decay: share of v that is left after a tick, 0 to 1, not including 1.
        threshold: > 0, shared.
        reset: v after a spike, below the threshold.
        rest: what v decays to.
        bias: shape (neurons,), added in each step, or None.

    Raises:
        InvalidInput: shapes that do not fit, NaN, a value outside its range.
    """

    weights: FloatArray
    decay: float
    threshold: float = 1.0
    reset: float = 0.0
    rest: float = 0.0
    bias: FloatArray | None = None

    def __post_init__(self) -> None:
        weights = np.array(self.weights, dtype=np.float64)
        bias = None if self.bias is None else np.array(self.bias, dtype=np.float64)
        if weights.ndim != 2 or weights.size == 0 or not np.all(np.isfinite(weights)):
            raise InvalidInput(f"weights have shape {weights.shape}; finite numbers (neurons, inputs) are allowed")
        if bias is not None and (bias.shape != (len(weights),) or not np.all(np.isfinite(bias))):
            raise InvalidInput(f"bias has shape {bias.shape}; finite numbers of shape ({len(weights)},) are allowed")
        if not 0 <= self.decay < 1:
            raise InvalidInput(f"decay is {self.decay!r}; 0 up to (not including) 1 is allowed")
        if not (np.isfinite(self.threshold) and self.threshold > max(self.reset, self.rest, 0.0)):
            raise InvalidInput(
                f"threshold is {self.threshold!r}, reset {self.reset!r}, rest {self.rest!r}; a threshold above the "
                "others and above 0 is allowed"
            )
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", bias)

    @property
    def neurons(self) -> int:
        """How many neurons the layer has."""
        return len(self.weights)


def layer_name(number: int) -> str:
    """The name of a layer's population, from 1."""
    return f"layer{number}"


def presentation_ticks(layers: Sequence[LIFLayer], steps: int) -> int:
    """Ticks of a presentation: one a step, and one a layer for the way through."""
    return steps + len(layers)


def lif_layers(layers: Sequence[LIFLayer], spikes: npt.ArrayLike, *, dt: float = 1e-3) -> Circuit:
    """The circuit that shows items to the layers, one after the other, each from a fresh start.

    Args:
        layers: from the input to the output.
        spikes: 0 or 1, shape (items, steps, inputs).
        dt: length of a tick in seconds.

    Raises:
        InvalidInput: no layers, or layers or spikes that do not fit.
    """
    shown = check_spikes(layers, spikes)
    items, steps, inputs = shown.shape
    length = presentation_ticks(layers, steps)
    item, step, channel = np.nonzero(shown)
    stimuli = [SpikeSource(INPUTS, inputs, item * length + step, channel)]
    if any(layer.bias is not None for layer in layers):
        stimuli.append(_ones(items, steps, len(layers), length))
    populations, projections, restarts = [], [], []
    source = INPUTS
    for number, layer in enumerate(layers, start=1):
        name = layer_name(number)
        populations.append(_population(name, layer, dt))
        projections.append(_projection(f"to_{name}", source, name, layer.weights, layer.decay))
        if layer.bias is not None:
            onto = np.zeros((layer.neurons, len(layers)))
            onto[:, number - 1] = layer.bias
            projections.append(_projection(f"bias_of_{name}", _ONES, name, onto, layer.decay))
        restarts.append(Restart(name, np.arange(items) * length))
        source = name
    return Circuit(dt, populations, projections, stimuli, restarts)


def layer_spikes(recording: Recording, layers: Sequence[LIFLayer], steps: int, number: int) -> BoolArray:
    """What a layer (from 1) fired, by its own steps, shape (items, steps, neurons).

    Raises:
        InvalidInput: no such layer, or a run of other than whole presentations of so many steps.
    """
    check_whole("number of the layer", number, 1, len(layers))
    check_whole("steps", steps, 1, 1 << 40)
    length = presentation_ticks(layers, steps)
    if recording.ticks % length:
        raise InvalidInput(
            f"the run has {recording.ticks} ticks; whole presentations of {length}, one a step and one a layer, are "
            "needed"
        )
    spikes = recording.spikes[layer_name(number)]
    whole = np.zeros((recording.ticks // length, length, spikes.size), dtype=bool)
    whole[spikes.ticks // length, spikes.ticks % length, spikes.indices] = True
    return np.asarray(whole[:, number : number + steps])


def check_spikes(layers: Sequence[LIFLayer], spikes: npt.ArrayLike) -> BoolArray:
    """Spikes (items, steps, inputs) as truth values.

    Raises:
        InvalidInput: no layers, or layers or spikes that do not fit.
    """
    if not layers:
        raise InvalidInput("a network needs at least one layer")
    for left, right in pairwise(layers):
        if right.weights.shape[1] != left.neurons:
            raise InvalidInput(
                f"a layer of {left.neurons} neurons feeds one that takes {right.weights.shape[1]} inputs"
            )
    shown = np.asarray(spikes)
    if shown.ndim != 3 or 0 in shown.shape or shown.shape[2] != layers[0].weights.shape[1]:
        raise InvalidInput(
            f"spikes have shape {shown.shape}; (items, steps, {layers[0].weights.shape[1]}), not empty, is allowed"
        )
    if not np.isin(shown, (0, 1)).all():
        raise InvalidInput("spikes hold something else than 0 and 1; a channel fires once a step or not")
    return shown.astype(bool)


def _population(name: str, layer: LIFLayer, dt: float) -> Population:
    parameters = {
        "tau_m": dt / (1.0 - layer.decay),
        "tau_g": dt,
        "v_rest": layer.rest,
        "v_reset": layer.reset,
        "v_threshold": layer.threshold,
    }
    # A refractory time of one tick holds a neuron through no tick at all.
    model = replace(LIF_EXPONENTIAL, method=Method.EULER, refractory=dt)
    return Population(name, layer.neurons, model, parameters, {"v": 0.0})


def _projection(name: str, source: str, target: str, weights: FloatArray, decay: float) -> Projection:
    """Weights over 1 - decay, since Euler's step takes that share of g."""
    there = weights.T != 0
    strength = (weights.T / (1.0 - decay))[there]
    return Projection(name, source, target, static_synapse(), Connections.from_dense(there), {"w": strength})


def _ones(items: int, steps: int, layers: int, length: int) -> SpikeSource:
    """Neuron l fires in every step of layer l + 1, a tick ahead: the constant that biases are weights of."""
    item, layer, step = (grid.ravel() for grid in np.meshgrid(*map(np.arange, (items, layers, steps)), indexing="ij"))
    return SpikeSource(_ONES, layers, item * length + layer + step, layer)
