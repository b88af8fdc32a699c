"""SpikeIndex: embeddings in an hnswlib index. The only file that knows hnswlib.

Source: Malkov & Yashunin, *Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small
    World graphs* (2018).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from hnsw_bridge.hnswlib_layout import NativeState
from hnsw_bridge.items import NODE_TYPES, IndexItems, checked_labels
from hnsw_bridge.metric import Metric, checked_vectors
from hnsw_bridge.proximity_graph import ProximityGraph, Reachability
from neuro.arrays import BoolArray, Float32Array, FloatArray, IntArray
from neuro.checks import check_whole, is_whole, whole_numbers
from neuro.errors import InvalidInput

if TYPE_CHECKING:
    import hnswlib


Filter = BoolArray | Callable[[IntArray], BoolArray]
"""Which items may be found: a mask over the nodes, or a function of their labels that gives one."""

T = TypeVar("T")

_LIMITS = {"links": (2, 512), "build_effort": (1, 100_000), "search_effort": (1, 100_000), "seed": (0, 2**31 - 1)}
_PORTION = 256
"""Items added under one lock, so that readers wait for a short time only."""

_SCANNED = 4096
"""Filters that leave fewer items are answered by a scan of them."""

_WIDEST = 1024
"""Candidates that a walk gives a filter; one that needs more is answered by a scan as well."""

MISSING = -1
"""The label in places of a result for which there is no item."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """How an index is built and searched.

    Args:
        links: links per node and upper level (hnswlib's M); level 0 has up to twice as many.
        build_effort: candidates kept while a node is linked (ef_construction).
        search_effort: candidates kept while a query is answered (ef); a larger k raises it for that query.
        seed: of the random levels.

    Raises:
        InvalidInput: a setting outside its range.
    """

    links: int = 16
    build_effort: int = 200
    search_effort: int = 64
    seed: int = 1

    def __post_init__(self) -> None:
        for name, (lowest, highest) in _LIMITS.items():
            check_whole(name, getattr(self, name), lowest, highest)


SILICON_SETTINGS = IndexSettings(links=6)
"""Few links a node, for a graph that becomes Verilog: 256 digits have about 2,200 synapses."""


class SharedLock:
    """Many readers share it, one writer has it alone: ``with lock.read:``, ``with lock.write:``.

    A writer that waits goes before readers that come later. Every search enters it, so these are classes: a
    generator as context manager takes microseconds more.
    """

    def __init__(self) -> None:
        mutex = threading.Lock()
        self.read = _Reading(mutex)
        self.write = _Writing(mutex, self.read)


class _Reading:
    def __init__(self, mutex: threading.Lock) -> None:
        self._mutex = mutex
        self._condition = threading.Condition(mutex)
        self.readers = 0
        self.writers = 0
        """Writers that wait or write."""

    def __enter__(self) -> None:
        # The mutex and not the condition that stands on it: entering that is Python, and every search does it.
        with self._mutex:
            while self.writers:
                self._condition.wait()
            self.readers += 1

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with self._mutex:
            self.readers -= 1
            if not self.readers and self.writers:
                self._condition.notify_all()

    def wait_until_empty(self) -> None:
        """Return when nobody reads any more; for a writer that has raised ``writers``."""
        with self._mutex:
            while self.readers:
                self._condition.wait()

    def let_in(self) -> None:
        """One writer less; whoever waits looks again."""
        with self._mutex:
            self.writers -= 1
            self._condition.notify_all()


class _Writing:
    def __init__(self, mutex: threading.Lock, reading: _Reading) -> None:
        self._mutex = mutex
        self._reading = reading
        self._alone = threading.Lock()

    def __enter__(self) -> None:
        with self._mutex:
            self._reading.writers += 1
        self._alone.acquire()
        self._reading.wait_until_empty()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._alone.release()
        self._reading.let_in()


class SpikeIndex:
    """Vectors that can be searched, added, changed and deleted; made by :func:`build_index`.

    Node i is hnswlib's element i, the i-th item ever added. A deleted item's node stays as a stepping stone: it leads
    on to others and is never found. As many threads as like may search while one writes.
    """

    def __init__(self, metric: Metric, settings: IndexSettings, items: IndexItems, native: hnswlib.Index) -> None:
        self.metric = metric
        self.settings = settings
        self._items = items
        self._lock = SharedLock()
        self._native = native
        self._graph = ProximityGraph(items, self._native_state, settings.seed)
        if items.nodes:
            self._graph.write(np.arange(items.nodes))

    @classmethod
    def empty(cls, metric: Metric, settings: IndexSettings, dimension: int) -> SpikeIndex:
        """An index that holds nothing yet."""
        import hnswlib

        native = hnswlib.Index(metric.value, dimension)
        native.init_index(1, M=settings.links, ef_construction=settings.build_effort, random_seed=settings.seed)
        return cls(metric, settings, IndexItems(metric, dimension), native)

    @classmethod
    def restored(cls, metric: Metric, settings: IndexSettings, items: IndexItems, state: NativeState) -> SpikeIndex:
        """The index of a state that :func:`~hnsw_bridge.hnswlib_layout.read_state` has checked, and of its items."""
        import hnswlib

        native = hnswlib.Index.__new__(hnswlib.Index)
        native.__setstate__((dict(state),))
        return cls(metric, settings, items, native)

    def __len__(self) -> int:
        return self._items.living

    @property
    def nodes(self) -> int:
        """Number of nodes, deleted ones included."""
        return self._items.nodes

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._items.dimension

    @property
    def vectors(self) -> Float32Array:
        """Shape (nodes, dimension), float32, read-only, as they were given."""
        return self._items.vectors

    @property
    def labels(self) -> IntArray:
        """Shape (nodes,), read-only; below 0 for deleted items."""
        return self._items.labels

    @property
    def types(self) -> npt.NDArray[np.uint8]:
        """Shape (nodes,), the type of each item."""
        return self._items.types

    @property
    def alive(self) -> BoolArray:
        """Shape (nodes,): not deleted."""
        return self._items.alive

    def query(
        self, batch: npt.ArrayLike, k: int = 10, where: Filter | None = None, types: npt.ArrayLike | None = None
    ) -> tuple[IntArray, FloatArray]:
        """Labels and exact distances of the k nearest items found, nearest first, each of shape (rows, k).

        hnswlib, or a walk where its links hide much, keeps max(k, search_effort) candidates, measured exactly; ties go
        to the item that was added first. A small index is looked through one and all, so its answers are brute force's
        (:mod:`hnsw_bridge.proximity_graph`). A filter is honoured exactly and never starved: where fewer than k of the
        items that it lets through are found, or it lets through few, these are scanned
        one and all. With fewer than k of them the rest of a row is -1, at infinite distance.

        Args:
            batch: shape (rows, dimension).
            k: how many.
            where: a mask over the nodes, or a function of the labels that gives one.
            types: of the items that may be found.

        Raises:
            InvalidInput: a batch of another dimension or dtype, NaN, a k outside 1 .. items, an unusable filter.
        """
        queries = self.checked(batch)
        check_k(k, len(self))
        allowed = self.allowed(where, types)
        if allowed is None:
            nodes, near = self._nearest(queries, int(k))
            return self.labels[nodes], near
        nodes, near = self.nearest_allowed(queries, k, allowed)
        return np.where(nodes == MISSING, MISSING, self.labels[nodes]), near

    def checked(self, batch: npt.ArrayLike) -> Float32Array:
        """The batch as float32 rows of this index's dimension, or InvalidInput."""
        return checked_vectors(batch, "queries", self.metric, self.dimension)

    def allowed(self, where: Filter | None, types: npt.ArrayLike | None = None) -> BoolArray | None:
        """Which nodes a filter lets through, shape (nodes,); None for no filter.

        Raises:
            InvalidInput: no mask of that shape, or types outside 0 .. 255.
        """
        if where is None and types is None:
            return None
        result = self.alive.copy()
        if where is not None:
            given = np.asarray(where(self.labels) if callable(where) else where)
            if given.dtype != np.bool_ or given.shape != result.shape:
                raise InvalidInput(
                    f"the filter gives {given.dtype} {given.shape}; truth values of shape {result.shape} are allowed"
                )
            result &= given
        if types is not None:
            result &= np.isin(self.types, whole_numbers(types, "types", 0, NODE_TYPES - 1))
        return result

    def nearest(self, queries: Float32Array, k: int) -> tuple[IntArray, FloatArray]:
        """Like :meth:`query` for rows already checked, with node numbers in place of labels and without a filter."""
        check_k(k, len(self))
        return self._nearest(queries, int(k))

    def ranked(self, query: Float32Array, candidates: IntArray, k: int) -> tuple[IntArray, FloatArray]:
        """The k nearest of the candidate nodes and their exact distances, nearest first, each node once."""
        with self._lock.read:
            return self._items.ranked(query, candidates, k)

    def exact(self, query: Float32Array) -> FloatArray:
        """The exact distance of every node, shape (nodes,)."""
        with self._lock.read:
            return self._items.exact(query)

    def proposals(self, queries: Float32Array, count: int) -> tuple[IntArray, Float32Array]:
        """The nodes found for each query and their distances as float32, nearest first, shape (rows, count)."""
        with self._lock.read:
            return self._find(queries, count)

    def consult(self, queries: Float32Array, count: int, then: Callable[[IntArray, Float32Array, IndexItems], T]) -> T:
        """What ``then`` makes of the proposals while no writer can change the items."""
        with self._lock.read:
            return then(*self._find(queries, count), self._items)

    @property
    def query_bytes(self) -> int:
        """Memory of what queries walk over, beside hnswlib's own and the vectors."""
        return self._graph.bytes

    def reachability(self) -> Reachability:
        """Which items hnswlib's links do not lead to, and what makes them found all the same.

        It makes the graph of queries anew, as a rebuild does.
        """
        with self._lock.read:
            return self._graph.reachability()

    def _find(self, queries: Float32Array, count: int) -> tuple[IntArray, Float32Array]:
        nodes, near = self._walked(queries, count)
        return nodes, near.astype(np.float32)

    def _nearest(self, queries: Float32Array, k: int) -> tuple[IntArray, FloatArray]:
        with self._lock.read:
            return self._walked(queries, k)

    def _walked(self, queries: Float32Array, k: int) -> tuple[IntArray, FloatArray]:
        """The k nearest of what hnswlib finds and of the items aside, or of a walk over codes; by exact distances."""
        items, effort = self._items, max(k, self.settings.search_effort)
        # A small index is measured one and all; another one may hide items from hnswlib's own search.
        aside = self._graph.aside() if 4 * effort < items.living else None
        if aside is None:
            return self._graph.nearest(queries, k, effort)
        try:
            found, rounded = self._native.knn_query(queries, effort, 1)
        except RuntimeError:
            # Fewer than `effort` items can be reached from the entry.
            return self._graph.nearest(queries, k, effort)
        return items.refined(queries, found.view(np.int64), rounded, aside, k)

    def add(
        self,
        embeddings: npt.ArrayLike,
        labels: npt.ArrayLike | None = None,
        types: npt.ArrayLike | None = None,
        *,
        threads: int = 1,
    ) -> IntArray:
        """Add items; gives their labels (by default those after the largest so far).

        One thread gives equal bytes for equal input. Several give a graph that depends on their race; answers are equal
        as far as the search is exhaustive, since distances are ranked exactly.

        Raises:
            InvalidInput: unusable rows, a label that is there already, types outside 0 .. 255, threads outside
                1 .. 1024; nothing is added then.
        """
        check_whole("threads", threads, 1, 1024)
        vectors = checked_vectors(embeddings, "embeddings", self.metric, self.dimension)
        names = self._items.fresh_labels(labels, len(vectors))
        kinds = self._items.checked_types(types, len(vectors))
        # Nobody can read an empty index, so its first items go in at once.
        portion = _PORTION if self.nodes else len(vectors)
        for start in range(0, len(vectors), portion):
            part = slice(start, start + portion)
            with self._lock.write:
                numbers = np.arange(self.nodes, self.nodes + len(vectors[part]))
                self._room(int(numbers[-1]) + 1)
                self._native.add_items(vectors[part], numbers, num_threads=int(threads))
                self._items.append(vectors[part], names[part], kinds[part])
                self._graph.write(numbers)
        return names

    def update(self, labels: npt.ArrayLike, embeddings: npt.ArrayLike) -> None:
        """Give items new vectors; they keep their nodes and are linked anew.

        Raises:
            InvalidInput: an unknown label, a label twice, unusable rows; nothing is changed then.
        """
        vectors = checked_vectors(embeddings, "embeddings", self.metric, self.dimension)
        nodes = self._items.find(checked_labels(labels, len(vectors)))
        with self._lock.write:
            self._native.add_items(vectors, nodes, num_threads=1)
            self._items.overwrite(nodes, vectors)
            self._graph.write(nodes)

    def update_vector(self, label: int, towards: npt.ArrayLike, alpha: float) -> None:
        """Move an item: v <- (1 - alpha) v + alpha towards; under the cosine metric the direction counts.

        Raises:
            InvalidInput: an unknown label, an unusable vector, alpha outside 0 .. 1; nothing is changed then.
        """
        if not 0 <= alpha <= 1:
            raise InvalidInput(f"alpha is {alpha!r}; 0 to 1 is allowed")
        (goal,) = checked_vectors(np.asarray(towards)[None], "towards", self.metric, self.dimension)
        (node,) = self._items.find(np.array([label]))
        self.update([label], ((1.0 - alpha) * self.vectors[node].astype(np.float64) + alpha * goal)[None])

    def delete(self, labels: npt.ArrayLike) -> None:
        """Delete items. Their nodes lead on to others but are never found; build the index again to be rid of them.

        Raises:
            InvalidInput: an unknown label, a label twice, or no item would be left; nothing is changed then.
        """
        wanted = whole_numbers(labels, "labels").ravel()
        nodes = self._items.find(checked_labels(wanted, wanted.size)) if wanted.size else wanted
        if nodes.size >= len(self):
            raise InvalidInput(f"{nodes.size} of {len(self)} items would be deleted; an index holds at least one")
        with self._lock.write:
            for node in nodes.tolist():
                self._native.mark_deleted(node)
            self._items.bury(nodes)
            self._graph.bury(nodes)

    def state(self) -> Mapping[str, Any]:
        """Numbers and bytes by which hnswlib describes the index, for :func:`hnsw_bridge.read_graph`."""
        with self._lock.read:
            return self._native_state()

    def _native_state(self) -> dict[str, Any]:
        (state,) = self._native.__getstate__()
        return dict(state)

    def _room(self, nodes: int) -> None:
        """Make room; a larger index is given a fifth more than it needs."""
        room = self._native.get_max_elements()
        if nodes > room:
            self._native.resize_index(nodes if not self.nodes else max(nodes, room + room // 5))

    def nearest_allowed(self, queries: Float32Array, k: int, allowed: BoolArray) -> tuple[IntArray, FloatArray]:
        """The k nearest of the nodes let through, for rows already checked; -1 at infinite distance past the last."""
        nodes = np.full((len(queries), k), MISSING, dtype=np.int64)
        near = np.full((len(queries), k), np.inf)
        passed = np.flatnonzero(allowed)
        wide = int(1.5 * max(k, self.settings.search_effort) * len(self) / max(passed.size, 1))
        scan = passed.size <= _SCANNED or wide > _WIDEST
        candidates = None if scan else self.proposals(queries, min(wide, len(self)))[0]
        for row, query in enumerate(queries):
            found = passed if candidates is None else candidates[row][allowed[candidates[row]]]
            best, exact = self.ranked(query, found if found.size >= k else passed, k)
            nodes[row, : best.size], near[row, : best.size] = best, exact
        return nodes, near


def build_index(
    embeddings: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    metric: Metric = Metric.L2,
    settings: IndexSettings | None = None,
    *,
    types: npt.ArrayLike | None = None,
    threads: int = 1,
) -> SpikeIndex:
    """An index over the rows of ``embeddings``, shape (items, dimension), any float dtype.

    With one thread items are added in their order, so equal input and seed give an equal graph. The labels
    (whole numbers, default 0, 1, ...) stay outside hnswlib, which knows item i as i.

    Raises:
        InvalidInput: wrong shape or dtype, an empty set, NaN, infinity, zero rows under the cosine metric,
            labels that are no whole numbers, negative, twice there or too many, types outside 0 .. 255.
    """
    if not isinstance(metric, Metric):
        raise InvalidInput(f"metric is {metric!r}; one of {', '.join(map(str, Metric))} is allowed")
    chosen = IndexSettings() if settings is None else settings
    vectors = checked_vectors(embeddings, "embeddings", metric)
    index = SpikeIndex.empty(metric, chosen, vectors.shape[1])
    index.add(vectors, checked_labels(labels, len(vectors)), types, threads=threads)
    return index


def check_k(k: int, items: int) -> None:
    """Raise InvalidInput unless k is a whole number from 1 to the number of items."""
    if not is_whole(k, 1) or k > items:
        raise InvalidInput(f"k is {k!r}; 1 to {items} is allowed, the number of items in the index")
