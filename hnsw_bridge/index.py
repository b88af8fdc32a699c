"""SpikeIndex: embeddings in an hnswlib index. The only file that knows hnswlib.

Source: Malkov & Yashunin, *Efficient and robust approximate nearest neighbor search using Hierarchical
    Navigable
Small World graphs* (2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from hnsw_bridge.labels import IntArray, checked_labels
from hnsw_bridge.metric import FloatArray, Metric, VectorArray, checked_vectors, distances
from neuro.errors import InvalidInput

_LIMITS = {
    "links": (2, 512),
    "build_effort": (1, 100_000),
    "search_effort": (1, 100_000),
    "seed": (0, 2**31 - 1),
}


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
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or not lowest <= value <= highest:
                raise InvalidInput(f"{name} is {value!r}; a whole number from {lowest} to {highest} is allowed")


SILICON_SETTINGS = IndexSettings(links=6)
"""Few links a node, for a graph that becomes Verilog: 256 digits have about 2,200 synapses."""


@dataclass(frozen=True, slots=True, eq=False)
class SpikeIndex:
    """Vectors that can be searched; made by :func:`build_index`.

    Args:
        metric: what "near" means.
        settings: how it was built.
        vectors: shape (items, dimension), float32, read-only.
        labels: shape (items,), read-only; item i is node i of the graph.
    """

    metric: Metric
    settings: IndexSettings
    vectors: VectorArray
    labels: IntArray
    _native: Any = field(repr=False)

    def __len__(self) -> int:
        return int(self.labels.size)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def query(self, batch: npt.ArrayLike, k: int = 10) -> tuple[IntArray, FloatArray]:
        """Labels and exact distances of the k nearest items found, nearest first, each of shape (rows, k).

        hnswlib proposes max(k, search_effort) candidates, which are sorted by their exact distance; ties go
        to the item that was added first.

        Raises:
            InvalidInput: a batch of another dimension or dtype, NaN, or a k outside 1 .. items.
        """
        nodes, near = self.nearest(self.checked(batch), k)
        return self.labels[nodes], near

    def checked(self, batch: npt.ArrayLike) -> VectorArray:
        """The batch as float32 rows of this index's dimension, or InvalidInput."""
        return checked_vectors(batch, "queries", self.metric, self.dimension)

    def nearest(self, queries: VectorArray, k: int) -> tuple[IntArray, FloatArray]:
        """Like :meth:`query` for rows already checked, with node numbers in place of labels."""
        check_k(k, len(self))
        candidates = self._candidates(queries, min(max(int(k), self.settings.search_effort), len(self)))
        nodes = np.empty((len(queries), k), dtype=np.int64)
        near = np.empty((len(queries), k), dtype=np.float64)
        for row, query in enumerate(queries):
            nodes[row], near[row] = self.ranked(query, candidates[row], k)
        return nodes, near

    def ranked(self, query: VectorArray, candidates: IntArray, k: int) -> tuple[IntArray, FloatArray]:
        """The k nearest of the candidate nodes (ascending) and their exact distances, nearest first."""
        exact = distances(self.metric, self.vectors[candidates], query)
        order = np.argsort(exact, kind="stable")[:k]
        return candidates[order], exact[order]

    def state(self) -> Mapping[str, Any]:
        """Numbers and bytes by which hnswlib describes the index, for :func:`hnsw_bridge.read_graph`."""
        (state,) = self._native.__getstate__()
        return dict(state)

    def _candidates(self, queries: VectorArray, count: int) -> IntArray:
        try:
            found, _ = self._native.knn_query(queries, k=count, num_threads=1)
        except RuntimeError:
            # Fewer than `count` nodes can be reached from the entry, so all items are looked at.
            return np.tile(np.arange(len(self), dtype=np.int64), (len(queries), 1))
        return np.sort(found.astype(np.int64), axis=1)


def build_index(
    embeddings: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    metric: Metric = Metric.L2,
    settings: IndexSettings | None = None,
) -> SpikeIndex:
    """An index over the rows of ``embeddings``, shape (items, dimension), any float dtype.

    Items are added by one thread in their order, so equal input and seed give an equal graph. The labels
    (whole numbers, default 0, 1, ...) stay outside hnswlib, which knows item i as i.

    Raises:
        InvalidInput: wrong shape or dtype, an empty set, NaN, infinity, zero rows under the cosine metric,
            labels that are no whole numbers, negative, twice there or too many.
    """
    import hnswlib

    if not isinstance(metric, Metric):
        raise InvalidInput(f"metric is {metric!r}; one of {', '.join(map(str, Metric))} is allowed")
    chosen = IndexSettings() if settings is None else settings
    vectors = checked_vectors(embeddings, "embeddings", metric)
    vectors = vectors.copy() if np.shares_memory(vectors, np.asarray(embeddings)) else vectors
    vectors.setflags(write=False)
    names = checked_labels(labels, len(vectors))
    native = hnswlib.Index(metric.value, vectors.shape[1])
    native.init_index(len(vectors), M=chosen.links, ef_construction=chosen.build_effort, random_seed=chosen.seed)
    native.add_items(vectors, np.arange(len(vectors)), num_threads=1)
    native.set_ef(1)
    return SpikeIndex(metric, chosen, vectors, names, native)


def check_k(k: int, items: int) -> None:
    """Raise InvalidInput unless k is a whole number from 1 to the number of items."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= items:
        raise InvalidInput(f"k is {k!r}; 1 to {items} is allowed, the number of items in the index")
