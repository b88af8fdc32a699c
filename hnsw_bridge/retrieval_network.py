"""RetrievalNetwork: one circuit from embedding to answer: spike encoder, Hebbian memory, graph, winners and name.

    embedding --currents--> input spikes ==(learned w, theta)==> encoder (k winners)
                                                                      | memory_weights, 1-bit Hebbian
                            labels (1 winner) <--label_weights-- nodes (s winners a tick, K in all)
                                                                 '--links--'  read from hnswlib

A query enters as currents and leaves as spikes: the nodes that fire are the memories found, in the order of their
spikes, and one label neuron names what most of them are. Each memory is a neuron, a node of the graph. Storing item a
is one Hebbian step at its own spike, ``W_ia <- W_ia or c_i``, with c the code that is active then: Willshaw's rule with
one output neuron an item. The links between nodes are those of an hnswlib index over the stored codes.

One presentation, with E = ``encoder.presentation_ticks`` and ``waves`` = K / s rounded up:

* 0 .. E-1: the encoder's k winners fire; each adds one unit to every node whose item it was active in. By tick E a
  node's potential is its evidence, the overlap of cue and item.
* E .. E+waves-1: of the nodes with evidence the s with the largest potential fire in each tick, and send weight along
  their links, which counts from the next tick on: ``v_j = evidence_j + sum over fired i of w_ij``. A node fires once.
* E+voting: the label with most votes, one from each node that fired until then, fires; none if none has. Ties go to
  the lower index.

No neuron behind the encoder leaks and all weights lie on a dyadic grid, so sums are exact: the spikes are the same in
Brian2, compiled floats, integers and Verilog, and equal :meth:`RetrievalNetwork.retrieve`, the same in numbers.

Sources: Willshaw, Buneman & Longuet-Higgins, Nature 222 (1969), for the memory; Krotov & Hopfield, ICLR (2021), for one
neuron a memory; Collins & Loftus, Psychol. Rev. 82 (1975), for spreading; Thorpe, Delorme & Van Rullen, Neural Netw. 14
(2001), for codes by order of firing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from hnsw_bridge.graph import IndexGraph, Links, read_graph
from hnsw_bridge.index import IndexSettings, build_index
from hnsw_bridge.spreading import NODES
from hnsw_bridge.synapses import STEPS, ExponentialWeights, WeightRule, synaptic_weights
from neuro.arrays import FloatArray, IntArray, stable_top_k
from neuro.checks import check_whole, whole_numbers
from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.composition import compose
from neuro.circuit.connections import Connections
from neuro.compiler.lower_circuit import lower
from neuro.encoders import LearnedEncoder, ReadBy
from neuro.encoders.codes import Codes, binary, check_codes, overlap
from neuro.errors import InvalidInput
from neuro.models.base import NeuronModel
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.static import static_synapse
from neuro.simulators.event_driven import EventRun, LastingStates, QueryRuns, event_program, joined
from neuro.spikes import Recording

_UNIT = 2.0**-10
"""Volts that one active unit of the code, or one vote, adds: a power of two, so that sums are exact."""

_ONTO_V = static_synapse("v", "volt")

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
"""A node whose evidence is given as a current and not by the encoder's spikes: the graph stage alone."""


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How a retrieval network answers, and which of its stages work.

    Args:
        winners: K, nodes that fire in a query, or fewer if fewer have evidence.
        nodes_per_tick: s, nodes that fire in one tick.
        voting_ticks: of the nodes, only those that fire in the first so many ticks vote for a label; None: all.
        rule: similarity of a link's ends -> weight, in units of evidence.
        memory: False takes the nodes away: the encoder's units vote for the labels that they were active for.
        graph: False takes the links away: nodes fire by the memory's evidence alone.
        competition: False lifts both limits on the nodes: all that have evidence fire.

    Raises:
        InvalidInput: a number outside its range.
    """

    winners: int = 10
    nodes_per_tick: int = 5
    voting_ticks: int | None = 1
    rule: WeightRule = field(default_factory=lambda: ExponentialWeights(2.0))
    memory: bool = True
    graph: bool = True
    competition: bool = True

    def __post_init__(self) -> None:
        check_whole("winners", self.winners, 1, 1 << 24)
        check_whole("nodes_per_tick", self.nodes_per_tick, 1, self.winners)
        if self.voting_ticks is not None:
            check_whole("voting_ticks", self.voting_ticks, 1, 1 << 24)

    @property
    def voting(self) -> int:
        """Ticks whose nodes vote."""
        return self.waves if self.voting_ticks is None else min(self.voting_ticks, self.waves)

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
        encoder: embedding -> k active units, all of which fire in the last tick of its presentation.
        codes: the memory: the active units of each item, shape (items, k).
        graph: of an index over the codes; node a is item a.
        labels: an integer >= 0 for each item, shape (items,).
        settings: winners, weights and stages.

    Raises:
        InvalidInput: parts of different sizes, or settings beyond them.
    """

    encoder: LearnedEncoder
    codes: Codes
    graph: IndexGraph
    labels: IntArray
    settings: RetrievalSettings = field(default_factory=RetrievalSettings)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", check_codes(self.codes, self.encoder.units))
        object.__setattr__(self, "labels", whole_numbers(self.labels, "labels", 0))
        if not len(self.codes) == len(self.graph) == self.labels.size:
            raise InvalidInput(
                f"there are {len(self.codes)} codes, {len(self.graph)} nodes and {self.labels.size} labels; "
                "one of each for every item is allowed"
            )
        check_whole("winners", self.settings.winners, 1, len(self.codes))
        if self.encoder.reading is not ReadBy.SPIKES:
            raise InvalidInput(
                f"the encoder is read by {self.encoder.reading.name}: its winners fire one after the other, and nodes "
                "would before they have all their evidence; calibrate it with reading=ReadBy.SPIKES"
            )

    @classmethod
    def build(
        cls,
        encoder: LearnedEncoder,
        embeddings: npt.ArrayLike,
        labels: npt.ArrayLike,
        settings: RetrievalSettings | None = None,
        *,
        links: IndexSettings | None = None,
    ) -> Self:
        """A network that remembers the embeddings: their codes stored, indexed by hnswlib and linked.

        Args:
            encoder: makes the codes.
            embeddings: shape (items, dimensions).
            labels: an integer >= 0 for each, shape (items,).
            settings: winners, weights and stages.
            links: of the index.

        Raises:
            InvalidInput: embeddings that the encoder can't take, labels of another number.
        """
        codes = np.atleast_2d(encoder.encode(embeddings))
        index = build_index(binary(codes, encoder.units).astype(np.float32), settings=links)
        chosen = RetrievalSettings() if settings is None else settings
        return cls(encoder, codes, read_graph(index), whole_numbers(labels, "labels", 0), chosen)

    @property
    def items(self) -> int:
        """How many memories there are."""
        return len(self.codes)

    @property
    def ticks(self) -> int:
        """Of one presentation."""
        return self.encoder.presentation_ticks + self.settings.waves + 1

    def with_settings(self, settings: RetrievalSettings) -> Self:
        """The same network with other winners, weights or stages."""
        return replace(self, settings=settings)

    def circuit(self, embeddings: npt.ArrayLike) -> Circuit:
        """The circuit that is shown the embeddings one after the other, :attr:`ticks` ticks each.

        The encoder's populations, ``nodes`` and ``labels``; projections ``memory_weights`` (1 bit), ``links`` and
        ``label_weights`` between them.

        Args:
            embeddings: shape (dimensions,) or (batch, dimensions).

        Raises:
            InvalidInput: embeddings that the encoder can't take.
        """
        return self.behind(self.encoder.circuit(embeddings, presentation_ticks=self.ticks), "encoder")

    def behind(self, encoding: Circuit, units: str) -> Circuit:
        """The memory, graph and names behind any circuit that makes codes, such as an encoder that goes on learning.

        Args:
            encoding: whose presentations take :attr:`ticks` ticks; codes fire at ``encoder.presentation_ticks`` - 1.
            units: its population of ``encoder.units`` neurons.

        Raises:
            CircuitError: no such population, or another size; names that clash.
        """
        starts = next(np.asarray(part.ticks) for part in encoding.restarts if part.population == units)
        starts = starts - starts[0]
        if not self.settings.memory:
            naming = self._naming(encoding.dt, starts, encoding.seed)
            return compose(encoding, naming, projections=[self._unit_votes(units)])
        stage = self._stage(encoding.dt, INTEGRATE_AND_FIRE, starts, encoding.seed)
        naming = self._naming(encoding.dt, starts, encoding.seed)
        return compose(encoding, stage, naming, projections=[self._memory(units), self._node_votes()])

    def graph_circuit(self, evidence: npt.ArrayLike) -> Circuit:
        """The graph stage alone, its evidence given as currents: a query takes ``settings.waves`` + 1 ticks.

        Tick 0 of a query is tick ``encoder.presentation_ticks`` of the whole circuit, with the same spikes.

        Args:
            evidence: units that cue and item share, shape (queries, items), as :meth:`evidence` gives it.

        Raises:
            InvalidInput: another shape, or no whole numbers.
        """
        rows = self._checked(evidence)
        length = self.settings.waves + 1
        starts = np.arange(max(len(rows), 1)) * length
        stage = self._stage(self.encoder.dt, _DRIVEN_NODE, starts, 0)
        return replace(stage, stimuli=[CurrentInput(NODES, "I", rows * _UNIT, every=length)])

    def spread_events(self, evidence: npt.ArrayLike) -> QueryRuns:
        """The graph stage run event by event: only nodes that evidence or a spike reaches cost anything.

        Raises:
            InvalidInput: as :meth:`graph_circuit`.
        """
        rows = self._checked(evidence)
        program = event_program(lower(self.graph_circuit(rows[:0])), NODES)
        run = EventRun(program, LastingStates(program))
        reached = [np.flatnonzero(row) for row in rows]
        return joined([run.query(nodes, row[nodes] * _UNIT) for nodes, row in zip(reached, rows, strict=True)])

    def evidence(self, cues: npt.ArrayLike) -> IntArray:
        """How many active units each cue shares with each item, shape (batch, items).

        Raises:
            InvalidInput: cues that are no codes of the encoder's units.
        """
        return np.asarray(overlap(cues, self.codes, self.encoder.units), dtype=np.int64)

    def retrieve(self, cues: npt.ArrayLike) -> Retrieved:
        """What the circuit's spikes say (:meth:`retrieved`), in numbers and without a simulator.

        Args:
            cues: codes, (k,) or (batch, k), as ``encoder.encode`` gives them, damaged or not.

        Raises:
            InvalidInput: cues that are no codes of the encoder's units.
        """
        rows = check_codes(cues, self.encoder.units, "cues")
        if not self.settings.memory:
            votes = self._vote_levels()[rows].sum(axis=1)
            return Retrieved(np.full((len(rows), self.settings.winners), -1), self._named(votes))
        waves = self._waves(self.evidence(rows))
        order = np.argsort(np.where(waves < 0, self.settings.waves + 1, waves), axis=1, kind="stable")
        found = order[:, : self.settings.winners]
        found = np.where(np.take_along_axis(waves, found, axis=1) < 0, -1, found)
        voted = (waves >= 0) & (waves < self.settings.voting)
        votes = voted.astype(np.int64) @ (self._label_of[:, None] == np.arange(self._names.size)).astype(np.int64)
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
            fired = recording.spikes[NODES]
            of = fired.ticks // self.ticks
            place = np.arange(of.size) - np.searchsorted(of, of)
            kept = place < self.settings.winners
            found[of[kept], place[kept]] = fired.indices[kept]
        return Retrieved(found, named)

    @property
    def _names(self) -> IntArray:
        return np.unique(self.labels)

    @property
    def _label_of(self) -> IntArray:
        return np.asarray(np.searchsorted(self._names, self.labels), dtype=np.int64)

    def _checked(self, evidence: npt.ArrayLike) -> IntArray:
        rows = whole_numbers(evidence, "evidence", 0)
        if rows.ndim != 2 or rows.shape[1] != self.items:
            raise InvalidInput(f"evidence has shape {rows.shape}; (queries, {self.items}) is allowed")
        return rows

    def _links(self) -> tuple[Links, FloatArray]:
        """The links both ways and their weights in volts."""
        links = self.graph.links.both_ways()
        return links, synaptic_weights(self.settings.rule, links, _UNIT)

    def _lowest(self) -> float:
        """The potential after a spike: with all evidence and all links it stays below the threshold."""
        links, weights = self._links()
        arriving = np.bincount(links.column, weights, minlength=links.nodes) / _UNIT
        return float(-(np.ceil(arriving.max(initial=0.0)) + self.codes.shape[1]) * _UNIT)

    def _stage(self, dt: float, model: NeuronModel, starts: IntArray, seed: int) -> Circuit:
        """The nodes, their links and their winners."""
        chosen = self.settings
        limits = Winners(chosen.nodes_per_tick, chosen.winners) if chosen.competition else Winners()
        parameters = {"v_threshold": _UNIT / 2, "v_reset": self._lowest()}
        projections = []
        if chosen.graph:
            links, weights = self._links()
            used = weights > 0
            ends = Connections.from_pairs(links.source()[used], links.column[used], self.items, self.items)
            projections.append(Projection("links", NODES, NODES, _ONTO_V, ends, {"w": weights[used]}))
        return Circuit(
            dt,
            [Population(NODES, self.items, model, parameters, winners=limits)],
            projections,
            restarts=[Restart(NODES, starts)],
            seed=seed,
        )

    def _memory(self, units: str) -> Projection:
        """The memory's synapses: from each unit to the items that it was active in."""
        stored = Connections.from_dense(binary(self.codes, self.encoder.units).T)
        return Projection("memory_weights", units, NODES, _ONTO_V, stored, {"w": _UNIT})

    def _most_votes(self) -> int:
        if not self.settings.memory:
            return int(self.codes.shape[1] * self._vote_levels().max())
        return self.settings.nodes_per_tick * self.settings.voting if self.settings.competition else self.items

    def _naming(self, dt: float, starts: IntArray, seed: int) -> Circuit:
        """The labels, and the gate that asks for their answer: it lifts those that have a vote over the threshold."""
        size, last = self._names.size, self.encoder.presentation_ticks + self.settings.voting - 1
        threshold = (self._most_votes() + 0.5) * _UNIT
        everybody = Connections.all_to_all(1, size)
        limit = Winners(max_winners=1)
        return Circuit(
            dt,
            [Population("labels", size, INTEGRATE_AND_FIRE, {"v_threshold": threshold}, winners=limit)],
            [Projection("ask_weights", "ask", "labels", _ONTO_V, everybody, {"w": threshold - _UNIT / 2})],
            [SpikeSource("ask", 1, starts + last, np.zeros_like(starts))],
            restarts=[Restart("labels", starts, ("v",))],
            seed=seed,
        )

    def _node_votes(self) -> Projection:
        votes = Connections(np.arange(self.items + 1), self._label_of, self._names.size)
        return Projection("label_weights", NODES, "labels", _ONTO_V, votes, {"w": _UNIT})

    def _vote_levels(self) -> IntArray:
        """Votes of each unit for each label, 0 to 15: the label's share of the items that the unit was active in."""
        of_label = self.labels[:, None] == self._names
        held = binary(self.codes, self.encoder.units).T.astype(np.int64) @ of_label.astype(np.int64)
        share = held / np.maximum(held.sum(axis=1, keepdims=True), 1)
        return np.asarray(np.floor(15.0 * share + 0.5), dtype=np.int64)

    def _unit_votes(self, units: str) -> Projection:
        levels = self._vote_levels()
        used = levels > 0
        return Projection(
            "label_weights", units, "labels", _ONTO_V, Connections.from_dense(used), {"w": levels[used] * _UNIT}
        )

    def _named(self, votes: IntArray) -> IntArray:
        return np.asarray(np.where(votes.any(axis=1), self._names[votes.argmax(axis=1)], -1))

    def _waves(self, evidence: IntArray) -> IntArray:
        """The tick in which each node fires, -1 for never, (queries, items); the last comes too late for a vote."""
        from scipy.sparse import csr_matrix

        chosen = self.settings
        links, weights = self._links()
        steps = np.rint(weights * (STEPS / _UNIT)).astype(np.int64)
        matrix = csr_matrix((steps, links.column, links.row_start), shape=(self.items, self.items))
        level, fired = evidence * STEPS, np.full(evidence.shape, -1)
        for wave in range(chosen.waves + 1):
            now = (2 * level > STEPS) & (fired < 0)
            if chosen.competition:
                left = chosen.winners - (fired >= 0).sum(axis=1, keepdims=True)
                best = stable_top_k(np.where(now, level, np.iinfo(np.int64).min + 1), chosen.nodes_per_tick)
                allowed = np.zeros_like(now)
                np.put_along_axis(allowed, best, np.arange(best.shape[1]) < left, axis=1)
                now &= allowed
            fired[now] = wave
            if chosen.graph:
                level = level + np.asarray(now.astype(np.int64) @ matrix)
        return fired
