"""The cues of a memory by number: which memory each one calls, and which were forgotten."""

from __future__ import annotations

import numpy as np

from neuro.memories.cue_index import Vectors
from neuro.memories.growth import grown
from neuro.memories.memory import NOTHING, Ints


class CueTable:
    """Cues by number, counted from the first ever stored, with the memory that each one calls.

    Args:
        dimensions: of a cue.
    """

    def __init__(self, dimensions: int) -> None:
        self._vectors: Vectors = np.empty((0, dimensions), dtype=np.float32)
        # Ascending, so that a number's row is found by bisection; NOTHING in `_calls` marks a forgotten cue.
        self._numbers = np.empty(0, dtype=np.int64)
        self._calls = np.empty(0, dtype=np.int64)
        self._rows = self._alive = self._next = 0
        self._of: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return self._alive

    def add(self, names: Ints, vectors: Vectors) -> Ints:
        """Append cues that call these memories; gives their numbers."""
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

    def calls(self, numbers: Ints) -> Ints:
        """The memory that each cue calls, (n,)."""
        return self._calls[np.searchsorted(self._numbers[: self._rows], numbers)]

    def of(self, names: Ints) -> list[Ints]:
        """The numbers of each memory's cues, the earliest first."""
        return [np.array(self._of[name], dtype=np.int64) for name in names.tolist()]

    def vectors(self, numbers: Ints) -> Vectors:
        """Cues by number, (n, dimensions)."""
        return self._vectors[np.searchsorted(self._numbers[: self._rows], numbers)]

    def first(self, names: Ints) -> Vectors:
        """The cue that each memory was first stored with, (n, dimensions)."""
        return self.vectors(np.array([self._of[name][0] for name in names.tolist()], dtype=np.int64))

    def forget(self, names: Ints) -> Ints:
        """Drop all cues of some memories; gives the cues' numbers."""
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

    def kept(self) -> tuple[Ints, Vectors]:
        """Copies of what is there: the memory that each cue calls, and the cues, in the order of storing."""
        alive = self._calls[: self._rows] != NOTHING
        return self._calls[: self._rows][alive], self._vectors[: self._rows][alive]
