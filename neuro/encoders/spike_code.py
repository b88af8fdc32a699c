"""Spike code: the spikes of a batch of presentations, item by item, whoever made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole, holds_whole
from neuro.circuit.circuit import SpikeSource
from neuro.errors import InvalidInput
from neuro.spikes import Spikes

_LARGEST_KEY = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class SpikeCode:
    """Spikes of equally long presentations, ordered by (item, tick, neuron).

    Spike s of item ``items[s]`` comes from neuron ``indices[s]``, ``ticks[s]`` ticks after the item's start. The
    arrays may be given in any order; they are sorted and kept read-only.

    Args:
        items: shape (spikes,), integers from 0 to ``presentations - 1``.
        ticks: shape (spikes,), integers from 0 to ``length - 1``.
        indices: shape (spikes,), integers from 0 to ``size - 1``.
        presentations: how many items there are, silent ones too.
        length: ticks of one presentation.
        size: how many neurons there are.

    Raises:
        InvalidInput: other dtypes or shapes, a number out of range, a neuron that fires twice in a tick.

    >>> code = SpikeCode([1, 0, 0], [0, 3, 1], [0, 0, 1], presentations=2, length=4, size=2)
    >>> code.counts().tolist()
    [[1, 1], [1, 0]]
    >>> code.source("input").ticks.tolist()
    [1, 3, 4]
    """

    items: IntArray
    ticks: IntArray
    indices: IntArray
    presentations: int
    length: int
    size: int

    def __post_init__(self) -> None:
        limits = {"items": self.presentations, "ticks": self.length, "indices": self.size}
        for name in ("presentations", "length", "size"):
            check_whole(name, getattr(self, name), 1, 1 << 31)
        if self.presentations * self.length * self.size > _LARGEST_KEY:
            raise InvalidInput("presentations * length * size is beyond 2**62; encode in smaller batches")
        columns = [_column(name, getattr(self, name), limit) for name, limit in limits.items()]
        if len({column.size for column in columns}) > 1:
            raise InvalidInput(f"items, ticks and indices hold {[c.size for c in columns]} spikes; give each as many")
        items, ticks, indices = columns
        keys = (items * self.length + ticks) * self.size + indices
        if np.any(keys[1:] <= keys[:-1]):
            keys.sort()
            if np.any(keys[1:] == keys[:-1]):
                raise InvalidInput("a neuron fires twice in a tick; once is allowed")
            places, indices = np.divmod(keys, self.size)
            items, ticks = np.divmod(places, self.length)
        for name, column in (("items", items), ("ticks", ticks), ("indices", indices)):
            column.setflags(write=False)
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return int(self.items.size)

    @classmethod
    def from_spikes(cls, spikes: Spikes, length: int, presentations: int, *, start: int = 0) -> Self:
        """The code in what a population fired while presentations ran one after the other.

        Args:
            spikes: e.g. ``recording.spikes["relay"]``.
            length: ticks of one presentation.
            presentations: how many were shown.
            start: first tick of the first one; a relay fires one tick after its source, so 1 there.

        Raises:
            InvalidInput: as the class; a spike before ``start`` or after the last presentation.
        """
        check_whole("length", length, 1, 1 << 31)
        check_whole("presentations", presentations, 0, 1 << 31)
        check_whole("start", start, 0, 1 << 40)
        since = spikes.ticks - start
        if len(spikes) and (since.min() < 0 or since.max() >= length * presentations):
            raise InvalidInput(
                f"spikes at ticks {spikes.ticks.min()} to {spikes.ticks.max()}; {start} to "
                f"{start + length * presentations - 1} are allowed: check start, or cut with Spikes.between"
            )
        items, ticks = np.divmod(since, length)
        return cls(items, ticks, spikes.indices, presentations, length, spikes.size)

    def presentation(self, item: int) -> Spikes:
        """The spikes of one item, ticks counted from its start."""
        check_whole("item", item, 0, self.presentations - 1)
        first, last = np.searchsorted(self.items, [item, item + 1])
        return Spikes(self.ticks[first:last], self.indices[first:last], self.size)

    def source(self, name: str) -> SpikeSource:
        """A spike source that shows all items, one after the other without a pause."""
        return SpikeSource(name, self.size, self.items * self.length + self.ticks, self.indices)

    def counts(self) -> IntArray:
        """Spikes of each neuron in each presentation, shape (presentations, size)."""
        cells = self.presentations * self.size
        return np.bincount(self._cells(), minlength=cells).astype(np.int64).reshape(-1, self.size)

    def total(self, values: npt.ArrayLike) -> FloatArray:
        """The sum of ``values`` (spikes,) over the spikes of each neuron, shape (presentations, size)."""
        cells = self.presentations * self.size
        sums = np.bincount(self._cells(), np.asarray(values, np.float64), cells)
        return sums.astype(np.float64, copy=False).reshape(-1, self.size)

    def first_ticks(self) -> IntArray:
        """Tick of each neuron's first spike, shape (presentations, size); ``length`` where it is silent."""
        ticks = np.full(self.presentations * self.size, self.length)
        ticks[self._cells()[::-1]] = self.ticks[::-1]
        return ticks.reshape(-1, self.size)

    def last_ticks(self) -> IntArray:
        """Tick of each neuron's last spike, shape (presentations, size); -1 where it is silent."""
        ticks = np.full(self.presentations * self.size, -1)
        ticks[self._cells()] = self.ticks
        return ticks.reshape(-1, self.size)

    def _cells(self) -> IntArray:
        return self.items * self.size + self.indices


def _column(name: str, values: npt.ArrayLike, limit: int) -> IntArray:
    given = np.asarray(values)
    if given.ndim != 1 or not holds_whole(values):
        raise InvalidInput(f"{name} have shape {given.shape}, dtype {given.dtype}; a vector of integers is allowed")
    if given.size and (given.min() < 0 or given.max() >= limit):
        raise InvalidInput(f"{name} run from {given.min()} to {given.max()}; 0 to {limit - 1} are allowed")
    return given.astype(np.int64)
