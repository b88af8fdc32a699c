"""A classifier of leaky integrate-and-fire layers: who fires most names the class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import BoolArray, IntArray
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit
from neuro.errors import InvalidInput
from neuro.motifs.layers import LIFLayer, layer_spikes, lif_layers, presentation_ticks
from neuro.spikes import Recording


@dataclass(frozen=True, slots=True, eq=False)
class LIFClassifier:
    """Layers whose last one has a neuron for each class.

    Args:
        layers: from the input to the output.
    """

    layers: tuple[LIFLayer, ...]

    def circuit(self, spikes: npt.ArrayLike) -> Circuit:
        """The circuit that shows items (items, steps, inputs): see :func:`neuro.motifs.lif_layers`.

        Raises:
            InvalidInput: spikes that do not fit.
        """
        return lif_layers(self.layers, spikes)

    def ticks(self, items: int, steps: int) -> int:
        """How many ticks so many items take."""
        return items * presentation_ticks(self.layers, steps)

    def named(self, recording: Recording, steps: int) -> IntArray:
        """The class of each item of a run: most output spikes, ties to the lower class.

        Raises:
            InvalidInput: a run of other than whole presentations of so many steps.
        """
        fired = layer_spikes(recording, self.layers, steps, len(self.layers))
        return np.asarray(fired.sum(axis=1).argmax(axis=1), dtype=np.int64)


def bernoulli_spikes(values: npt.NDArray[np.floating], steps: int, seed: int) -> BoolArray:
    """Spikes of values from 0 to 1, (items, channels) -> (items, steps, channels): one a step with that probability.

    Raises:
        InvalidInput: values of another shape, below 0, above 1 or NaN; no steps; a seed below 0.
    """
    check_whole("steps", steps, 1, 1 << 40)
    check_whole("seed", seed, 0, (1 << 63) - 1)
    if np.ndim(values) != 2 or not np.all((np.asarray(values) >= 0) & (np.asarray(values) <= 1)):
        raise InvalidInput(f"values have shape {np.shape(values)}; numbers from 0 to 1, (items, channels), are allowed")
    draws = np.random.default_rng(seed).random((values.shape[0], steps, values.shape[1]))
    return np.asarray(draws < values[:, None, :])
