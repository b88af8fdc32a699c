"""Nearest stored cues: what the hippocampal memory asks for neighbours. Exact here; the HNSW bridge brings another."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from neuro.memories.memory import Ints

Vectors = npt.NDArray[np.float32]


class CueIndex(Protocol):
    """Unit vectors by number, found again by cosine."""

    def add(self, numbers: Ints, vectors: Vectors) -> None:
        """Take in vectors of length 1, (n, dimensions), under numbers (n,) that were never used before."""
        ...

    def remove(self, numbers: Ints) -> None:
        """Leave numbers out of every later answer."""
        ...

    def nearest(self, cues: Vectors, k: int) -> tuple[Ints, Vectors]:
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

    def add(self, numbers: Ints, vectors: Vectors) -> None:
        """See :class:`CueIndex`."""
        count = self._count + len(numbers)
        if count > len(self._numbers):
            # Doubling, so that adding one by one stays cheap.
            room = max(count, 2 * self._count) - self._count
            self._vectors = np.concatenate([self._vectors[: self._count], np.empty((room, vectors.shape[1]), "f4")])
            self._numbers = np.concatenate([self._numbers[: self._count], np.empty(room, "i8")])
        self._vectors[self._count : count] = vectors
        self._numbers[self._count : count] = numbers
        self._count = count

    def remove(self, numbers: Ints) -> None:
        """See :class:`CueIndex`."""
        stays = ~np.isin(self._numbers[: self._count], numbers)
        self._vectors = self._vectors[: self._count][stays]
        self._numbers = self._numbers[: self._count][stays]
        self._count = len(self._numbers)

    def nearest(self, cues: Vectors, k: int) -> tuple[Ints, Vectors]:
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

    def _settle_ties(self, cosines: Vectors, rows: npt.NDArray[np.intp]) -> None:
        """Put the lower numbers into ``rows`` where more vectors than there is room for are as near as its last."""
        least = np.take_along_axis(cosines, rows, axis=1).min(axis=1)
        reach = np.count_nonzero(cosines >= least[:, None], axis=1)
        for query in np.flatnonzero(reach > rows.shape[1]):
            able = np.flatnonzero(cosines[query] >= least[query])
            order = np.lexsort((self._numbers[able], -cosines[query, able]))
            rows[query] = able[order[: rows.shape[1]]]
