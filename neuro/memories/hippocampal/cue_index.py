"""Cues by number: which are nearest (exact here; the HNSW bridge brings another index), which memory each one calls."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from neuro.arrays import Float32Array, IntArray, grown
from neuro.memories.base import NOTHING


class CueIndex(Protocol):
    """Unit vectors by number, found again by cosine."""

    def add(self, numbers: IntArray, vectors: Float32Array) -> None:
        """Take in vectors of length 1, (n, dimensions), under numbers (n,) that were never used before."""
        ...

    def remove(self, numbers: IntArray) -> None:
        """Leave numbers out of every later answer."""
        ...

    def nearest(self, cues: Float32Array, k: int) -> tuple[IntArray, Float32Array]:
        """The k nearest of each cue of length 1, best first: their numbers and cosines, each (n, k).

        An index that finds fewer than k fills up with number -1 and cosine -inf.
        """
        ...


class ExactCues:
    """Brute force: one matrix product over all vectors; ties go to the lower number.

    Args:
        dimensions: of a vector.
    """

    def __init__(self, dimensions: int) -> None:
        self._vectors = np.empty((0, dimensions), dtype=np.float32)
        self._numbers = np.empty(0, dtype=np.int64)
        self._count = 0

    def add(self, numbers: IntArray, vectors: Float32Array) -> None:
        """See :class:`CueIndex`."""
        count = self._count + len(numbers)
        self._vectors, self._numbers = grown(self._vectors, count), grown(self._numbers, count)
        self._vectors[self._count : count] = vectors
        self._numbers[self._count : count] = numbers
        self._count = count

    def remove(self, numbers: IntArray) -> None:
        """See :class:`CueIndex`."""
        stays = ~np.isin(self._numbers[: self._count], numbers)
        self._vectors = self._vectors[: self._count][stays]
        self._numbers = self._numbers[: self._count][stays]
        self._count = len(self._numbers)

    def nearest(self, cues: Float32Array, k: int) -> tuple[IntArray, Float32Array]:
        """See :class:`CueIndex`."""
        cosines = cues @ self._vectors[: self._count].T
        found = min(k, self._count)
        if found < self._count:
            rows = np.argpartition(-cosines, found - 1, axis=1)[:, :found]
            self._settle_ties(cosines, rows)
        else:
            rows = np.broadcast_to(np.arange(found), (len(cues), found))
        best = np.take_along_axis(cosines, rows, axis=1)
        numbers = self._numbers[rows]
        order = np.lexsort((numbers, -best), axis=1)
        numbers, best = np.take_along_axis(numbers, order, axis=1), np.take_along_axis(best, order, axis=1)
        if found == k:
            return numbers, best
        empty = ((0, 0), (0, k - found))
        return np.pad(numbers, empty, constant_values=-1), np.pad(best, empty, constant_values=-np.inf)

    def _settle_ties(self, cosines: Float32Array, rows: npt.NDArray[np.intp]) -> None:
        """Put the lower numbers into ``rows`` where more vectors than there is room for are as near as its last."""
        least = np.take_along_axis(cosines, rows, axis=1).min(axis=1)
        reach = np.count_nonzero(cosines >= least[:, None], axis=1)
        for query in np.flatnonzero(reach > rows.shape[1]):
            able = np.flatnonzero(cosines[query] >= least[query])
            order = np.lexsort((self._numbers[able], -cosines[query, able]))
            rows[query] = able[order[: rows.shape[1]]]


class CueTable:
    """The cues of a memory, numbered from the first ever stored, with the memory that each one calls.

    Args:
        dimensions: of a cue.
    """

    def __init__(self, dimensions: int) -> None:
        self._vectors: Float32Array = np.empty((0, dimensions), dtype=np.float32)
        # Ascending, so that a number's row is found by bisection; NOTHING in `_calls` marks a forgotten cue.
        self._numbers = np.empty(0, dtype=np.int64)
        self._calls = np.empty(0, dtype=np.int64)
        self._rows = self._alive = self._next = 0
        self._of: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return self._alive

    def add(self, names: IntArray, vectors: Float32Array) -> IntArray:
        """Append cues that call these memories; returns their numbers."""
        rows = self._rows + len(names)
        self._vectors = grown(self._vectors, rows)
        self._numbers = grown(self._numbers, rows)
        self._calls = grown(self._calls, rows)
        numbers = np.arange(self._next, self._next + len(names), dtype=np.int64)
        self._vectors[self._rows : rows] = vectors
        self._numbers[self._rows : rows] = numbers
        self._calls[self._rows : rows] = names
        self._rows, self._next, self._alive = rows, self._next + len(names), self._alive + len(names)
        for name, number in zip(names.tolist(), numbers.tolist(), strict=True):
            self._of.setdefault(name, []).append(number)
        return numbers

    def calls(self, numbers: IntArray) -> IntArray:
        """The memory that each cue calls, (n,)."""
        return self._calls[np.searchsorted(self._numbers[: self._rows], numbers)]

    def of(self, names: IntArray) -> list[IntArray]:
        """The numbers of each memory's cues, the earliest first."""
        return [np.array(self._of[name], dtype=np.int64) for name in names.tolist()]

    def vectors(self, numbers: IntArray) -> Float32Array:
        """Cues by number, (n, dimensions)."""
        return self._vectors[np.searchsorted(self._numbers[: self._rows], numbers)]

    def first(self, names: IntArray) -> Float32Array:
        """The cue that each memory was first stored with, (n, dimensions)."""
        return self.vectors(np.array([self._of[name][0] for name in names.tolist()], dtype=np.int64))

    def forget(self, names: IntArray) -> IntArray:
        """Drop all cues of some memories; returns the cues' numbers."""
        numbers = np.array([number for name in names.tolist() for number in self._of.pop(name)], dtype=np.int64)
        self._calls[np.searchsorted(self._numbers[: self._rows], numbers)] = NOTHING
        self._alive -= len(numbers)
        if self._alive < self._rows // 2:
            self.compact()
        return numbers

    def compact(self) -> None:
        """Give back the room of forgotten cues; numbers stay."""
        alive = self._calls[: self._rows] != NOTHING
        self._vectors = self._vectors[: self._rows][alive]
        self._numbers, self._calls = self._numbers[: self._rows][alive], self._calls[: self._rows][alive]
        self._rows = len(self._calls)

    def kept(self) -> tuple[IntArray, Float32Array]:
        """Copies of what is there: the memory that each cue calls, and the cues, in the order of storing."""
        alive = self._calls[: self._rows] != NOTHING
        return self._calls[: self._rows][alive], self._vectors[: self._rows][alive]
