"""Spreading activation: a query becomes a wave of spikes over an index graph.

Every node of the graph is a leaky integrate-and-fire neuron, every link (in both directions) a synapse that
grows with similarity. A query injects a current into a few seeds; their spikes excite their
neighbours, and so on. Three things keep activity bounded: a node is refractory for the rest of the query once
it has fired, ``Winners(max_winners=...)`` lets the most strongly driven nodes fire until so many have, and
a restart ends the query after ``ticks``.

    v <- decay v + (1 - decay) I ,   v_j <- v_j + w_ij for each spike of i ,   a spike where v > threshold

Source: Collins & Loftus, *A spreading-activation theory of semantic processing* (1975), with spikes for
    activation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from hnsw_bridge.graph import IndexGraph
from hnsw_bridge.index import SpikeIndex
from hnsw_bridge.layers import EdgeLayer
from hnsw_bridge.metric import Metric
from hnsw_bridge.neuron import NEVER, SpreadingParts, between_queries, neuron_parameters, spreading_neuron
from hnsw_bridge.synapses import STEPS, ExponentialWeights, WeightRule, synaptic_weights
from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole, is_whole, whole_numbers
from neuro.circuit.circuit import Circuit, CurrentInput, Operation, Population, Projection, Restart, Winners
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.static import static_synapse

NODES = "nodes"
"""Name of the population that stands for the graph's nodes."""

LINKS = "links"
"""Name of the projection along the similarity graph."""

THRESHOLD = 2.0**-6
"""Volts from rest to threshold: 15.6 mV, a power of two, so that weights lie on a dyadic grid."""

MOST_SEEDS = 64
"""Seeds that a query may have."""

FEW_SEEDS = 3
"""Seeds that a query has unless it asks for others."""

_MAX_WINNERS = 32
_FIRST_TICK = 1.5
LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Spreading:
    """How activity spreads.

    Args:
        max_winners: at most so many nodes fire in a query; None: 32.
        winners_per_tick: at most so many nodes fire in one tick (winner takes all); None: no limit.
        ticks: length of a query, 4 to 1,000 ticks. A spike needs one tick a link, and its delay.
        decay: share of v that is left after a tick, 0.3 to 0.99.
        rule: similarity -> weight.
        delay: ticks that a spike travels along a similarity link besides the one.
        refractory: ticks for which a node that fired is clamped; None: the rest of the query.
        parts: what else a node has: gamma gate, resonance, dendritic branches, priming, homeostasis.
        links: False leaves the similarity links out; the other edge layers stay.
        enabled: False leaves all synapses out, so that only seeds fire.
        dt: length of a tick in seconds.

    Raises:
        InvalidInput: a value outside its range, or a gamma cycle that does not divide the query.
    """

    max_winners: int | None = None
    winners_per_tick: int | None = None
    ticks: int = 8
    decay: float = 0.5
    rule: WeightRule = field(default_factory=ExponentialWeights)
    delay: int = 0
    refractory: int | None = None
    parts: SpreadingParts = field(default_factory=SpreadingParts)
    links: bool = True
    enabled: bool = True
    dt: float = 1e-3

    def __post_init__(self) -> None:
        for name, most in (("max_winners", self.max_winners), ("winners_per_tick", self.winners_per_tick)):
            if most is not None and not is_whole(most, 1):
                raise InvalidInput(f"{name} is {most!r}; a whole number >= 1 or None is allowed")
        check_whole("ticks", self.ticks, 4, 1000)
        for name, value in (("delay", self.delay), ("refractory", 1 if self.refractory is None else self.refractory)):
            if not is_whole(value, 0) or value >= self.ticks:
                raise InvalidInput(f"{name} is {value!r}; a whole number of ticks below {self.ticks} is allowed")
        if not 0.3 <= self.decay <= 0.99:
            raise InvalidInput(f"decay is {self.decay!r}; a number from 0.3 to 0.99 is allowed")
        if not (math.isfinite(self.dt) and self.dt > 0):
            raise InvalidInput(f"dt is {self.dt!r}; a time above 0 s is allowed")
        cycle = 1 if self.parts.gamma is None else self.parts.gamma.cycle(self.dt)[0]
        if cycle < self.ticks and self.ticks % cycle:
            whole = self.ticks - self.ticks % cycle
            raise InvalidInput(
                f"a gamma cycle of {cycle} ticks does not divide {self.ticks} ticks; {whole} or {whole + cycle} do"
            )

    @property
    def drive(self) -> float:
        """The current into a full seed, in thresholds."""
        return _FIRST_TICK / (1.0 - self.decay)

    @property
    def threshold(self) -> float:
        """Volts from rest to a node's threshold: THRESHOLD, and less where a node resonates."""
        resonance = self.parts.resonance
        return THRESHOLD if resonance is None else THRESHOLD * resonance.sensitivity(self.decay)

    def limit(self, nodes: int) -> int:
        """The most spikes that one query over so many nodes can have."""
        if self.max_winners is not None and self.refractory is not None:
            return int(self.max_winners)
        return min(nodes, _MAX_WINNERS if self.max_winners is None else int(self.max_winners))


@dataclass(frozen=True, slots=True, eq=False)
class Seeds:
    """Where queries enter the graph.

    Args:
        nodes: shape (queries, seeds), nearest first.
        share: shape (queries, seeds), 0.5 to 1: similarity to the query relative to the nearest seed's.

    Raises:
        InvalidInput: nodes that are no whole numbers.
    """

    nodes: IntArray
    share: FloatArray

    def __post_init__(self) -> None:
        whole_numbers(self.nodes, "nodes of seeds")

    def currents(self, settings: Spreading) -> FloatArray:
        """The current into each seed in volts, shape (queries, seeds), on a grid of THRESHOLD / STEPS.

        A full share lifts v to 1.5 thresholds in one tick, so a share up to 2/3 fires a tick or two later.
        """
        from hnsw_bridge import _kernels

        result = np.empty(self.share.shape)
        for share, currents in zip(self.share, result, strict=True):
            _kernels.drive(share, settings.drive, float(STEPS), THRESHOLD, currents)
        return result

    def rows(self, size: int, settings: Spreading) -> FloatArray:
        """The currents into all nodes, shape (queries, size)."""
        values = np.zeros((len(self.nodes), size))
        np.put_along_axis(values, self.nodes, self.currents(settings), axis=1)
        return values


def seeds_of(metric: Metric, nodes: IntArray, near: FloatArray) -> Seeds:
    """Seeds from nodes and their exact distances, each of shape (queries, seeds), nearest first."""
    from hnsw_bridge import _kernels

    share = np.empty(near.shape)
    for row, values in zip(near, share, strict=True):
        _kernels.enter(metric.code, row, LEAST_SHARE, values)
    return Seeds(nodes, share)


def check_seeds(count: int) -> None:
    """Raise InvalidInput unless a query may have so many seeds."""
    if not is_whole(count, 1) or count > MOST_SEEDS:
        raise InvalidInput(f"a query can have 1 to {MOST_SEEDS} seeds; {count!r} were asked for")


def find_seeds(index: SpikeIndex, queries: npt.ArrayLike, count: int = FEW_SEEDS) -> Seeds:
    """The nearest items that hnswlib finds for each query, as nodes of the index's graph.

    Raises:
        InvalidInput: queries of another dimension or dtype, NaN, or a count outside 1 .. 64.
    """
    check_seeds(count)
    nodes, near = index.nearest(index.checked(queries), min(int(count), len(index)))
    return seeds_of(index.metric, nodes, near)


def spreading_circuit(
    graph: IndexGraph,
    seeds: Seeds,
    settings: Spreading | None = None,
    layers: Sequence[EdgeLayer] = (),
    allowed: npt.NDArray[np.bool_] | None = None,
) -> Circuit:
    """The circuit that runs the queries one after another, ``settings.ticks`` ticks each.

    Population ``nodes``, neuron i is node i; projection ``links`` (absent if spreading is off) and one for each edge
    layer. The currents are dense, shape (queries, nodes): describe many queries over a large graph in parts, or use
    NeuromorphicSearch.

    Args:
        graph: of the index.
        seeds: of the queries.
        settings: how activity spreads.
        layers: edges beside the similarity graph, over the same nodes.
        allowed: shape (nodes,): nodes that may fire; None: all that are not deleted.

    Raises:
        InvalidInput: seeds or layers of another graph, delays that leave no time, or unusable weights.
    """
    chosen = Spreading() if settings is None else settings
    size = len(graph)
    if seeds.nodes.size and not 0 <= seeds.nodes.min() <= seeds.nodes.max() < size:
        raise InvalidInput(
            f"seeds run from node {seeds.nodes.min()} to {seeds.nodes.max()}; the graph has 0 to {size - 1}"
        )
    projections = _projections(graph, chosen, layers)
    longest = max([chosen.delay, *(layer.delay for layer in layers)]) if projections else 0
    if longest > chosen.ticks - 2:
        raise InvalidInput(f"a delay of {longest} ticks does not fit into a query of {chosen.ticks}; make it longer")
    between = between_queries(chosen.parts, chosen.threshold)
    restarted = None
    if chosen.parts.lasting:
        branches = [f"d{branch}" for branch in range(len(projections))] if chosen.parts.dendrites else []
        restarted = ("v", "I", *(["u"] if chosen.parts.resonance else []), *branches)
    return Circuit(
        dt=chosen.dt,
        populations=[_population(graph, chosen, len(projections), longest, allowed)],
        projections=projections,
        stimuli=[CurrentInput(NODES, "I", seeds.rows(size, chosen), every=int(chosen.ticks))],
        restarts=[Restart(NODES, np.arange(max(len(seeds.nodes), 1)) * int(chosen.ticks), restarted)],
        operations=[Operation(name, NODES, code, every=int(chosen.ticks)) for name, code in between.items()],
    )


def _population(
    graph: IndexGraph, settings: Spreading, branches: int, silent: int, allowed: npt.NDArray[np.bool_] | None
) -> Population:
    size, ticks = len(graph), int(settings.ticks)
    held = ticks if settings.refractory is None else int(settings.refractory)
    may = graph.alive if allowed is None else allowed & graph.alive
    return Population(
        NODES,
        size,
        spreading_neuron(settings.parts, branches, silent, max(held, 1) * settings.dt),
        parameters={
            "tau_m": -settings.dt / math.log(settings.decay),
            "v_rest": 0.0,
            "v_reset": 0.0,
            "v_threshold": settings.threshold if may.all() else np.where(may, settings.threshold, NEVER),
            **neuron_parameters(settings.parts, branches, silent, settings.threshold, ticks, settings.dt),
        },
        winners=Winners(
            k=None if settings.winners_per_tick is None else int(settings.winners_per_tick),
            max_winners=settings.limit(size),
        ),
    )


def _projections(graph: IndexGraph, settings: Spreading, layers: Sequence[EdgeLayer]) -> list[Projection]:
    if not settings.enabled:
        return []
    names = [LINKS, *(layer.name for layer in layers)]
    if len(set(names)) < len(names):
        raise InvalidInput(f"layers are called {names[1:]}; each needs its own name, and not {LINKS!r}")
    edges = [(layer.name, layer.source(), layer.column, _on_grid(layer.weight), layer.delay) for layer in layers]
    for layer in layers:
        if layer.nodes != len(graph):
            raise InvalidInput(f"layer {layer.name!r} has {layer.nodes} nodes, the graph {len(graph)}")
    if settings.links:
        links = graph.links.both_ways()
        weights = synaptic_weights(settings.rule, links, THRESHOLD)
        edges.insert(0, (LINKS, links.source(), links.column, weights, settings.delay))
    projections = []
    for branch, (name, source, column, weight, delay) in enumerate(edges):
        kept = weight != 0
        connections = Connections.from_pairs(source[kept], column[kept], len(graph), len(graph))
        model = static_synapse("v", "volt")
        if settings.parts.dendrites is not None:
            model = replace(model, on_pre=f"{model.on_pre}; d{branch}_post += 1")
        projections.append(
            Projection(name, NODES, NODES, model, connections, {"w": weight[kept]}, delay=delay * settings.dt)
        )
    return projections


def _on_grid(weight: FloatArray) -> FloatArray:
    """Weights in volts on the grid of threshold / STEPS."""
    return np.asarray(np.floor(weight * STEPS + 0.5) * (THRESHOLD / STEPS))
