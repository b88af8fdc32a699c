"""Spikes and recordings: what a simulation gives back, and how two of them are compared.

Rates, intervals, synchrony, spectra and distances of spikes are in :mod:`neuro.analysis.statistics`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.arrays import IntArray
from neuro.errors import InvalidInput

Progress = Callable[[int], object]
"""Called with the number of ticks done so far; a run stops early where it returns False."""


class QuerySpikes(NamedTuple):
    """What one query gave: ticks and nodes of its spikes in order, and how many nodes were awake."""

    ticks: IntArray
    nodes: IntArray
    awake: int


@dataclass(frozen=True, slots=True, eq=False)
class Spikes:
    """Spikes of one population, ordered by (tick, neuron).

    Args:
        ticks: shape (spikes,), int64, ascending.
        indices: shape (spikes,), int64, ascending within a tick.
        size: how many neurons the population has.
    """

    ticks: IntArray
    indices: IntArray
    size: int

    def __len__(self) -> int:
        return int(self.ticks.size)

    def counts(self) -> IntArray:
        """Spikes per neuron, shape (size,)."""
        return np.bincount(self.indices, minlength=self.size).astype(np.int64)

    def train(self, neuron: int) -> IntArray:
        """The ticks at which one neuron fired, shape (its spikes,), ascending.

        >>> Spikes(np.array([0, 2, 5]), np.array([1, 0, 1]), 2).train(1).tolist()
        [0, 5]
        """
        if not 0 <= neuron < self.size:
            raise InvalidInput(f"there is no neuron {neuron}; 0 to {self.size - 1} are allowed")
        return np.asarray(self.ticks[self.indices == neuron])

    def between(self, start: int, stop: int) -> Spikes:
        """The spikes of ticks start <= n < stop."""
        first, last = np.searchsorted(self.ticks, [start, stop])
        return Spikes(self.ticks[first:last], self.indices[first:last], self.size)

    def mismatches(self, other: Spikes) -> int:
        """How many (tick, neuron) pairs only one of the two holds."""
        if self.size != other.size:
            raise InvalidInput(f"spikes of {self.size} and of {other.size} neurons can't be compared")
        mine, theirs = (spikes.ticks * max(self.size, 1) + spikes.indices for spikes in (self, other))
        return int(np.setxor1d(mine, theirs, assume_unique=True).size)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What one run of a circuit gave.

    Args:
        dt: length of a tick in seconds.
        ticks: how many ticks were run.
        spikes: population or source name -> Spikes.
        probes: (population or projection, variable) -> values, shape (ticks / every, size): SI floats, or
            integer steps where the circuit was quantised.
        final: (population or projection, variable) -> values after the last tick, shape (size,).
    """

    dt: float
    ticks: int
    spikes: Mapping[str, Spikes]
    probes: Mapping[tuple[str, str], npt.NDArray[Any]] = field(default_factory=dict)
    final: Mapping[tuple[str, str], npt.NDArray[Any]] = field(default_factory=dict)

    @property
    def spike_count(self) -> int:
        """Spikes of all populations together."""
        return sum(len(spikes) for spikes in self.spikes.values())

    def mismatches(self, other: Recording) -> int:
        """How many spikes (tick, neuron) of any population only one of the two recordings holds."""
        if set(self.spikes) != set(other.spikes):
            raise InvalidInput(
                f"recordings of different circuits: populations {sorted(self.spikes)} and {sorted(other.spikes)}"
            )
        return sum(spikes.mismatches(other.spikes[name]) for name, spikes in self.spikes.items())

    def largest_difference(self, other: Recording) -> float:
        """The largest |difference| over all probes and final states that both hold; NaN counts as infinite."""
        largest = 0.0
        for mine, theirs in ((self.probes, other.probes), (self.final, other.final)):
            for key in mine.keys() & theirs.keys():
                if mine[key].size:
                    difference = float(np.max(np.abs(mine[key] - theirs[key])))
                    largest = max(largest, float("inf") if np.isnan(difference) else difference)
        return largest
