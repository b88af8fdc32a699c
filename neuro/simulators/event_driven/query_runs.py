"""What queries gave: the spikes of one, and of a batch, apart from the kernels that made them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np

from neuro.arrays import IntArray
from neuro.spikes import Spikes


class QuerySpikes(NamedTuple):
    """What one query gave: ticks and nodes of its spikes in order, and how many nodes were awake."""

    ticks: IntArray
    nodes: IntArray
    awake: int


@dataclass(frozen=True, slots=True, eq=False)
class QueryRuns(Sequence[QuerySpikes]):
    """The spikes of a batch, read like a sequence of :class:`QuerySpikes`.

    Args:
        ticks, nodes: shape (spikes,), query after query; ticks count from each query's start.
        ends: shape (queries,), where the spikes of each query end.
        awake: shape (queries,), how many nodes a current or a spike reached.
    """

    ticks: IntArray
    nodes: IntArray
    ends: IntArray
    awake: IntArray

    def __len__(self) -> int:
        return int(self.ends.size)

    @overload
    def __getitem__(self, query: int) -> QuerySpikes: ...

    @overload
    def __getitem__(self, query: slice) -> tuple[QuerySpikes, ...]: ...

    def __getitem__(self, query: int | slice) -> QuerySpikes | tuple[QuerySpikes, ...]:
        if isinstance(query, slice):
            return tuple(self[row] for row in range(*query.indices(len(self))))
        row = range(len(self))[query]
        part = slice(int(self.ends[row - 1]) if row else 0, int(self.ends[row]))
        return QuerySpikes(self.ticks[part], self.nodes[part], int(self.awake[row]))

    @property
    def activated(self) -> IntArray:
        """Shape (queries,), how many spikes each query had."""
        return np.diff(self.ends, prepend=0)

    def spikes(self, ticks: int, nodes: int) -> Spikes:
        """Of all queries one after another, each so many ticks long, over so many nodes."""
        start = np.repeat(np.arange(len(self)) * ticks, self.activated)
        return Spikes(self.ticks + start, self.nodes, nodes)


def joined(runs: Iterable[QuerySpikes]) -> QueryRuns:
    """The runs of single queries as one batch."""
    given = list(runs)
    nobody = [np.zeros(0, dtype=np.int64)]
    return QueryRuns(
        ticks=np.concatenate([run.ticks for run in given] or nobody),
        nodes=np.concatenate([run.nodes for run in given] or nobody),
        ends=np.cumsum([run.nodes.size for run in given], dtype=np.int64),
        awake=np.array([run.awake for run in given], dtype=np.int64),
    )
