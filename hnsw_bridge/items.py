"""Items: the vectors, labels and types behind an index, in arrays that grow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hnsw_bridge.metric import Metric, squares
from neuro.arrays import AnyArray, BoolArray, Float32Array, FloatArray, IntArray
from neuro.checks import whole_numbers
from neuro.errors import InvalidInput

NODE_TYPES = 256
"""How many types of nodes there can be."""


_CHUNK = 16_384
"""Rows squared at once, so that memory stays small."""


class ItemArrays(NamedTuple):
    """Items as kernels take them: the metric's code, vectors, their squared lengths, labels, the longest vector's
    length.
    """

    metric: int
    vectors: Float32Array
    squares: FloatArray
    labels: IntArray
    longest: float


class IndexItems:
    """What is known of each node; only :class:`hnsw_bridge.SpikeIndex` writes here.

    Arrays handed out are read-only views. Growing makes new arrays, so views that readers hold stay as they are.
    """

    def __init__(self, metric: Metric, dimension: int) -> None:
        self.dimension = dimension
        self.nodes = 0
        self.living = 0
        self.metric = metric
        self._vectors = np.empty((0, dimension), dtype=np.float32)
        self._squares = np.empty(0, dtype=np.float64)
        self._labels = np.empty(0, dtype=np.int64)
        self._types = np.empty(0, dtype=np.uint8)
        self._alive = np.empty(0, dtype=np.bool_)
        self._longest = 0.0
        self._places: dict[int, int] | None = None
        self._views: dict[str, AnyArray] = {}
        self._arrays: ItemArrays | None = None

    @property
    def vectors(self) -> Float32Array:
        """Shape (nodes, dimension)."""
        return self._view("vectors")

    @property
    def labels(self) -> IntArray:
        """Shape (nodes,); -1 - node for a deleted item."""
        return self._view("labels")

    @property
    def types(self) -> npt.NDArray[np.uint8]:
        """Shape (nodes,)."""
        return self._view("types")

    @property
    def alive(self) -> BoolArray:
        """Shape (nodes,)."""
        return self._view("alive")

    def fresh_labels(self, labels: npt.ArrayLike | None, count: int) -> IntArray:
        """Checked labels of new items, none of which is there already."""
        start = int(self.labels.max(initial=-1)) + 1
        names = checked_labels(np.arange(start, start + count) if labels is None else labels, count)
        known = self._known() if self.nodes else {}
        taken = [name for name in names.tolist() if name in known]
        if taken:
            raise InvalidInput(f"label {taken[0]} is in the index already; use update, or another label")
        return names

    def checked_types(self, types: npt.ArrayLike | None, count: int) -> npt.NDArray[np.uint8]:
        """One type for each new item, 0 by default."""
        given = whole_numbers(0 if types is None else types, "types", 0, NODE_TYPES - 1)
        given = np.broadcast_to(given, (count,)) if given.ndim == 0 else given
        if given.shape != (count,):
            raise InvalidInput(f"types have shape {given.shape}; one whole number for each of {count} items goes")
        return given.astype(np.uint8)

    def find(self, labels: IntArray) -> IntArray:
        """The node of each label, or InvalidInput."""
        known = self._known()
        for label in labels.tolist():
            if label not in known:
                raise InvalidInput(f"label {label} is not in the index, which holds {self.living} items")
        return np.array([known[label] for label in labels.tolist()], dtype=np.int64)

    def append(self, vectors: Float32Array, labels: IntArray, types: npt.NDArray[np.uint8]) -> None:
        """New nodes after the last; a label below 0 makes one of a deleted item."""
        first, last = self.nodes, self.nodes + len(vectors)
        if last > self._labels.size:
            self._grow(last if not first else max(last, self._labels.size + self._labels.size // 5))
        part = slice(first, last)
        self._vectors[part], self._labels[part] = vectors, labels
        for start in range(0, len(vectors), _CHUNK):
            rows = vectors[start : start + _CHUNK]
            self._squares[first + start : first + start + len(rows)] = squares(rows)
        self._longest = max(self._longest, float(np.sqrt(self._squares[part].max())))
        self._types[part], self._alive[part] = types, labels >= 0
        if self._places is not None:
            self._places.update(zip(labels.tolist(), range(first, last), strict=True))
        self.nodes, self.living = last, self.living + int(np.count_nonzero(labels >= 0))
        self._views, self._arrays = {}, None

    def overwrite(self, nodes: IntArray, vectors: Float32Array) -> None:
        """New vectors of nodes."""
        self._vectors[nodes], self._squares[nodes] = vectors, squares(vectors)
        self._longest = max(self._longest, float(np.sqrt(self._squares[nodes].max())))
        self._arrays = None

    def bury(self, nodes: IntArray) -> None:
        """Nodes whose items are deleted."""
        known = self._known()
        for node in nodes.tolist():
            del known[int(self._labels[node])]
        self._alive[nodes] = False
        self._labels[nodes] = -1 - nodes
        self.living -= nodes.size

    def ranked(self, query: Float32Array, candidates: IntArray, k: int) -> tuple[IntArray, FloatArray]:
        """The k nearest candidates and their exact distances."""
        from hnsw_bridge import _kernels

        nodes, near = _kernels.rank(self.metric.code, self._vectors, self._squares, query, candidates, k)
        return nodes, near

    def refined(
        self, queries: Float32Array, found: IntArray, rounded: Float32Array, aside: IntArray, k: int
    ) -> tuple[IntArray, FloatArray]:
        """The k nearest of what hnswlib found and of the nodes aside, and their exact distances."""
        from hnsw_bridge import _kernels

        nodes, near = np.empty((len(queries), k), np.int64), np.empty((len(queries), k))
        items = self.arrays()
        _kernels.refine(
            items.metric, items.vectors, items.squares, items.longest, queries, found, rounded, aside, nodes, near
        )
        return nodes, near

    def arrays(self) -> ItemArrays:
        """What kernels need to measure distances and to name what they find."""
        if self._arrays is None:
            self._arrays = ItemArrays(self.metric.code, self._vectors, self._squares, self._labels, self._longest)
        return self._arrays

    def exact(self, query: Float32Array) -> FloatArray:
        """The exact distance of every node."""
        from hnsw_bridge import _kernels

        result = np.empty(self.nodes)
        _kernels.measure(self.metric.code, self._vectors[: self.nodes], self._squares, query, result)
        return result

    def _known(self) -> dict[int, int]:
        """Label -> node of the living items, made when it is first asked for."""
        if self._places is None:
            nodes = np.flatnonzero(self.alive)
            self._places = dict(zip(self._labels[nodes].tolist(), nodes.tolist(), strict=True))
        return self._places

    def _grow(self, room: int) -> None:
        for name in ("vectors", "squares", "labels", "types", "alive"):
            old = getattr(self, f"_{name}")
            fresh = np.zeros((room, *old.shape[1:]), dtype=old.dtype)
            fresh[: self.nodes] = old[: self.nodes]
            setattr(self, f"_{name}", fresh)

    def _view(self, name: str) -> AnyArray:
        if name not in self._views:
            view = getattr(self, f"_{name}")[: self.nodes]
            view.flags.writeable = False
            self._views[name] = view
        return self._views[name]


def checked_labels(labels: npt.ArrayLike | None, count: int) -> IntArray:
    """One label for each of ``count`` items, read-only; 0, 1, ... where none are given.

    Raises:
        InvalidInput: not ``count`` whole numbers >= 0, or a label occurs twice.
    """
    given = np.arange(count) if labels is None else np.asarray(labels)
    if given.shape != (count,):
        raise InvalidInput(f"labels have shape {given.shape}; one label for each of the {count} items is allowed")
    frozen = whole_numbers(given if labels is None else labels, "labels", 0)
    values, counts = np.unique(given, return_counts=True)
    if values.size < count:
        raise InvalidInput(f"label {values[counts > 1][0]} is given to {counts.max()} items; each item needs its own")
    frozen.setflags(write=False)
    return frozen


def find_labels(known: IntArray, wanted: npt.ArrayLike) -> IntArray:
    """Position of each wanted label among the known ones, same shape.

    Raises:
        InvalidInput: a label is no whole number or is not known.
    """
    given = whole_numbers(wanted, "labels")
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known, given, sorter=order), known.size - 1)
    found = order[place]
    unknown = known[found] != given
    if np.any(unknown):
        raise InvalidInput(f"label {given[unknown].ravel()[0]} is not in the index, which holds {known.size} items")
    return np.asarray(found, dtype=np.int64)
