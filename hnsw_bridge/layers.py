"""Edge layers beside the similarity graph: whatever else connects two nodes, with weights that can be set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_name, check_whole, is_whole, whole_numbers
from neuro.errors import InvalidInput

MOST_WEIGHT = 1000.0


class CompressedRows:
    """Edges by the node that they leave: ``row_start``, shape (nodes + 1,), and ``column``, the node at each end."""

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


@dataclass(frozen=True, slots=True, eq=False)
class EdgeLayer(CompressedRows):
    """Directed edges between nodes, CSR; each edge once, ordered by (source, end).

    Args:
        name: identifier, unique among the layers of a search; it names the projection and appears in traces.
        row_start: shape (nodes + 1,).
        column: shape (edges,), the node at the end of each.
        weight: shape (edges,), in units of the distance from rest to threshold; negative weights inhibit.
        delay: ticks that a spike travels, 0 to 100.

    Raises:
        InvalidInput: parts that don't fit, an edge to a missing node, a weight that is not finite or beyond 1000.
    """

    name: str
    row_start: IntArray
    column: IntArray
    weight: FloatArray
    delay: int = 0

    def __post_init__(self) -> None:
        check_name(self.name, "an edge layer")
        if not is_whole(self.delay, 0) or self.delay > 100:
            raise InvalidInput(f"delay of layer {self.name!r} is {self.delay!r}; 0 to 100 ticks are allowed")
        if self.column.shape != self.weight.shape or self.row_start[-1] != self.column.size:
            raise InvalidInput(f"layer {self.name!r} has {self.column.size} ends and {self.weight.size} weights")
        for name, values in (("row_start", self.row_start), ("column", self.column)):
            whole_numbers(values, f"{name} of layer {self.name!r}", 0)
        _check_ends(self.name, self.column, self.nodes)
        if not np.all(np.isfinite(self.weight)) or np.any(np.abs(self.weight) > MOST_WEIGHT):
            raise InvalidInput(f"layer {self.name!r} has a weight that is not finite or beyond {MOST_WEIGHT:g}")

    def neighbours(self, node: int) -> tuple[IntArray, FloatArray]:
        """Ends and weights of the edges that leave a node; InvalidInput for one that is missing."""
        check_whole("node", node, 0, self.nodes - 1)
        row = slice(int(self.row_start[node]), int(self.row_start[node + 1]))
        return self.column[row], self.weight[row]

    def with_weights(self, sources: npt.ArrayLike, ends: npt.ArrayLike, weights: npt.ArrayLike) -> EdgeLayer:
        """The layer with some edges' weights set; edges that are not there yet are added.

        Raises:
            InvalidInput: as :func:`edge_layer`.
        """
        changed = edge_layer(self.name, self.nodes, sources, ends, weights, delay=self.delay)
        keys, fresh = (layer.source() * layer.nodes + layer.column for layer in (self, changed))
        kept = ~np.isin(keys, fresh)
        return edge_layer(
            self.name,
            self.nodes,
            np.concatenate([self.source()[kept], changed.source()]),
            np.concatenate([self.column[kept], changed.column]),
            np.concatenate([self.weight[kept], changed.weight]),
            delay=self.delay,
        )

    def normalised(self, power: float = 1.0) -> EdgeLayer:
        """Divisive normalisation: each weight over (the sum of |weights| that reach its end) ** power, mean kept.

        Hubs, which everything reaches, no longer win by their number of edges. Source: Carandini & Heeger, *Nature Rev.
        Neurosci.* 13 (2012).
        """
        if not 0 <= power <= 2:
            raise InvalidInput(f"power is {power!r}; 0 to 2 is allowed")
        total = np.bincount(self.column, weights=np.abs(self.weight), minlength=self.nodes)
        divided = self.weight / np.maximum(total[self.column], 1e-12) ** power
        mean = np.abs(divided).mean() if len(self) else 1.0
        return replace(self, weight=divided * (np.abs(self.weight).mean() / max(mean, 1e-12)) if len(self) else divided)


class SummedLayers:
    """Several layers over one graph as one: of a link that stands in more than one the weights add up.

    Sums are made for the nodes that are asked for, so nothing is built again when one layer changes.

    Raises:
        InvalidInput: no layers, or layers of different graphs.
    """

    def __init__(self, layers: Sequence[EdgeLayer]) -> None:
        sizes = [layer.nodes for layer in layers]
        if len(set(sizes)) != 1:
            raise InvalidInput(f"the layers have {sizes} nodes; one or more layers of one graph are allowed")
        self._layers, self.nodes = tuple(layers), sizes[0]

    def neighbours(self, node: int) -> tuple[IntArray, FloatArray]:
        """Ends, ascending, and summed weights of the edges that leave a node; InvalidInput for one that is missing."""
        rows = [layer.neighbours(node) for layer in self._layers]
        if len(rows) == 1:
            return rows[0]
        ends, place = np.unique(np.concatenate([row for row, _ in rows]), return_inverse=True)
        summed = np.bincount(place, np.concatenate([weights for _, weights in rows]), ends.size)
        return ends, summed.astype(np.float64)


def edge_layer(
    name: str,
    nodes: int,
    sources: npt.ArrayLike,
    ends: npt.ArrayLike,
    weights: npt.ArrayLike = 1.0,
    *,
    both_ways: bool = False,
    delay: int = 0,
) -> EdgeLayer:
    """A layer from pairs of nodes; of a pair given several times the last weight counts.

    Args:
        name: see :class:`EdgeLayer`.
        nodes: of the graph.
        sources, ends: shape (edges,).
        weights: shape () or (edges,), in thresholds.
        both_ways: add each reverse edge.
        delay: ticks.

    Raises:
        InvalidInput: an edge to a missing node or to itself, or anything that :class:`EdgeLayer` refuses.
    """
    check_whole("nodes", nodes, 0, 1 << 31)
    start, end = (whole_numbers(values, f"ends of layer {name!r}").ravel() for values in (sources, ends))
    if start.shape != end.shape:
        raise InvalidInput(f"layer {name!r} has {start.size} sources and {end.size} ends; one end a source is allowed")
    strength = np.broadcast_to(np.asarray(weights, dtype=np.float64), start.shape)
    for values in (start, end):
        _check_ends(name, values, nodes)
    if np.any(start == end):
        raise InvalidInput(f"layer {name!r} has an edge from node {start[start == end][0]} to itself; leave it out")
    if both_ways:
        start, end, strength = np.r_[start, end], np.r_[end, start], np.r_[strength, strength]
    keys = start * nodes + end
    unique, last = np.unique(keys[::-1], return_index=True)
    chosen = keys.size - 1 - last
    row_start = np.searchsorted(unique, np.arange(nodes + 1, dtype=np.int64) * nodes).astype(np.int64)
    return EdgeLayer(name, row_start, unique % max(nodes, 1), strength[chosen].astype(np.float64), delay)


def temporal_layer(
    name: str, order: Sequence[int] | IntArray, nodes: int, reach: int = 1, weight: float = 1.0
) -> EdgeLayer:
    """Edges between nodes that follow each other within ``reach`` steps, both ways, weight / distance in time.

    Raises:
        InvalidInput: as :func:`edge_layer`, or a reach below 1.
    """
    check_whole("reach", reach, 1, 1 << 31)
    when = whole_numbers(order, f"the order of layer {name!r}")
    pairs = [
        (when[:-step], when[step:], np.full(max(when.size - step, 0), weight / step)) for step in range(1, reach + 1)
    ]
    start, end, strength = (np.concatenate(part) for part in zip(*pairs, strict=True))
    apart = start != end
    return edge_layer(name, nodes, start[apart], end[apart], strength[apart], both_ways=True)


def shared_layer(
    name: str,
    marks: Sequence[Iterable[str]],
    *,
    most_holders: int = 50,
    scale: float = 1.0,
    most_edges: int = 64,
    power: float = 1.0,
) -> EdgeLayer:
    """Edges between nodes that share marks (entities, titles, tags): scale * sum over shared marks of idf ** power.

        idf(mark) = log(nodes / holders) / log(nodes)

    Hub control: a mark with more than ``most_holders`` holders makes no edge, and a node keeps its ``most_edges``
    strongest edges.

    Raises:
        InvalidInput: ``most_holders`` or ``most_edges`` below 0.
    """
    check_whole("most_holders", most_holders, 0, 1 << 62)
    check_whole("most_edges", most_edges, 0, 1 << 62)
    holders: dict[str, list[int]] = {}
    for node, own in enumerate(marks):
        for mark in dict.fromkeys(own):
            holders.setdefault(mark, []).append(node)
    nodes = len(marks)
    sums: dict[tuple[int, int], float] = {}
    for mark in sorted(holders):
        group = holders[mark]
        if 2 <= len(group) <= most_holders:
            idf = float(np.log(nodes / len(group)) / np.log(max(nodes, 2))) ** power
            for place, left in enumerate(group):
                for right in group[place + 1 :]:
                    sums[left, right] = sums.get((left, right), 0.0) + scale * idf
    pairs = np.array(list(sums), dtype=np.int64).reshape(-1, 2)
    strength = np.minimum(np.array(list(sums.values()), dtype=np.float64), MOST_WEIGHT)
    layer = edge_layer(name, nodes, pairs[:, 0], pairs[:, 1], strength, both_ways=True)
    return strongest(layer, most_edges)


def strongest(layer: EdgeLayer, most: int) -> EdgeLayer:
    """The layer with at most so many edges leaving a node, those of the largest weights; InvalidInput below 0."""
    check_whole("most", most, 0, 1 << 62)
    source = layer.source()
    order = np.lexsort((layer.column, -np.abs(layer.weight), source))
    rank = np.arange(len(layer)) - layer.row_start[source[order]]
    kept = np.sort(order[rank < most])
    return edge_layer(layer.name, layer.nodes, source[kept], layer.column[kept], layer.weight[kept], delay=layer.delay)


def _check_ends(name: str, nodes: IntArray, count: int) -> None:
    if nodes.size and not 0 <= nodes.min() <= nodes.max() < count:
        wrong = nodes[(nodes < 0) | (nodes >= count)][0]
        raise InvalidInput(f"layer {name!r} has an edge to node {wrong}, which is missing; there are {count} nodes")
