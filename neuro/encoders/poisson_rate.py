"""Poisson rate code: the larger a value, the more often its neuron fires, at random.

In each tick the neuron of value x fires with probability ``p = peak |x| / scale``, independently of all others (what
Brian2's PoissonGroup does). With N expected spikes the decoded value is off by a share of ``sqrt((1 - p) / N)``.
Source: Adrian, J. Physiol. 61 (1926); Gerstner et al., *Neuronal Dynamics* (2014), chapter 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole
from neuro.encoders.base import ScaledEncoder, check_setting, on_minus_off, on_off_neurons
from neuro.encoders.spike_code import SpikeCode

_DRAWS = 1 << 22
"""Random bytes held at once."""


@dataclass(frozen=True, slots=True)
class PoissonEncoder(ScaledEncoder):
    """Value -> spikes at random ticks, their expected number proportional to it; on and off neurons.

    A vector's spikes depend on its place in the batch, and the same batch gives the same spikes.

    Args:
        dimensions, scale: see :class:`neuro.encoders.ScaledEncoder`.
        ticks: of a presentation, 1 to 65,536.
        peak: probability of a spike in a tick at full scale, above 0, at most 1.
        seed: of the spikes.

    Raises:
        InvalidInput: a value outside these ranges.

    >>> import numpy as np
    >>> encoder = PoissonEncoder(2, ticks=1000, seed=1)
    >>> encoder.encode(np.array([0.5, -1.0])).counts().tolist()
    [[245, 0, 0, 513]]
    """

    ticks: int = 128
    peak: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        ScaledEncoder.__post_init__(self)
        check_whole("ticks", self.ticks, 1, 1 << 16)
        check_whole("seed", self.seed, 0, (1 << 63) - 1)
        check_setting("peak", self.peak, 1e-6, 1.0)

    def encode(self, vectors: npt.ArrayLike) -> SpikeCode:
        """One presentation for each vector: see :meth:`neuro.encoders.SpikeEncoder.encode`."""
        values = self._relative(vectors)
        random = np.random.default_rng(self.seed)
        some = max(1, _DRAWS // (self.ticks * self.dimensions))
        spikes: list[IntArray] = []
        for first in range(0, len(values), some):
            fires = _happens(np.abs(values[first : first + some]) * self.peak, self.ticks, random)
            spikes.append(np.flatnonzero(fires) + first * self.ticks * self.dimensions)
        places, dimension = np.divmod(np.concatenate(spikes), self.dimensions)
        items, ticks = np.divmod(places, self.ticks)
        neurons = on_off_neurons(dimension, values[items, dimension])
        return SpikeCode(items, ticks, neurons, len(values), self.ticks, self.neurons)

    def decode(self, code: SpikeCode) -> FloatArray:
        """``x = scale (on - off) / (ticks peak)``, unbiased: see :meth:`neuro.encoders.SpikeEncoder.decode`."""
        return self.features(code) * (self.scale / (self.ticks * self.peak))

    def features(self, code: SpikeCode) -> FloatArray:
        """Spike counts, on minus off, (n, dimensions): similar vectors have similar rates."""
        self._check_code(code)
        return on_minus_off(code.counts())


def _happens(probability: FloatArray, ticks: int, random: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Independent draws of events of ``probability`` (n, dimensions), shape (n, ticks, dimensions).

    A random byte decides, and where it falls on the threshold itself, one draw in 256, a random fraction: exact, and
    many times faster than a fraction for each.
    """
    threshold = np.minimum(np.floor(probability * 256), 255)
    shape = (len(probability), ticks, probability.shape[1])
    draws = np.frombuffer(random.bytes(shape[0] * shape[1] * shape[2]), dtype=np.uint8).reshape(shape)
    edge = threshold.astype(np.uint8)[:, None, :]
    happens = np.asarray(draws < edge)
    undecided = np.flatnonzero(draws == edge)
    vectors, entries = np.divmod(undecided, ticks * probability.shape[1])
    rest = (probability * 256 - threshold)[vectors, entries % probability.shape[1]]
    happens.reshape(-1)[undecided] = random.random(rest.size) < rest
    return happens
