"""RetrievalNetwork: one circuit from embedding to answer, spike encoder, Hebbian memory, graph, winners and name.

    embedding -> input spikes --learned w, theta--> encoder (k winners) --1-bit Hebbian--> pointers (P winners)
                                                                                               | pointer codes
                                      labels (1 winner) <--votes-- nodes (s a tick, K in all) <+
                                                                   '--links--'

A query enters as spikes of the encoder's input and leaves as spikes: the nodes that fire are the memories found, in the
order of their spikes, and one label neuron names what most of them are. Each node of the graph is an item of the
memory; the links between nodes are read from an hnswlib index over the items' codes.

One presentation, with E = ``encoder.presentation_ticks`` and ``waves`` = K / s rounded up:

* 0 .. E-1: the encoder's k winners fire and drive the pointers through the memory's 1-bit synapses.
* E: the gate has lifted all pointers; the P most driven fire. Each adds one unit to the nodes whose pointer code it
  is in: a node's evidence is how many of its p pointers fired.
* E+1 .. E+waves: of the nodes with evidence the s with the largest potential fire in each tick, and send weight along
  their links, which counts from the next tick on: ``v_j = evidence_j + sum over fired i of w_ij``. A node fires once.
* E+waves+1: the label with most votes, one a node, fires; none if no node has fired. Ties go to the lower index.

No neuron leaks and all weights lie on a dyadic grid, so sums are exact: the spikes are the same in Brian2, compiled
floats, integers and Verilog, and equal :meth:`RetrievalNetwork.retrieve`, the same in numbers.

Sources: Willshaw, Buneman & Longuet-Higgins, Nature 222 (1969), for the memory; Collins & Loftus, Psychol. Rev. 82
(1975), for spreading; Thorpe, Delorme & Van Rullen, Neural Netw. 14 (2001), for codes by order of firing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from hnsw_bridge.graph import IndexGraph, Links, read_graph
from hnsw_bridge.index import IndexSettings, build_index
from hnsw_bridge.synapses import STEPS, ExponentialWeights, WeightRule, synaptic_weights
from neuro.arrays import FloatArray, IntArray, stable_top_k
from neuro.checks import check_whole, whole_numbers
from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.composition import compose
from neuro.circuit.connections import Connections
from neuro.compiler.lower_circuit import lower
from neuro.encoders.codes import binary, top_units
from neuro.errors import InvalidInput
from neuro.memories import HebbianMemory, SparseEncoder, item_connections, pointer_circuit
from neuro.models.base import NeuronModel
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.static import static_synapse
from neuro.simulators.event_driven import EventRun, LastingStates, QueryRuns, event_program, joined
from neuro.spikes import Recording

_UNIT = 2.0**-10
"""Volts that one pointer, or one vote, adds: a power of two, so that sums are exact."""

_ONTO_V = static_synapse("v", "volt")
_NODES = "nodes"

_DRIVEN_NODE = NeuronModel(
    equations="""
    v : volt
    I : volt
    v_reset : volt (constant)
    v_threshold : volt (constant)
    """,
    threshold="v + I > v_threshold",
    reset="v = v_reset",
)
"""A node whose evidence is given as a current and not by the pointers' spikes: the graph stage alone."""


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """Sizes of a retrieval network, and which of its stages work.

    Args:
        pointer_winners: P, pointers that fire in a query.
        winners: K, nodes that fire in a query, or fewer if fewer have evidence.
        nodes_per_tick: s, nodes that fire in one tick.
        rule: similarity of a link's ends -> weight, in units of one pointer's spike.
        memory: False takes the pointers and nodes away: the encoder's units vote for the labels that they won for.
        graph: False takes the links away: nodes fire by the memory's evidence alone.
        competition: False lifts both limits on the nodes: all that have evidence fire.

    Raises:
        InvalidInput: a number outside its range.
    """

    pointer_winners: int = 128
    winners: int = 10
    nodes_per_tick: int = 5
    rule: WeightRule = field(default_factory=lambda: ExponentialWeights(0.5))
    memory: bool = True
    graph: bool = True
    competition: bool = True

    def __post_init__(self) -> None:
        check_whole("pointer_winners", self.pointer_winners, 1, 1 << 24)
        check_whole("winners", self.winners, 1, 1 << 24)
        check_whole("nodes_per_tick", self.nodes_per_tick, 1, self.winners)

    @property
    def waves(self) -> int:
        """Ticks in which nodes fire."""
        return -(-self.winners // self.nodes_per_tick)


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """What queries brought up.

    Args:
        nodes: shape (queries, K), in the order of firing, then of index; -1 where fewer fired.
        labels: shape (queries,), -1 where no label fired.
    """

    nodes: IntArray
    labels: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RetrievalNetwork:
    """Encoder, memory, graph and names, to be shown queries; :meth:`build` makes one from embeddings.

    Args:
        encoder: embedding -> k active units.
        memory: code -> pointers; item a of it, in the order of storing, is node a.
        graph: of an index over the items' codes.
        labels: an integer >= 0 for each item, shape (items,).
        unit_labels: how often each unit was active for each label, shape (units, labels); read only without memory.
        settings: sizes and stages.

    Raises:
        InvalidInput: parts of different sizes, or settings beyond them.
    """

    encoder: SparseEncoder
    memory: HebbianMemory
    graph: IndexGraph
    labels: npt.ArrayLike
    unit_labels: npt.ArrayLike
    settings: RetrievalSettings = field(default_factory=RetrievalSettings)

    def __post_init__(self) -> None:
        items, chosen = len(self.memory), self.settings
        labels = whole_numbers(self.labels, "labels", 0)
        if not items == len(self.graph) == labels.size:
            raise InvalidInput(
                f"the memory holds {items} items, the graph {len(self.graph)} nodes, and there are {labels.size} "
                "labels; make them equal"
            )
        names = np.unique(labels)
        if np.shape(self.unit_labels) != (self.encoder.units, names.size):
            raise InvalidInput(
                f"unit_labels have shape {np.shape(self.unit_labels)}; ({self.encoder.units}, {names.size}) goes: "
                "one row for each unit, one column for each label"
            )
        check_whole("pointer_winners", chosen.pointer_winners, 1, self.memory.pointer_units)
        check_whole("winners", chosen.winners, 1, items)
        object.__setattr__(self, "labels", labels)

    @classmethod
    def build(
        cls,
        encoder: SparseEncoder,
        embeddings: npt.ArrayLike,
        labels: npt.ArrayLike,
        settings: RetrievalSettings | None = None,
        *,
        pointer_units: int = 1024,
        pointer_active: int = 8,
        links: IndexSettings | None = None,
        seed: int = 0,
    ) -> Self:
        """A network that remembers the embeddings: their codes stored, indexed by hnswlib and linked.

        Args:
            encoder: makes the codes.
            embeddings: shape (items, dimensions).
            labels: an integer >= 0 for each, shape (items,).
            settings: sizes and stages.
            pointer_units, pointer_active: of the memory.
            links: of the index.
            seed: of the memory's pointer codes.

        Raises:
            InvalidInput: embeddings that the encoder can't take, labels of another number.
        """
        names = whole_numbers(labels, "labels", 0)
        codes = np.atleast_2d(encoder.encode(embeddings))
        if names.shape != (len(codes),):
            raise InvalidInput(f"labels have shape {names.shape}; one for each of {len(codes)} embeddings is allowed")
        memory = HebbianMemory(encoder.units, pointer_units=pointer_units, pointer_active=pointer_active, seed=seed)
        memory.store(codes)
        fires = binary(codes, encoder.units)
        index = build_index(fires.astype(np.float32), settings=IndexSettings() if links is None else links)
        of_label = names[:, None] == np.unique(names)
        votes = fires.T.astype(np.int64) @ of_label.astype(np.int64)
        chosen = RetrievalSettings() if settings is None else settings
        return cls(encoder, memory, read_graph(index), names, votes, chosen)

    @property
    def ticks(self) -> int:
        """Of one presentation."""
        return self.encoder.presentation_ticks + self.settings.waves + 2

    def with_settings(self, settings: RetrievalSettings) -> Self:
        """The same network with other sizes or stages."""
        return replace(self, settings=settings)

    def circuit(self, embeddings: npt.ArrayLike) -> Circuit:
        """The circuit that is shown the embeddings one after the other, :attr:`ticks` ticks each.

        Populations ``encoder``, ``pointers``, ``nodes`` and ``labels``; projections ``memory_weights`` (1 bit),
        ``node_weights``, ``links`` and ``label_weights`` between them.

        Args:
            embeddings: shape (dimensions,) or (batch, dimensions).

        Raises:
            InvalidInput: embeddings that the encoder can't take.
        """
        starts = np.arange(len(np.atleast_2d(np.asarray(embeddings)))) * self.ticks
        if not self.settings.memory:
            encoding = self.encoder.circuit(embeddings, presentation_ticks=self.ticks)
            return compose(encoding, self._naming(starts, encoding), projections=[self._unit_votes()])
        pointing = pointer_circuit(
            self.encoder,
            self.memory,
            embeddings,
            winners=self.settings.pointer_winners,
            presentation_ticks=self.ticks,
        )
        nodes = self._stage(pointing.dt, INTEGRATE_AND_FIRE, starts, pointing.seed)
        named = Projection("node_weights", "pointers", _NODES, _ONTO_V, item_connections(self.memory), {"w": _UNIT})
        return compose(pointing, nodes, self._naming(starts, pointing), projections=[named, self._node_votes()])

    def graph_circuit(self, evidence: npt.ArrayLike) -> Circuit:
        """The graph stage alone, its evidence given as currents: a query takes ``settings.waves`` + 1 ticks.

        Tick 0 of a query is tick ``encoder.presentation_ticks`` + 1 of the whole circuit, with the same spikes.

        Args:
            evidence: pointers of each node that fire, shape (queries, nodes), as :meth:`evidence` gives it.

        Raises:
            InvalidInput: another shape, or no whole numbers.
        """
        rows = whole_numbers(evidence, "evidence", 0)
        if rows.ndim != 2 or rows.shape[1] != len(self.memory):
            raise InvalidInput(f"evidence has shape {rows.shape}; (queries, {len(self.memory)}) is allowed")
        length = self.settings.waves + 1
        starts = np.arange(max(len(rows), 1)) * length
        stage = self._stage(self.encoder.dt, _DRIVEN_NODE, starts, 0)
        return replace(stage, stimuli=[CurrentInput(_NODES, "I", rows * _UNIT, every=length)])

    def spread_events(self, evidence: npt.ArrayLike) -> QueryRuns:
        """The graph stage run event by event: only nodes that evidence or a spike reaches cost anything.

        Raises:
            InvalidInput: as :meth:`graph_circuit`.
        """
        rows = whole_numbers(evidence, "evidence", 0)
        program = event_program(lower(self.graph_circuit(rows)), _NODES)
        run = EventRun(program, LastingStates(program))
        reached = [np.flatnonzero(row) for row in rows]
        return joined([run.query(nodes, row[nodes] * _UNIT) for nodes, row in zip(reached, rows, strict=True)])

    def evidence(self, embeddings: npt.ArrayLike) -> IntArray:
        """How many pointers of each node fire for each embedding, shape (batch, nodes).

        Raises:
            InvalidInput: embeddings that the encoder can't take.
        """
        codes = np.atleast_2d(self.encoder.encode(embeddings))
        active = top_units(self.memory.activity(codes), self.settings.pointer_winners)
        fires = binary(active, self.memory.pointer_units)
        return fires[:, self.memory.pointers(self.memory.indices)].sum(axis=2, dtype=np.int64)

    def retrieve(self, embeddings: npt.ArrayLike) -> Retrieved:
        """What the circuit's spikes say (:meth:`retrieved`), in numbers and without a simulator.

        Raises:
            InvalidInput: embeddings that the encoder can't take.
        """
        if not self.settings.memory:
            codes = np.atleast_2d(self.encoder.encode(embeddings))
            votes = self._vote_levels()[codes].sum(axis=1)
            return Retrieved(np.full((len(codes), self.settings.winners), -1), self._named(votes))
        links, weights = self._links()
        steps = np.rint(weights * (STEPS / _UNIT)).astype(np.int64)
        waves = [self._waves(row, steps, links) for row in self.evidence(embeddings)]
        found = np.full((len(waves), self.settings.winners), -1)
        votes = np.zeros((len(waves), self._names.size), dtype=np.int64)
        for row, fired in enumerate(waves):
            first = np.concatenate(fired)[: self.settings.winners]
            found[row, : first.size] = first
            votes[row] = np.bincount(self._label_of[np.concatenate(fired[:-1])], minlength=self._names.size)
        return Retrieved(found, self._named(votes))

    def retrieved(self, recording: Recording) -> Retrieved:
        """What a run of :meth:`circuit` found.

        Raises:
            InvalidInput: the run does not hold whole presentations.
        """
        queries, rest = divmod(recording.ticks, self.ticks)
        if rest or not queries:
            raise InvalidInput(f"the run has {recording.ticks} ticks; a multiple of {self.ticks} is allowed")
        named = np.full(queries, -1)
        spikes = recording.spikes["labels"]
        named[spikes.ticks // self.ticks] = self._names[spikes.indices]
        found = np.full((queries, self.settings.winners), -1)
        if self.settings.memory:
            fired = recording.spikes[_NODES]
            of = fired.ticks // self.ticks
            place = np.arange(of.size) - np.searchsorted(of, of)
            kept = place < self.settings.winners
            found[of[kept], place[kept]] = fired.indices[kept]
        return Retrieved(found, named)

    @property
    def _names(self) -> IntArray:
        return np.unique(np.asarray(self.labels))

    @property
    def _label_of(self) -> IntArray:
        return np.searchsorted(self._names, np.asarray(self.labels))

    def _links(self) -> tuple[Links, FloatArray]:
        """The links both ways and their weights in volts."""
        links = self.graph.links.both_ways()
        return links, synaptic_weights(self.settings.rule, links, _UNIT)

    def _lowest(self) -> float:
        """The potential after a spike: with all evidence and all links it stays below the threshold."""
        links, weights = self._links()
        arriving = np.bincount(links.column, weights, minlength=links.nodes) / _UNIT
        return -(float(np.ceil(arriving.max(initial=0.0))) + self.memory.pointer_active) * _UNIT

    def _stage(self, dt: float, model: NeuronModel, starts: IntArray, seed: int) -> Circuit:
        """The nodes, their links and their winners."""
        chosen, size = self.settings, len(self.memory)
        limits = Winners(chosen.nodes_per_tick, chosen.winners) if chosen.competition else Winners()
        parameters = {"v_threshold": _UNIT / 2, "v_reset": self._lowest()}
        projections = []
        if chosen.graph:
            links, weights = self._links()
            used = weights > 0
            joined_by = Connections.from_pairs(links.source()[used], links.column[used], size, size)
            projections.append(Projection("links", _NODES, _NODES, _ONTO_V, joined_by, {"w": weights[used]}))
        return Circuit(
            dt,
            [Population(_NODES, size, model, parameters, winners=limits)],
            projections,
            restarts=[Restart(_NODES, starts, ("v",))],
            seed=seed,
        )

    def _most_votes(self) -> int:
        if not self.settings.memory:
            return self.encoder.active * int(self._vote_levels().max())
        return self.settings.winners if self.settings.competition else len(self.memory)

    def _naming(self, starts: IntArray, joined_to: Circuit) -> Circuit:
        """The labels, and the gate that asks for their answer: it lifts those that have a vote over the threshold."""
        size, last = self._names.size, self.encoder.presentation_ticks + self.settings.waves
        threshold = (self._most_votes() + 0.5) * _UNIT
        everybody = Connections.all_to_all(1, size)
        return Circuit(
            joined_to.dt,
            [
                Population(
                    "labels", size, INTEGRATE_AND_FIRE, {"v_threshold": threshold}, winners=Winners(max_winners=1)
                )
            ],
            [
                Projection(
                    "label_gate_weights", "label_gate", "labels", _ONTO_V, everybody, {"w": threshold - _UNIT / 2}
                )
            ],
            [SpikeSource("label_gate", 1, starts + last, np.zeros_like(starts))],
            restarts=[Restart("labels", starts, ("v",))],
            seed=joined_to.seed,
        )

    def _node_votes(self) -> Projection:
        votes = Connections(np.arange(len(self.memory) + 1), self._label_of, self._names.size)
        return Projection("label_weights", _NODES, "labels", _ONTO_V, votes, {"w": _UNIT})

    def _vote_levels(self) -> IntArray:
        """Votes of each unit for each label, 0 to 15: its share of what it won."""
        won = np.asarray(self.unit_labels, dtype=np.float64)
        return np.floor(15.0 * won / np.maximum(won.sum(axis=1, keepdims=True), 1.0) + 0.5).astype(np.int64)

    def _unit_votes(self) -> Projection:
        levels = self._vote_levels()
        used = levels > 0
        return Projection(
            "label_weights", "encoder", "labels", _ONTO_V, Connections.from_dense(used), {"w": levels[used] * _UNIT}
        )

    def _named(self, votes: IntArray) -> IntArray:
        return np.where(votes.any(axis=1), self._names[votes.argmax(axis=1)], -1)

    def _waves(self, evidence: IntArray, steps: IntArray, links: Links) -> list[IntArray]:
        """The nodes that fire in each tick of a query, the last of which comes too late for a vote."""
        chosen, size = self.settings, len(self.memory)
        level, waves = evidence * STEPS, []
        left = chosen.winners if chosen.competition else size
        for _ in range(chosen.waves + 1):
            best = stable_top_k(level, min(chosen.nodes_per_tick, left) if chosen.competition else size)
            fired = np.sort(best[2 * level[best] > STEPS])
            if chosen.graph:
                for node in fired.tolist():
                    row = slice(links.row_start[node], links.row_start[node + 1])
                    level[links.column[row]] += steps[row]
            level[fired] = np.iinfo(np.int64).min // 2
            left -= fired.size
            waves.append(fired)
        return waves
