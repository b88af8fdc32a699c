"""The stored patterns of a swarm memory: sets of nodes, each with an index and a tag that is its own for ever.

A tag is (replica, sequence): who stored it, at which of its updates. Two replicas join as an observed-remove set
without tombstones (Bieniusa et al., *An optimized conflict-free replicated set*, 2012): a pattern that only one side
has was removed by the other if that one knew the replica's updates up to it, and is new to the other if not.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuro.arrays import IntArray, NodeArray, grown
from neuro.errors import InvalidInput


class Patterns:
    """Sets of nodes by row.

    Args:
        items: (index, replica, sequence) of each, (patterns, 3).
        offsets: where each begins in ``elements``, (patterns + 1,).
        elements: nodes, ascending in each.
    """

    def __init__(self, items: IntArray, offsets: IntArray, elements: NodeArray) -> None:
        self._items, self._offsets, self._elements = items, offsets, elements
        self._count = len(items)

    @classmethod
    def none(cls) -> Patterns:
        """No patterns."""
        return cls(np.empty((0, 3), np.int64), np.zeros(1, np.int64), np.empty(0, np.uint32))

    def __len__(self) -> int:
        return self._count

    @property
    def items(self) -> IntArray:
        """(index, replica, sequence), (patterns, 3); not to be written to, as the other two."""
        return self._items[: self._count]

    @property
    def offsets(self) -> IntArray:
        """(patterns + 1,)."""
        return self._offsets[: self._count + 1]

    @property
    def elements(self) -> NodeArray:
        """All nodes, pattern after pattern."""
        return self._elements[: self._offsets[self._count]]

    def pattern(self, row: int) -> IntArray:
        """The nodes of one, ascending."""
        return self._elements[self._offsets[row] : self._offsets[row + 1]].astype(np.int64)

    def append(self, items: IntArray, codes: IntArray) -> None:
        """Add patterns of one size, (patterns, size)."""
        before, count = self._count, self._count + len(items)
        first, size = int(self._offsets[before]), codes.shape[1]
        self._items = grown(self._items, count)
        self._offsets = grown(self._offsets, count + 1)
        self._elements = grown(self._elements, first + codes.size)
        self._items[before:count] = items
        self._offsets[before + 1 : count + 1] = first + size * np.arange(1, len(items) + 1)
        self._elements[first : first + codes.size] = codes.ravel()
        self._count = count

    def take(self, rows: IntArray) -> Patterns:
        """Those rows, in that order."""
        sizes = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        places = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], sizes)
        return Patterns(self.items[rows], offsets, self.elements[places])

    def and_also(self, others: Patterns) -> Patterns:
        """These, then the others."""
        return Patterns(
            np.concatenate([self.items, others.items]),
            np.concatenate([self.offsets, self.offsets[-1] + others.offsets[1:]]),
            np.concatenate([self.elements, others.elements]),
        )

    def in_order(self) -> Patterns:
        """Ascending by tag."""
        return self.take(np.lexsort((self.items[:, 2], self.items[:, 1])))

    def first_of_each_index(self) -> tuple[Patterns, Patterns]:
        """Of patterns in order: the earliest tag of each index, and the rest."""
        _, first = np.unique(self.items[:, 0], return_index=True)
        rest = np.setdiff1d(np.arange(len(self)), first, assume_unique=True)
        return self.take(np.sort(first)), self.take(rest)


def join(left: Patterns, left_clocks: Mapping[int, int], right: Patterns, right_clocks: Mapping[int, int]) -> Patterns:
    """What both replicas together hold, in order.

    Args:
        left, right: patterns of each side.
        left_clocks, right_clocks: up to which update each side knows each replica.

    Raises:
        InvalidInput: one tag names two patterns, so two memories call themselves the same replica.
    """
    both = left.and_also(right).in_order()
    tags = both.items[:, 1:]
    again = np.flatnonzero(np.all(tags[1:] == tags[:-1], axis=1)) + 1
    for row in again.tolist():
        same = both.items[row, 0] == both.items[row - 1, 0]
        if not same or not np.array_equal(both.pattern(row), both.pattern(row - 1)):
            raise InvalidInput(
                f"two memories to merge both call themselves replica {tags[row, 0]} and stored different patterns; "
                "give each its own: SwarmMemory(nodes, replica=...)"
            )
    stays = np.ones(len(both), dtype=bool)
    stays[again] = False
    alone = stays.copy()
    alone[again - 1] = False
    # Where only one side has it, both clocks reach it exactly if the other side removed it.
    known = {name: min(left_clocks.get(name, 0), right_clocks.get(name, 0)) for name in np.unique(tags[:, 0]).tolist()}
    seen = np.array([known[name] for name in tags[:, 0].tolist()], dtype=np.int64)
    return both.take(np.flatnonzero(stays & ~(alone & (tags[:, 1] <= seen))))
