"""Edges learned from use: items that are used together, or after each other, become linked.

STDP on edges: with x_i the trace of item i, which an event sets to 1 and which decays by ``trace`` per event,

    item j is used:   w_ij <- clip(w_ij + rise * x_i) for what came before,   w_ji <- clip(w_ji - fall * x_i) backwards
    a session ends:   w <- keep * w, and w <- (1 - alone) w where one end was used without the other (the depression of
                      a spike that its partner does not follow); edges below ``least`` are dropped

Co-activation (order does not matter) is ``fall = -rise``: both directions rise. Weights lie in [lowest, highest], so
use can neither blow them up nor keep what is no longer used. Source: Bi & Poo, *J. Neurosci.* 18 (1998).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hnsw_bridge.layers import EdgeLayer, edge_layer
from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole, whole_numbers
from neuro.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class EdgeStdp:
    """How use changes edges; weights in thresholds.

    Args:
        rise: what a use right after another adds to the edge between them.
        fall: what it takes from the edge back; below 0 it adds.
        trace: share of a trace that is left at the next use.
        keep: share of every weight that is left after a session.
        lowest, highest: bounds of a weight.
        least: an edge of a smaller weight is dropped.
        alone: share of a weight that is lost in a session that uses one end without the other: what is used with
            everything then binds to nothing, and partners that changed are unlearned; 0: nothing.

    Raises:
        InvalidInput: a value outside its range.
    """

    rise: float = 0.5
    fall: float = 0.25
    trace: float = 0.5
    keep: float = 0.999
    lowest: float = -1.0
    highest: float = 2.0
    least: float = 1 / 64
    alone: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.rise <= 1000 and abs(self.fall) <= 1000 and 0 <= self.trace < 1 and 0 < self.keep <= 1):
            raise InvalidInput(
                f"{self!r}: rise in (0, 1000], |fall| <= 1000, trace in [0, 1), keep in (0, 1] are allowed"
            )
        if not 0 <= self.alone < 1:
            raise InvalidInput(f"alone is {self.alone!r}; a share from 0 up to, but not including, 1 is allowed")
        if not (self.lowest <= 0 < self.highest and 0 < self.least < self.highest):
            raise InvalidInput(f"{self!r}: lowest <= 0 < highest and 0 < least < highest are allowed")


CO_ACTIVATION = EdgeStdp(rise=0.5, fall=-0.5, trace=0.7, lowest=0.0)
"""Items of one session are linked both ways, whatever their order."""


@dataclass(frozen=True, slots=True, eq=False)
class LearnedEdges:
    """Edges learned so far; ``update`` returns new ones and changes nothing.

    Args:
        nodes: of the graph.
        rule: how use changes them.
        start, end, weight: the edges, ordered by (start, end).
    """

    nodes: int
    rule: EdgeStdp
    start: IntArray
    end: IntArray
    weight: FloatArray

    def update(self, sessions: Iterable[Sequence[int]]) -> LearnedEdges:
        """The edges after some sessions, each a list of nodes in the order of their use.

        Raises:
            InvalidInput: a node that is missing.
        """
        pairs = zip(self.start.tolist(), self.end.tolist(), strict=True)
        weights = dict(zip(pairs, self.weight.tolist(), strict=True))
        rule, born, clock = self.rule, dict.fromkeys(weights, 0), 0
        partners = _partners(weights) if rule.alone else {}
        for session in sessions:
            clock += 1
            if rule.alone:
                _depress(weights, partners, set(session), 1.0 - rule.alone)
            for pair, change in self._changes(session).items():
                faded = weights.get(pair, 0.0) * rule.keep ** (clock - 1 - born.get(pair, clock - 1))
                weights[pair] = float(np.clip(faded + change, rule.lowest, rule.highest))
                born[pair] = clock - 1
                if rule.alone:
                    partners.setdefault(pair[0], set()).add(pair[1])
                    partners.setdefault(pair[1], set()).add(pair[0])
        kept = {pair: weight * rule.keep ** (clock - born[pair]) for pair, weight in weights.items()}
        kept = {pair: weight for pair, weight in sorted(kept.items()) if abs(weight) >= rule.least}
        ends = np.array(list(kept), dtype=np.int64).reshape(-1, 2)
        return replace(self, start=ends[:, 0], end=ends[:, 1], weight=np.array(list(kept.values()), dtype=np.float64))

    def layer(self, name: str = "learned", delay: int = 0) -> EdgeLayer:
        """The edges as a layer of a search."""
        return edge_layer(name, self.nodes, self.start, self.end, self.weight, delay=delay)

    def _changes(self, session: Sequence[int]) -> dict[tuple[int, int], float]:
        rule, changes = self.rule, dict[tuple[int, int], float]()
        traces: dict[int, float] = {}
        for node in whole_numbers(list(session), "nodes of a session").tolist():
            if not 0 <= node < self.nodes:
                raise InvalidInput(f"a session uses node {node}, which is missing; there are {self.nodes} nodes")
            for before, trace in traces.items():
                if before != node:
                    changes[before, node] = changes.get((before, node), 0.0) + rule.rise * trace
                    changes[node, before] = changes.get((node, before), 0.0) - rule.fall * trace
            traces = {other: rule.trace * trace for other, trace in traces.items()}
            traces[node] = 1.0
        return changes


def no_edges(nodes: int, rule: EdgeStdp = CO_ACTIVATION) -> LearnedEdges:
    """Nothing learned yet; InvalidInput for no whole number of nodes."""
    check_whole("nodes", nodes, 0, 1 << 31)
    nothing = np.zeros(0, dtype=np.int64)
    return LearnedEdges(nodes, rule, nothing, nothing, np.zeros(0))


def _partners(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """The nodes that edges join with each node, whichever way they lead."""
    found: dict[int, set[int]] = {}
    for start, end in pairs:
        found.setdefault(start, set()).add(end)
        found.setdefault(end, set()).add(start)
    return found


def _depress(
    weights: dict[tuple[int, int], float], partners: dict[int, set[int]], used: set[int], share: float
) -> None:
    """Weaken edges between a node that a session uses and one that it does not."""
    for node in used:
        for other in partners.get(node, set()) - used:
            for pair in ((node, other), (other, node)):
                if pair in weights:
                    weights[pair] *= share
