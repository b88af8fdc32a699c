"""ProximityGraph: what queries walk over, made of hnswlib's links, and what no link leads to joined or scanned.

    written items -> side list, scanned in 8-bit codes and measured exactly
                  -> once that is long: hnswlib's links of level 0, equal vectors as one node, hidden ones linked

A side list as long as a walk takes is all that a small index has, so its answers are brute force's. Where no vectors
are equal and hnswlib's links hide or barely hold few items, hnswlib searches its own graph and those few are measured
beside what it finds (:meth:`ProximityGraph.aside`): that is quicker than a walk over codes.

Source: Malkov & Yashunin (2018), the walk over level 0; Aguerrebere et al., *Similarity search in the blink of an eye
    with compressed indices* (2023), codes with a step a row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hnsw_bridge.hnswlib_layout import NativeState, bottom_table
from hnsw_bridge.items import IndexItems
from hnsw_bridge.metric import Metric
from neuro.arrays import BoolArray, Float32Array, FloatArray, IntArray, grown

_Codes = npt.NDArray[np.int8]
_Nodes = npt.NDArray[np.int32]

_SCANNED_NUMBERS = 1 << 19
"""Numbers (items x dimension) that are scanned in about the time of a walk."""

_SIDE = 512
"""Items beside a graph that are scanned, at least; a share of a graph's nodes if that is more."""

_SIDE_SHARE = 64
_ASIDE = 1024
"""Items that are measured beside hnswlib's own search, at most; with more of them queries walk over codes."""

_SOUND = 32
"""One item in so many may be hidden or barely held for hnswlib's graph to be searched at all."""

_STARTS = 256
_EXTRA_LINKS = 16
_FEW_LINKS = 4
_JOIN_EFFORT = 200
_SAMPLE = 1024
_CHUNK = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class Reachability:
    """What hnswlib's own links hide, and what became of it.

    Args:
        hidden: shape (items,), labels of living items to which hnswlib's links of level 0 do not lead from its entry.
        linked: how many distinct vectors got links of their own.
        scanned: how many items are scanned with every query.
        merged: how many items share another one's node, for their vectors are equal.
    """

    hidden: IntArray
    linked: int
    scanned: int
    merged: int


class _Rows(NamedTuple):
    """Codes of rows; see :mod:`hnsw_bridge._kernels`."""

    codes: _Codes
    facts: FloatArray


class _Graph(NamedTuple):
    """Arrays that :func:`hnsw_bridge._kernels.answer` walks over, in its order."""

    codes: _Codes
    facts: FloatArray
    links: _Nodes
    present: _Nodes
    starts: _Nodes
    hashes: npt.NDArray[np.uint64]
    owners: _Nodes
    member_start: IntArray
    members: _Nodes
    placed: BoolArray


class ProximityGraph:
    """The items of an index as queries look at them; only :class:`hnsw_bridge.SpikeIndex` holds one.

    Writers call :meth:`write` and :meth:`bury` alone; readers share :meth:`nearest`. What was written is taken in by
    the next reader, so that loading costs nothing here.

    Args:
        items: of the index.
        state: gives hnswlib's state of the moment.
        seed: of where walks start.
    """

    def __init__(self, items: IndexItems, state: Callable[[], NativeState], seed: int) -> None:
        self._items = items
        self._state = state
        self._seed = seed
        self._taking = threading.Lock()
        self._written: list[IntArray] = []
        self._leader = np.empty(0, dtype=np.int32)
        self._count = 0
        self._others: _Nodes = np.empty(0, dtype=np.int32)
        self._rows = _Rows(np.empty((0, items.dimension), np.int8), np.empty((0, 3)))
        self._hidden = np.empty(0, dtype=np.int64)
        self._linked = 0
        self._suspects = np.empty(0, dtype=np.int64)
        self._aside: IntArray | None = None
        self._centre = np.zeros(items.dimension)
        self._graph = _no_graph(items.dimension)
        self._clear_side()

    @property
    def bytes(self) -> int:
        """Memory of codes, links and hashes."""
        return sum(part.nbytes for part in (*self._graph, *self._rows, self._others, self._leader))

    def write(self, nodes: IntArray) -> None:
        """Nodes that are new, or whose vectors have changed."""
        self._aside = None
        self._written.append(nodes)
        self._leave(nodes)

    def bury(self, nodes: IntArray) -> None:
        """Nodes whose items are deleted."""
        self._aside = None
        self._leave(nodes)

    def nearest(self, queries: Float32Array, k: int, effort: int) -> tuple[IntArray, FloatArray]:
        """Nodes of the k nearest living items found for each row and their exact distances, nearest first.

        Items with equal distances stand in the order of their nodes. Where a walk finds fewer than k, and where k is a
        large part of all, every item is measured.
        """
        from hnsw_bridge import _kernels

        self._take()
        nodes = np.empty((len(queries), k), dtype=np.int64)
        near = np.empty((len(queries), k), dtype=np.float64)
        first = 0
        while first < len(queries):
            if 4 * max(k, effort) < self._items.living or k <= self._count:
                items = self._items.arrays()
                side = (self._others[: self._count], *self._rows_in_use())
                first += _kernels.answer(
                    (items.metric, items.vectors, items.squares, self._items.alive),
                    (self._centre, items.longest),
                    (*self._graph,),
                    side,
                    queries[first:],
                    max(k, effort),
                    (nodes[first:], near[first:]),
                )
            if first < len(queries):
                nodes[first], near[first] = self._measured(queries[first], k)
                first += 1
        return nodes, near

    def aside(self) -> IntArray | None:
        """Nodes to measure beside what hnswlib finds; None where its own graph is no place to search.

        These are the living items that its links hide, those with fewer than four links (few lead to them), and what
        was written since the graph of codes was made. None for a small index, and where vectors are equal or these are
        many.
        """
        self._take()
        if not self._graph.placed.size or self._graph.owners.size < self._graph.placed.size:
            return None
        if self._suspects.size + self._count > _ASIDE or self._suspects.size * _SOUND > self._items.living:
            return None
        if self._aside is None:
            nodes = np.union1d(self._suspects, self._others[: self._count])
            self._aside = nodes[self._items.alive[nodes]]
        return self._aside

    def reachability(self) -> Reachability:
        """What hnswlib's links lead to and what they don't; makes the graph of what has been written so far."""
        with self._taking:
            self._build()
            self._written = []
        merged = int(np.count_nonzero(self._graph.placed & (self._leader != np.arange(self._leader.size))))
        return Reachability(self._items.labels[self._hidden], self._linked, self._count, merged)

    def _measured(self, query: Float32Array, k: int) -> tuple[IntArray, FloatArray]:
        living = np.flatnonzero(self._items.alive)
        away = self._items.exact(query)[living]
        best = np.argsort(away, kind="stable")[:k]
        return living[best], away[best]

    def _leave(self, nodes: IntArray) -> None:
        """Nodes that are no longer where the graph has them."""
        placed = self._graph.placed
        gone = nodes[nodes < placed.size]
        gone = gone[placed[gone]]
        placed[gone] = False
        np.subtract.at(self._graph.present, self._leader[gone], 1)

    def _take(self) -> None:
        """Take in what was written: beside the graph, or by making it anew once that is much."""
        if not self._written:
            return
        with self._taking:
            if not self._written:
                return
            written = np.unique(np.concatenate(self._written))
            nodes = self._graph.placed.size
            small = _SCANNED_NUMBERS // self._items.dimension
            if self._count + written.size > (max(_SIDE, nodes // _SIDE_SHARE) if nodes else small):
                self._build()
            else:
                self._set_beside(written)
            self._written = []

    def _set_beside(self, nodes: IntArray) -> None:
        """Encode nodes into the side list, in their old places where they have some."""
        if not self._count and not self._graph.placed.size:
            self._centre = self._middle()
        last = self._count
        places = np.empty(nodes.size, dtype=np.int64)
        for at, node in enumerate(nodes.tolist()):
            places[at] = self._places.setdefault(node, last)
            last += places[at] == last
        self._others = grown(self._others, last)
        self._rows = _Rows(grown(self._rows.codes, last), grown(self._rows.facts, last))
        self._others[places] = nodes
        rows = self._encoded(nodes)
        self._rows.codes[places], self._rows.facts[places] = rows
        self._count = int(last)

    def _clear_side(self) -> None:
        self._count = 0
        self._places: dict[int, int] = {}
        self._others = np.empty(0, dtype=np.int32)
        self._rows = _Rows(np.empty((0, self._items.dimension), np.int8), np.empty((0, 3)))

    def _rows_in_use(self) -> _Rows:
        return _Rows(self._rows.codes[: self._count], self._rows.facts[: self._count])

    def _middle(self) -> FloatArray:
        """The median of some living items, which outliers do not move."""
        living = np.flatnonzero(self._items.alive)
        some = living[:: max(living.size // _SAMPLE, 1)]
        vectors = self._items.vectors[some].astype(np.float64)
        if self._items.metric is Metric.COSINE:
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(np.median(vectors, axis=0))

    def _encoded(self, nodes: IntArray) -> _Rows:
        from hnsw_bridge import _kernels

        codes = np.empty((nodes.size, self._items.dimension), dtype=np.int8)
        facts = np.empty((nodes.size, 3))
        for start in range(0, nodes.size, _CHUNK):
            part = slice(start, start + _CHUNK)
            wide = np.empty((nodes[part].size, self._items.dimension), dtype=np.int16)
            rows = self._items.vectors[nodes[part]]
            _kernels.encode(self._items.metric.code, rows, self._centre, 127.0, wide, facts[part])
            codes[part] = wide
        return _Rows(codes, facts)

    def _build(self) -> None:
        """The graph of everything that the index holds now."""
        from hnsw_bridge import _kernels

        items, nodes = self._items, self._items.nodes
        self._centre = self._middle()
        table, entry = bottom_table(self._state())
        alive = items.alive
        queue = np.empty(nodes, dtype=np.int32)
        reached = np.zeros(nodes, dtype=np.bool_)
        _kernels.spread_reach(table, entry, reached, queue)
        self._hidden = np.flatnonzero(alive & ~reached)
        self._suspects = np.flatnonzero(alive & (~reached | (table[:, _FEW_LINKS - 1] < 0)))
        self._aside = None
        hashes, owners, self._leader = _groups(items)
        links = np.full((nodes, table.shape[1] + _EXTRA_LINKS), _kernels.NOBODY, dtype=np.int32)
        if owners.size == nodes:
            links[:, : table.shape[1]] = table
        else:
            _kernels.contract(table, self._leader, links)
        present = np.bincount(self._leader[alive], minlength=nodes).astype(np.int32)
        members = np.argsort(self._leader, kind="stable").astype(np.int32)
        member_start = np.searchsorted(self._leader[members], np.arange(nodes + 1)).astype(np.int64)
        starts = _starts(self._leader, entry, self._seed)
        codes, facts = self._encoded(np.arange(nodes))
        reached = np.zeros(nodes, dtype=np.bool_)
        for start in starts.tolist():
            _kernels.spread_reach(links, start, reached, queue)
        thin = np.flatnonzero((present > 0) & (~reached | (links[:, _FEW_LINKS - 1] < 0))).astype(np.int32)
        lone = np.zeros(nodes, dtype=np.bool_)
        graph = (codes, facts, links, present)
        _kernels.join(graph, starts, reached, thin, _FEW_LINKS, _JOIN_EFFORT, lone)
        self._linked = int(thin.size - np.count_nonzero(lone))
        self._graph = _Graph(codes, facts, links, present, starts, hashes, owners, member_start, members, alive.copy())
        self._clear_side()
        alone = np.flatnonzero(lone[self._leader] & alive)
        if alone.size:
            self._set_beside(alone)


def _no_graph(dimension: int) -> _Graph:
    none = np.empty(0, dtype=np.int32)
    return _Graph(
        codes=np.empty((0, dimension), dtype=np.int8),
        facts=np.empty((0, 3)),
        links=np.empty((0, 1), dtype=np.int32),
        present=none,
        starts=none,
        hashes=np.empty(0, dtype=np.uint64),
        owners=none,
        member_start=np.zeros(1, dtype=np.int64),
        members=none,
        placed=np.empty(0, dtype=np.bool_),
    )


def _groups(items: IndexItems) -> tuple[npt.NDArray[np.uint64], _Nodes, _Nodes]:
    """Ascending hashes of distinct vectors, the first node of each, and for every node the first that equals it."""
    from hnsw_bridge import _kernels

    hashes = np.empty(items.nodes, dtype=np.uint64)
    _kernels.hashed(items.vectors, hashes)
    known, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    leader = first[group]
    # Vectors of one hash that differ stay apart; the first of them keeps the hash.
    for start in range(0, items.nodes, _CHUNK):
        part = slice(start, start + _CHUNK)
        other = np.any(items.vectors[part] != items.vectors[leader[part]], axis=1)
        leader[part][other] = np.arange(items.nodes)[part][other]
    return known, first.astype(np.int32), leader.astype(np.int32)


def _starts(leader: _Nodes, entry: int, seed: int) -> _Nodes:
    """The entry and some nodes drawn among all leaders, where walks start."""
    leaders = np.flatnonzero(leader == np.arange(leader.size))
    drawn = np.random.default_rng(seed).choice(leaders, min(_STARTS, leaders.size), replace=False)
    return np.unique(np.append(drawn, leader[entry])).astype(np.int32)
