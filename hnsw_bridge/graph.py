"""IndexGraph: the links of an hnswlib index as sparse matrices; to and from networkx and GraphML."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hnsw_bridge.hnswlib_layout import NativeState, read_state
from hnsw_bridge.index import SpikeIndex
from hnsw_bridge.items import checked_labels, find_labels
from hnsw_bridge.layers import CompressedRows, EdgeLayer, edge_layer
from hnsw_bridge.metric import Metric, similarities
from neuro.arrays import BoolArray, Float32Array, FloatArray, IntArray
from neuro.checks import check_whole, is_whole, whole_numbers
from neuro.errors import InvalidInput

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, slots=True, eq=False)
class Links(CompressedRows):
    """Directed links between nodes, CSR.

    Args:
        row_start: shape (nodes + 1,).
        column: shape (links,), the node at the end of each link.
        distance: shape (links,), exact, as the metric counts it.
    """

    row_start: IntArray
    column: IntArray
    distance: FloatArray

    def both_ways(self) -> Links:
        """Each link and its reverse, once, ordered by (source, end)."""
        source = self.source()
        ends = np.concatenate([source * self.nodes + self.column, self.column * self.nodes + source])
        pairs, first = np.unique(ends, return_index=True)
        row_start = np.searchsorted(pairs // self.nodes, np.arange(self.nodes + 1)).astype(np.int64)
        return Links(row_start, pairs % self.nodes, np.concatenate([self.distance, self.distance])[first])


@dataclass(frozen=True, slots=True)
class Degrees:
    """Links that leave (out) and reach (in) a node of level 0; ``unreached`` nodes are reached by none."""

    out_lowest: int
    out_mean: float
    out_highest: int
    in_lowest: int
    in_mean: float
    in_highest: int
    unreached: int


@dataclass(frozen=True, slots=True, eq=False)
class IndexGraph:
    """Nodes and links of an index; node i is hnswlib's element i.

    Args:
        metric: how distances are counted.
        labels: shape (nodes,), the user's label of each node.
        levels: shape (nodes,), the highest level of each node.
        vectors: shape (nodes, dimension), float32, as hnswlib stores them (of length 1 under the cosine
            metric).
        entry: the node where hnswlib starts a search.
        layers: the links of each level, from 0 up.
        alive: shape (nodes,): False for deleted items, which only lead on to others.
        types: shape (nodes,), the type of each node, 0 to 255.
    """

    metric: Metric
    labels: IntArray
    levels: IntArray
    vectors: Float32Array
    entry: int
    layers: tuple[Links, ...]
    alive: BoolArray
    types: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return int(self.labels.size)

    @property
    def links(self) -> Links:
        """The links of level 0, where every node is."""
        return self.layers[0]

    def similarities(self, level: int = 0) -> FloatArray:
        """Similarity along each link: 1 / (1 + Euclidean distance), the cosine or the inner product.

        Raises:
            InvalidInput: a level that is missing.
        """
        check_whole("level", level, 0, len(self.layers) - 1)
        return similarities(self.metric, self.layers[level].distance)

    def nodes_of(self, labels: npt.ArrayLike) -> IntArray:
        """The node of each label, or InvalidInput where one is unknown."""
        return find_labels(self.labels, labels)

    def reachable(self, nodes: npt.ArrayLike) -> BoolArray:
        """Which nodes level 0 connects to the given nodes, themselves included; shape (nodes,)."""
        seen = np.zeros(len(self), dtype=bool)
        frontier = np.unique(whole_numbers(nodes, "nodes"))
        if frontier.size and not 0 <= frontier[0] <= frontier[-1] < len(self):
            raise InvalidInput(f"nodes run from {frontier[0]} to {frontier[-1]}; 0 to {len(self) - 1} is allowed")
        while frontier.size:
            seen[frontier] = True
            reached = np.zeros(len(self), dtype=bool)
            reached[self.links.column[_rows(self.links.row_start, frontier)]] = True
            frontier = np.flatnonzero(reached & ~seen)
        return seen

    def unreachable(self) -> IntArray:
        """Labels of living items that no search from the entry can reach on level 0."""
        return np.asarray(self.labels[self.alive & ~self.reachable([self.entry])])

    def hubs(self, count: int = 10) -> tuple[IntArray, IntArray]:
        """Labels of the nodes that most links reach, and how many reach each, most first; InvalidInput below 0."""
        check_whole("count", count, 0, 1 << 62)
        into = np.bincount(self.links.column, minlength=len(self))
        best = np.lexsort((np.arange(len(self)), -into))[:count]
        return self.labels[best], into[best]

    def aggregate_neighbours(self, features: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> FloatArray:
        """One step of message passing: h_i = sum_j w_ij x_j / sum_j |w_ij| over the links i -> j of level 0.

        Args:
            features: x, shape (nodes,) or (nodes, channels).
            weights: w, shape (links,); the similarities by default. A node without links keeps 0.

        Raises:
            InvalidInput: another number of rows or weights.
        """
        given = np.asarray(features, dtype=np.float64)
        strength = self.similarities() if weights is None else np.asarray(weights, dtype=np.float64)
        if given.ndim not in (1, 2) or len(given) != len(self) or strength.shape != (len(self.links),):
            raise InvalidInput(
                f"features have shape {given.shape}, weights {strength.shape}; {len(self)} rows, {len(self.links)} go"
            )
        from scipy.sparse import csr_matrix

        links = self.links
        matrix = csr_matrix((strength, links.column, links.row_start), shape=(len(self), len(self)))
        total = np.asarray(abs(matrix).sum(axis=1)).ravel()
        return np.asarray((matrix @ given).T / np.where(total > 0, total, 1.0)).T

    def degrees(self) -> Degrees:
        """Statistics of the links of level 0."""
        out = np.diff(self.links.row_start)
        into = np.bincount(self.links.column, minlength=len(self))
        return Degrees(
            out_lowest=int(out.min()),
            out_mean=float(out.mean()),
            out_highest=int(out.max()),
            in_lowest=int(into.min()),
            in_mean=float(into.mean()),
            in_highest=int(into.max()),
            unreached=int(np.count_nonzero(into == 0)),
        )


def _rows(row_start: IntArray, nodes: IntArray) -> IntArray:
    """Positions of all links that leave the given nodes."""
    degree = row_start[nodes + 1] - row_start[nodes]
    before = np.cumsum(degree) - degree
    return np.asarray(np.arange(degree.sum()) + np.repeat(row_start[nodes] - before, degree))


def read_graph(index: SpikeIndex) -> IndexGraph:
    """The graph of an index, with the index's own labels.

    Raises:
        InvalidInput: the index's memory does not describe the index's own items.
    """
    graph = graph_from_state(index.state())
    if np.any(graph.labels[1:] != graph.labels[:-1] + 1):
        graph = _in_order_of_labels(graph)
    if not np.array_equal(graph.labels, np.arange(index.nodes)) or not np.array_equal(graph.alive, index.alive):
        raise InvalidInput("the index state is damaged or foreign: its nodes are not the index's items in their order")
    return replace(graph, labels=index.labels, types=index.types)


def _in_order_of_labels(graph: IndexGraph) -> IndexGraph:
    """The graph with its nodes in the order of their labels: several threads number elements as they race."""
    order = np.argsort(graph.labels)
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    layers = []
    for links in graph.layers:
        degree = np.diff(links.row_start)[order]
        kept = _rows(links.row_start, order)
        row_start = np.concatenate([[0], np.cumsum(degree)]).astype(np.int64)
        layers.append(Links(row_start, place[links.column[kept]], links.distance[kept]))
    return replace(
        graph,
        labels=graph.labels[order],
        levels=graph.levels[order],
        vectors=graph.vectors[order],
        entry=int(place[graph.entry]),
        layers=tuple(layers),
        alive=graph.alive[order],
    )


def graph_from_state(state: NativeState) -> IndexGraph:
    """The graph that hnswlib's ``__getstate__()[0]`` describes, with hnswlib's labels; never unpickles
    anything.

    Distances along the links are computed exactly from the stored vectors.

    Raises:
        InvalidInput: the state is damaged or foreign (see :func:`hnsw_bridge.hnswlib_layout.read_state`).
    """
    read = read_state(state)
    layers = tuple(_measured(read.metric, read.vectors, row_start, column) for row_start, column in read.links)
    labels = checked_labels(read.labels, read.labels.size)
    types = np.zeros(labels.size, dtype=np.uint8)
    return IndexGraph(
        read.metric, labels, read.levels, read.vectors, read.entry, layers, alive=~read.deleted, types=types
    )


def _measured(metric: Metric, vectors: Float32Array, row_start: IntArray, column: IntArray) -> Links:
    from hnsw_bridge import _kernels

    distance = np.empty(column.size, dtype=np.float64)
    _kernels.measure_links(metric.code, np.ascontiguousarray(vectors), row_start, column, distance)
    return Links(row_start, column, distance)


def to_networkx(graph: IndexGraph, level: int = 0) -> nx.DiGraph:
    """A ``networkx.DiGraph`` of one level: nodes are labels, edges carry ``distance`` and ``similarity``."""
    import networkx as nx

    if not is_whole(level, 0) or level >= len(graph.layers):
        raise InvalidInput(f"level is {level!r}; 0 to {len(graph.layers) - 1} is allowed")
    links, result = graph.layers[level], nx.DiGraph()
    for node in np.flatnonzero(graph.levels >= level).tolist():
        result.add_node(int(graph.labels[node]), level=int(graph.levels[node]))
    ends = (graph.labels[links.source()].tolist(), graph.labels[links.column].tolist())
    marks = (links.distance.tolist(), graph.similarities(level).tolist())
    for start, end, distance, similarity in zip(*ends, *marks, strict=True):
        result.add_edge(start, end, distance=distance, similarity=similarity)
    return result


def layer_from_networkx(name: str, source: nx.Graph, graph: IndexGraph, weight: str = "weight") -> EdgeLayer:
    """An edge layer from a networkx graph over the labels of ``graph``; an undirected edge goes both ways.

    Raises:
        InvalidInput: a node that is no label of the graph, or a weight that is no number.
    """
    edges = list(source.edges(data=weight, default=1.0))
    pairs = [end for start, end, _ in edges for end in (start, end)]
    try:
        weights = np.array([float(value) for _, _, value in edges])
        known = all(is_whole(end, 0) for end in pairs)
    except (TypeError, ValueError):
        known = False
    if not known:
        raise InvalidInput(f"layer {name!r}: nodes must be labels (whole numbers), weights numbers")
    nodes = graph.nodes_of(np.array(pairs, dtype=np.int64).reshape(-1, 2))
    return edge_layer(name, len(graph), nodes[:, 0], nodes[:, 1], weights, both_ways=not source.is_directed())


def write_graphml(graph: IndexGraph, path: Path, level: int = 0) -> None:
    """One level of the graph as GraphML: nodes are labels, edges carry distance and similarity."""
    import networkx as nx

    nx.write_graphml(to_networkx(graph, level), path)


def layer_from_graphml(name: str, path: Path, graph: IndexGraph, weight: str = "similarity") -> EdgeLayer:
    """An edge layer from a GraphML file whose nodes are labels of ``graph``.

    Raises:
        InvalidInput: the file is missing, no GraphML, or names other nodes.
    """
    from xml.etree.ElementTree import ParseError

    import networkx as nx

    try:
        read = nx.read_graphml(path, node_type=int)
    except (OSError, ParseError, ValueError, nx.NetworkXError) as error:
        raise InvalidInput(f"{path} can't be read as GraphML ({error}); write it with write_graphml") from None
    return layer_from_networkx(name, read, graph, weight)
