"""Compressed sparse rows: directed edges ordered by the node that they leave, as the bridge's graphs hold them."""

from __future__ import annotations

import numpy as np

from neuro.arrays import IntArray


class CompressedRows:
    """What every kind of edges shares: ``row_start``, shape (nodes + 1,), and ``column``, the node at each end."""

    __slots__ = ()

    row_start: IntArray
    column: IntArray

    def __len__(self) -> int:
        return int(self.column.size)

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return int(self.row_start.size - 1)

    def source(self) -> IntArray:
        """The node at the start of each edge, shape (edges,)."""
        return np.repeat(np.arange(self.nodes, dtype=np.int64), np.diff(self.row_start))
