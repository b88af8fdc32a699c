"""How activation travels from seeds along edge layers: what all dynamics take and give, and the two without spikes.

    seeds with shares s_i,   links w_ij g_ij  ->  an activation a_j of every node that was reached

Every dynamics takes the same seeds, links and gate, so they can be put beside each other. :class:`LinearSpreading` is
one weighted sum, :class:`PersonalisedPageRank` its limit over all path lengths, and
:class:`hnsw_bridge.first_arrival.FirstArrival` the spikes. Each looks at the links of few nodes only, so what it costs
does not grow with the graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hnsw_bridge.fusion import NodeNumbers, Open
from neuro.arrays import BoolArray, FloatArray, IntArray
from neuro.checks import check_whole, whole_numbers
from neuro.errors import InvalidInput
from neuro.spikes import QuerySpikes


@dataclass(frozen=True, slots=True)
class LinkGate:
    """What of a link's weight counts for one question: g_ij = rest + (1 - rest) unmatched(i, j).

    Args:
        unmatched: how well the nodes at the ends answer what the source leaves open, from
            :meth:`hnsw_bridge.WordScores.unmatched`.
        rest: what gets through anyway, 0 to 1.

    Raises:
        InvalidInput: a rest outside 0 to 1.
    """

    unmatched: Open
    rest: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.rest <= 1:
            raise InvalidInput(f"rest is {self.rest!r}; a share from 0 to 1 is allowed")

    def __call__(self, node: int, ends: NodeNumbers) -> FloatArray:
        """The gate of each link from ``node`` to ``ends``, shape (ends,)."""
        return np.asarray(self.rest + (1.0 - self.rest) * self.unmatched(node, ends))


class NodeLinks(Protocol):
    """Anything that knows the links that leave a node: edge layers, or links that are looked up when a node fires."""

    @property
    def nodes(self) -> int:
        """Number of nodes."""

    def neighbours(self, node: int) -> tuple[IntArray, FloatArray]:
        """Ends of the links that leave a node, ascending and each once, and their weights."""


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """What a dynamics brought to the nodes.

    Args:
        nodes: those that were reached, ascending.
        activation: shape (nodes,), above 0.
        run: the spikes, for traces; of a dynamics without them the seeds at tick 0.
    """

    nodes: IntArray
    activation: FloatArray
    run: QuerySpikes

    def dense(self, size: int) -> FloatArray:
        """The activation of all of ``size`` nodes, 0 where nothing came."""
        result = np.zeros(size)
        result[self.nodes] = self.activation
        return result


class SpreadingDynamics(Protocol):
    """Anything that carries activation from seeds along links."""

    def spread(
        self,
        links: NodeLinks,
        seeds: IntArray,
        share: FloatArray,
        gate: LinkGate | None = None,
        allowed: BoolArray | None = None,
    ) -> Reached:
        """What reaches the nodes.

        Args:
            links: an edge layer, or several summed (:class:`hnsw_bridge.layers.SummedLayers`).
            seeds: shape (seeds,), distinct nodes.
            share: shape (seeds,), how strongly each is driven, above 0 and up to 1.
            gate: of the question; None: all of every weight counts.
            allowed: shape (nodes,): others are neither reached nor lead on; None: all.

        Raises:
            InvalidInput: seeds that are missing or doubled, unusable shares.
        """


@dataclass(frozen=True, slots=True)
class LinearSpreading:
    """One step and no more: a_j = sum over seeds i of s_i w_ij g_ij."""

    def spread(
        self,
        links: NodeLinks,
        seeds: IntArray,
        share: FloatArray,
        gate: LinkGate | None = None,
        allowed: BoolArray | None = None,
    ) -> Reached:
        """What reaches the nodes; see :meth:`SpreadingDynamics.spread`."""
        seeds, share = entered(links, seeds, share, allowed)
        rows = [strengths(links, node, gate, allowed) for node in seeds.tolist()]
        ends = np.concatenate([row for row, _ in rows] or [np.zeros(0, np.int64)])
        carried = np.concatenate([part * one for (_, part), one in zip(rows, share.tolist(), strict=True)] or [[]])
        nodes, place = np.unique(ends, return_inverse=True)
        return Reached(nodes, np.bincount(place, carried, nodes.size).astype(np.float64), _as_run(seeds, nodes.size))


@dataclass(frozen=True, slots=True)
class PersonalisedPageRank:
    """A random walk from the seeds that follows links by their gated weight and stops with 1 - ``damping`` a step.

        p = (1 - damping) s / sum(s) + damping p P ,   P_ij = w_ij g_ij / sum_j w_ij g_ij

    The activation is what arrived along links, p - (1 - damping) s / sum(s): where a seed starts is no finding. It is
    found by pushing residuals forward until none is above ``least``, which looks at few nodes of a large graph. What
    reaches a node without links stops there. Source: Andersen, Chung & Lang, *Local graph partitioning using PageRank
    vectors*, FOCS (2006).

    Args:
        damping: share of the walk that goes on, above 0 and below 1.
        least: residual that is left where it is, 1e-9 to 0.1.

    Raises:
        InvalidInput: a value outside its range.
    """

    damping: float = 0.5
    least: float = 1e-3

    def __post_init__(self) -> None:
        if not (0 < self.damping < 1 and 1e-9 <= self.least <= 0.1):
            raise InvalidInput(f"{self!r}: damping above 0 and below 1, least from 1e-9 to 0.1 are allowed")

    def spread(
        self,
        links: NodeLinks,
        seeds: IntArray,
        share: FloatArray,
        gate: LinkGate | None = None,
        allowed: BoolArray | None = None,
    ) -> Reached:
        """What reaches the nodes; see :meth:`SpreadingDynamics.spread`."""
        seeds, share = entered(links, seeds, share, allowed)
        start = dict(zip(seeds.tolist(), (share / share.sum()).tolist(), strict=True))
        residual = dict(start)
        settled = {node: -(1.0 - self.damping) * own for node, own in start.items()}
        rows: dict[int, tuple[list[int], list[float]]] = {}
        while loaded := [node for node, rest in sorted(residual.items()) if rest > self.least]:
            for node in loaded:
                rest = residual.pop(node)
                settled[node] = settled.get(node, 0.0) + (1.0 - self.damping) * rest
                if node not in rows:
                    ends, weights = strengths(links, node, gate, allowed)
                    rows[node] = ends.tolist(), (weights / max(float(weights.sum()), 1e-300)).tolist()
                for end, weight in zip(*rows[node], strict=True):
                    residual[end] = residual.get(end, 0.0) + self.damping * rest * weight
        for node, rest in residual.items():
            settled[node] = settled.get(node, 0.0) + (1.0 - self.damping) * rest
        # What rounding leaves of a seed that nothing came back to is nothing.
        nodes = np.array(sorted(node for node, value in settled.items() if value > 1e-12), dtype=np.int64)
        return Reached(nodes, np.array([settled[node] for node in nodes.tolist()]), _as_run(seeds, len(settled)))


def strengths(
    links: NodeLinks, node: int, gate: LinkGate | None, allowed: BoolArray | None = None
) -> tuple[IntArray, FloatArray]:
    """Ends of a node's links and their gated weights, without those of 0 or below, which carry nothing."""
    ends, weights = links.neighbours(node)
    kept = weights > 0 if allowed is None else (weights > 0) & allowed[ends]
    ends, weights = ends[kept], weights[kept]
    if gate is not None and ends.size:
        weights = weights * gate(node, ends)
        ends, weights = ends[weights > 0], weights[weights > 0]
    return ends, weights


def entered(
    links: NodeLinks, seeds: IntArray, share: FloatArray, allowed: BoolArray | None = None
) -> tuple[IntArray, FloatArray]:
    """Seeds that may lead on, and their shares; InvalidInput unless they fit the links and each other."""
    nodes = whole_numbers(seeds, "seeds")
    if nodes.shape != np.shape(share) or nodes.ndim != 1:
        raise InvalidInput(f"seeds have shape {nodes.shape}, shares {np.shape(share)}; one share a seed is allowed")
    check_whole("the number of seeds", nodes.size, 1, links.nodes)
    if nodes.min() < 0 or nodes.max() >= links.nodes or np.unique(nodes).size < nodes.size:
        raise InvalidInput(f"seeds {nodes.tolist()} are doubled or missing; the links have {links.nodes} nodes")
    if not np.all((share > 0) & (share <= 1)):
        raise InvalidInput(f"shares of seeds are {share.tolist()}; above 0 and up to 1 is allowed")
    return (nodes, share) if allowed is None else (nodes[allowed[nodes]], share[allowed[nodes]])


def _as_run(seeds: IntArray, reached: int) -> QuerySpikes:
    return QuerySpikes(np.zeros(seeds.size, dtype=np.int64), seeds, reached)
