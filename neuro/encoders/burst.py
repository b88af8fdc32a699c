"""Burst code: the larger a value, the more spikes its neuron's burst has, and the closer they stand.

A value has one of ``1 + (longest_burst - 1) (slowest - fastest + 1)`` levels above silence: a single spike, then bursts
of two spikes from the slowest interval to the fastest, then of three, and so on. All bursts start at tick 0.
Source: Izhikevich et al., *Bursts as a unit of neural information*, Trends in Neurosciences 26 (2003); Guo et al.,
Frontiers in Neuroscience 15 (2021), where count and interval both follow the value, as here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole
from neuro.encoders.base import ScaledEncoder, nearest, on_minus_off, on_off_neurons, spread_out
from neuro.encoders.spike_code import SpikeCode


@dataclass(frozen=True, slots=True)
class BurstEncoder(ScaledEncoder):
    """Value -> a burst, told by its number of spikes and the interval between them; on and off neurons.

    Args:
        dimensions, scale: see :class:`neuro.encoders.ScaledEncoder`.
        longest_burst: most spikes of a burst, 2 to 64.
        fastest, slowest: shortest and longest interval in ticks, 1 <= fastest <= slowest <= 1,024.

    Raises:
        InvalidInput: a value outside these ranges.

    >>> import numpy as np
    >>> encoder = BurstEncoder(1, longest_burst=3, fastest=2, slowest=4)  # 7 levels
    >>> [encoder.encode(np.array([level / 7])).presentation(0).ticks.tolist() for level in (1, 2, 4, 5, 7)]
    [[0], [0, 4], [0, 2], [0, 4, 8], [0, 2, 4]]
    """

    longest_burst: int = 5
    fastest: int = 2
    slowest: int = 9

    def __post_init__(self) -> None:
        ScaledEncoder.__post_init__(self)
        check_whole("longest_burst", self.longest_burst, 2, 64)
        check_whole("slowest", self.slowest, 1, 1 << 10)
        check_whole("fastest", self.fastest, 1, self.slowest)

    @property
    def levels(self) -> int:
        """How many bursts there are; the quantisation step is ``scale / levels``."""
        return 1 + (self.longest_burst - 1) * self._intervals

    @property
    def ticks(self) -> int:
        """Room for the slowest of the longest bursts."""
        return (self.longest_burst - 1) * self.slowest + 1

    def encode(self, vectors: npt.ArrayLike) -> SpikeCode:
        """One presentation for each vector: see :meth:`neuro.encoders.SpikeEncoder.encode`."""
        values = self._relative(vectors)
        levels = nearest(np.abs(values) * self.levels).ravel()
        longer, faster = np.divmod(levels - 2, self._intervals)
        # Level 1 lies one below the first burst of two; its interval is never used.
        counts = np.where(levels > 1, 2 + longer, levels)
        cell, place = spread_out(counts)
        items, dimension = np.divmod(cell, self.dimensions)
        neurons = on_off_neurons(dimension, values.ravel()[cell])
        return SpikeCode(items, place * (self.slowest - faster[cell]), neurons, len(values), self.ticks, self.neurons)

    def decode(self, code: SpikeCode) -> FloatArray:
        """The value of the burst of that count and mean interval, within half a step.

        When a burst starts does not matter; counts and intervals out of range count as the nearest allowed. See
        :meth:`neuro.encoders.SpikeEncoder.decode`.
        """
        self._check_code(code)
        counts = np.minimum(code.counts(), self.longest_burst)
        spread = np.maximum(code.last_ticks() - code.first_ticks(), 0)
        intervals = nearest(spread / np.maximum(counts - 1, 1))
        faster = self.slowest - np.clip(intervals, self.fastest, self.slowest)
        levels: IntArray = np.where(counts > 1, 2 + (counts - 2) * self._intervals + faster, counts)
        return on_minus_off(levels) * (self.scale / self.levels)

    def features(self, code: SpikeCode) -> FloatArray:
        """Spikes of each burst, on minus off, (n, dimensions): what a synapse without memory adds up."""
        self._check_code(code)
        return on_minus_off(code.counts())

    @property
    def _intervals(self) -> int:
        return self.slowest - self.fastest + 1
