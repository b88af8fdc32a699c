"""Spreading activation: a query becomes a wave of spikes over an index graph.

Every node of the graph is a leaky integrate-and-fire neuron, every link (in both directions) a synapse that
grows with similarity. A query injects a current into at most three seeds; their spikes excite their
neighbours, and so on. Three things keep activity bounded: a node is refractory for the rest of the query once
it has fired, ``Winners(quota=...)`` lets the most strongly driven nodes fire until the quota is used up, and
a restart ends the query after ``ticks``.

    v <- decay v + (1 - decay) I ,   v_j <- v_j + w_ij for each spike of i ,   a spike where v > threshold

Source: Collins & Loftus, *A spreading-activation theory of semantic processing* (1975), with spikes for
    activation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from hnsw_bridge.graph import IndexGraph
from hnsw_bridge.index import SpikeIndex
from hnsw_bridge.labels import IntArray
from hnsw_bridge.metric import FloatArray, similarities
from hnsw_bridge.synapses import STEPS, ExponentialWeights, WeightRule, synaptic_weights
from neuro.circuit import Circuit, CurrentInput, Population, Projection, Restart, Winners
from neuro.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.lif import LIF_DELTA
from neuro.models.static_synapse import static_synapse

NODES = "nodes"
"""Name of the population that stands for the graph's nodes."""

THRESHOLD = 2.0**-6
"""Volts from rest to threshold: 15.6 mV, a power of two, so that weights lie on a dyadic grid."""

MOST_SEEDS = 3
_FIRST_TICK = 1.5
_LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Spreading:
    """How activity spreads.

    Args:
        quota: at most so many nodes fire in a query; None: a fifth of the nodes, from 32 up to 1,024.
        ticks: length of a query, 4 to 1,000 ticks. A spike needs one tick a link.
        decay: share of v that is left after a tick, 0.3 to 0.99.
        rule: similarity -> weight.
        enabled: False leaves the synapses out, so that only seeds fire.
        dt: length of a tick in seconds.

    Raises:
        InvalidInput: a value outside its range.
    """

    quota: int | None = None
    ticks: int = 8
    decay: float = 0.5
    rule: WeightRule = field(default_factory=ExponentialWeights)
    enabled: bool = True
    dt: float = 1e-3

    def __post_init__(self) -> None:
        if self.quota is not None and (not isinstance(self.quota, int | np.integer) or self.quota < MOST_SEEDS):
            raise InvalidInput(f"quota is {self.quota!r}; a whole number >= {MOST_SEEDS} or None is allowed")
        if not isinstance(self.ticks, int | np.integer) or not 4 <= self.ticks <= 1000:
            raise InvalidInput(f"ticks is {self.ticks!r}; a whole number from 4 to 1000 is allowed")
        if not 0.3 <= self.decay <= 0.99:
            raise InvalidInput(f"decay is {self.decay!r}; a number from 0.3 to 0.99 is allowed")
        if not (math.isfinite(self.dt) and self.dt > 0):
            raise InvalidInput(f"dt is {self.dt!r}; a time above 0 s is allowed")

    def limit(self, nodes: int) -> int:
        """The most spikes that one query over so many nodes can have."""
        return min(nodes, min(1024, max(32, nodes // 5)) if self.quota is None else int(self.quota))


@dataclass(frozen=True, slots=True, eq=False)
class Seeds:
    """Where queries enter the graph.

    Args:
        nodes: shape (queries, seeds), nearest first.
        share: shape (queries, seeds), 0.5 to 1: similarity to the query relative to the nearest seed's.
    """

    nodes: IntArray
    share: FloatArray

    def currents(self, settings: Spreading) -> FloatArray:
        """The current into each seed in volts, shape (queries, seeds), on a grid of THRESHOLD / STEPS.

        A full share lifts v to 1.5 thresholds in one tick, so a share up to 2/3 fires a tick or two later.
        """
        drive = _FIRST_TICK / (1.0 - settings.decay)
        return np.asarray(np.floor(self.share * drive * STEPS + 0.5) * (THRESHOLD / STEPS))

    def rows(self, size: int, settings: Spreading) -> FloatArray:
        """The currents into all nodes, shape (queries, size)."""
        values = np.zeros((len(self.nodes), size))
        np.put_along_axis(values, self.nodes, self.currents(settings), axis=1)
        return values


def find_seeds(index: SpikeIndex, queries: npt.ArrayLike, count: int = MOST_SEEDS) -> Seeds:
    """The nearest items that hnswlib finds for each query, as nodes of the index's graph.

    Raises:
        InvalidInput: queries of another dimension or dtype, NaN, or a count outside 1 .. 3.
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count <= MOST_SEEDS:
        raise InvalidInput(f"a query can have 1 to {MOST_SEEDS} seeds; {count!r} were asked for")
    nodes, near = index.nearest(index.checked(queries), min(int(count), len(index)))
    similar = np.maximum(similarities(index.metric, near), 0.0)
    best = similar[:, :1]
    share = np.divide(similar, best, out=np.ones_like(similar), where=best > 0)
    return Seeds(nodes, np.maximum(share, _LEAST_SHARE))


def spreading_circuit(graph: IndexGraph, seeds: Seeds, settings: Spreading | None = None) -> Circuit:
    """The circuit that runs the queries one after another, ``settings.ticks`` ticks each.

    Population ``nodes``, neuron i is node i; projection ``links`` (absent if spreading is off). The currents
    are dense, shape (queries, nodes): describe many queries over a large graph in parts, or use
    NeuromorphicSearch.

    Raises:
        InvalidInput: seeds of another graph, or a rule that gives unusable weights.
    """
    chosen = Spreading() if settings is None else settings
    size = len(graph)
    if seeds.nodes.size and not 0 <= seeds.nodes.min() <= seeds.nodes.max() < size:
        raise InvalidInput(
            f"seeds run from node {seeds.nodes.min()} to {seeds.nodes.max()}; the graph has 0 to {size - 1}"
        )
    return Circuit(
        dt=chosen.dt,
        populations=[_population(size, chosen)],
        projections=[_projection(graph, chosen)] if chosen.enabled else [],
        stimuli=[CurrentInput(NODES, "I", seeds.rows(size, chosen), every=int(chosen.ticks))],
        restarts=[Restart(NODES, np.arange(len(seeds.nodes)) * int(chosen.ticks))],
    )


def _population(size: int, settings: Spreading) -> Population:
    return Population(
        NODES,
        size,
        replace(LIF_DELTA, refractory=settings.ticks * settings.dt),
        parameters={
            "tau_m": -settings.dt / math.log(settings.decay),
            "v_rest": 0.0,
            "v_reset": 0.0,
            "v_threshold": THRESHOLD,
        },
        winners=Winners(quota=settings.limit(size)),
    )


def _projection(graph: IndexGraph, settings: Spreading) -> Projection:
    links = graph.links.both_ways()
    weights = synaptic_weights(settings.rule, links, THRESHOLD)
    kept = weights > 0
    connections = Connections.from_pairs(links.source()[kept], links.column[kept], links.nodes, links.nodes)
    return Projection("links", NODES, NODES, static_synapse("v", "volt"), connections, {"w": weights[kept]})
