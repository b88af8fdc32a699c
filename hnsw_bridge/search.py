"""NeuromorphicSearch: seeds from hnswlib, spikes over the graph and its edge layers, everything found ranked exactly.

The spikes are those of the clock-driven circuit, one for one; the kernel only leaves sleeping nodes out.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from hnsw_bridge.batch import QueryBatch, QueryResult, answer_batch, print_answer
from hnsw_bridge.graph import IndexGraph, read_graph
from hnsw_bridge.index import MISSING, Filter, SpikeIndex, check_k
from hnsw_bridge.items import IndexItems
from hnsw_bridge.layers import EdgeLayer
from hnsw_bridge.neuron import HISTORY
from hnsw_bridge.readout import similarity_levels, with_readout
from hnsw_bridge.spreading import (
    FEW_SEEDS,
    NODES,
    Seeds,
    Spreading,
    check_seeds,
    find_seeds,
    seeds_of,
    spreading_circuit,
)
from neuro.arrays import Float32Array, FloatArray, IntArray
from neuro.checks import check_whole, whole_numbers
from neuro.circuit.circuit import Circuit
from neuro.errors import InvalidInput
from neuro.simulators.event_driven import (
    EventProgram,
    EventRun,
    LastingStates,
    QueryRuns,
    QuerySpikes,
    event_program,
    joined,
)
from neuro.spikes import Spikes


class SilentSearch(UserWarning):
    """No node fired in some queries, so their answers are what hnswlib found, without any spreading."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """Answers to a batch of queries.

    Args:
        labels: shape (queries, k), nearest first; -1 where fewer than k nodes were found.
        distances: shape (queries, k), exact; infinity beside -1.
        seeds: where the queries entered.
        runs: the spikes of each query, ticks counted from its start.
        ticks, nodes: length of a query, size of the graph.
        history: shape (queries, k), the traces of the answers after the whole batch, 0 beside -1 and for items that the
            graph does not have; None if nodes keep none.
    """

    labels: IntArray
    distances: FloatArray
    seeds: Seeds
    runs: QueryRuns
    ticks: int
    nodes: int
    history: FloatArray | None = None

    @property
    def spikes(self) -> Spikes:
        """Of all queries, as the circuit gives them: query q takes the ticks q * ticks .. (q + 1) * ticks - 1."""
        return self.runs.spikes(self.ticks, self.nodes)

    @property
    def activated(self) -> IntArray:
        """Shape (queries,), how many spikes each query had."""
        return self.runs.activated

    @property
    def silent(self) -> npt.NDArray[np.bool_]:
        """Shape (queries,), whether no node fired."""
        return np.asarray(self.activated == 0)

    @property
    def awake(self) -> IntArray:
        """Shape (queries,), how many nodes a current or a spike reached."""
        return self.runs.awake


@dataclass(frozen=True, slots=True, eq=False)
class NeuromorphicSearch:
    """A spiking search over an index; made by :func:`build_search`.

    Threads may share one. Where nodes have states that last (priming, homeostasis), queries take turns.

    Args:
        index: gives the seeds and the exact distances.
        graph: the index's links when the search was made; items added later are found by hnswlib alone.
        settings: how activity spreads.
        layers: edges beside the similarity graph.
        program: the circuit's event-driven form, which is what runs.
        proposals: whether what hnswlib found is ranked together with the nodes that fired.
    """

    index: SpikeIndex
    graph: IndexGraph
    settings: Spreading
    layers: tuple[EdgeLayer, ...] = ()
    proposals: bool = True
    program: EventProgram = field(repr=False, kw_only=True)
    _lasting: LastingStates = field(repr=False, kw_only=True)
    _idle: list[EventRun] = field(repr=False, kw_only=True, default_factory=list)
    _lock: threading.Lock = field(repr=False, kw_only=True, default_factory=threading.Lock)

    def query(
        self,
        batch: npt.ArrayLike,
        k: int = 10,
        seeds: int = FEW_SEEDS,
        where: Filter | None = None,
        types: npt.ArrayLike | None = None,
    ) -> SearchResult:
        """The k nearest of the items found for each row of ``batch``, shape (queries, dimension).

        A filter holds for the seeds, for the nodes that may fire and for the answers.

        Raises:
            InvalidInput: queries of another dimension or dtype, NaN, k outside 1 .. items, seeds outside 1 ..
                64, an unusable filter.
        """
        queries = self.index.checked(batch)
        check_k(k, len(self.index))
        check_seeds(seeds)
        allowed = self.index.allowed(where, types)
        if allowed is None:
            return self._answered(queries, int(k), min(int(seeds), len(self.index)))
        nodes, near = self.index.nearest_allowed(queries, max(int(k), min(seeds, len(self.index))), allowed)
        entered = seeds_of(self.index.metric, nodes[:, :seeds], near[:, :seeds])
        runs = self.spread(entered, allowed)
        labels, found = self._ranked(queries, runs, nodes, int(k))
        return self._result(labels, found, entered, joined(runs))

    def _answered(self, queries: Float32Array, k: int, seeds: int) -> SearchResult:
        """One kernel call: seeds, spikes and the exact ranking."""
        count = min(max(k, seeds, self.index.settings.search_effort), len(self.index))

        def spread(found: IntArray, rounded: Float32Array, items: IndexItems) -> QueryResult:
            asked = QueryBatch(items.arrays(), queries, found, rounded, k, seeds, self.settings.drive, self.proposals)
            run = self._acquire()
            try:
                return answer_batch(run, asked)
            finally:
                self._release(run)

        answers = self.index.consult(queries, count, spread)
        return self._result(answers.labels, answers.distances, Seeds(answers.seeds, answers.shares), answers.runs)

    def _result(self, labels: IntArray, near: FloatArray, entered: Seeds, runs: QueryRuns) -> SearchResult:
        history = None
        if self.settings.parts.history is not None:
            history = np.zeros(labels.shape)
            known = np.isin(labels, self.graph.labels) & (labels != MISSING)
            history[known] = self.history(labels[known])
        result = SearchResult(labels, near, entered, runs, int(self.settings.ticks), len(self.graph), history)
        if runs.nodes.size == 0 or (len(runs) > 1 and result.silent.any()):
            _say_silence(result, self.settings)
        return result

    def spread(self, seeds: Seeds, allowed: npt.NDArray[np.bool_] | None = None) -> list[QuerySpikes]:
        """The spikes of queries that enter at these nodes (of the graph), ticks counted from each query's start."""
        currents = seeds.currents(self.settings)
        inside = (seeds.nodes >= 0) & (seeds.nodes < len(self.graph))
        rows = zip(seeds.nodes, currents, inside, strict=True)
        run = self._acquire()
        try:
            return [run.query(row[known], values[known], allowed) for row, values, known in rows]
        finally:
            self._release(run)

    def circuit(
        self,
        batch: npt.ArrayLike,
        winners: int | None = None,
        seeds: int = FEW_SEEDS,
        where: Filter | None = None,
        types: npt.ArrayLike | None = None,
    ) -> Circuit:
        """The same queries as a circuit for any simulator, ``settings.ticks`` ticks each; see :meth:`ticks`.

        Of states that last it starts where a fresh search does. With ``winners`` a read-out is added, whose spikes name
        so many of the nodes that fired.

        Raises:
            InvalidInput: as :meth:`query`, or winners outside 1 .. items.
        """
        check_seeds(seeds)
        allowed = self.index.allowed(where, types)
        if allowed is None:
            entered = find_seeds(self.index, batch, seeds)
        else:
            nodes, near = self.index.nearest_allowed(self.index.checked(batch), seeds, allowed)
            entered = seeds_of(self.index.metric, nodes, near)
        circuit = spreading_circuit(self.graph, entered, self.settings, self.layers, allowed)
        if winners is None:
            return circuit
        return with_readout(circuit, similarity_levels(self.index, batch), winners, self.settings)

    def ticks(self, queries: int) -> int:
        """How many ticks so many queries take; InvalidInput for no whole number of them."""
        check_whole("queries", queries, 0, 1 << 50)
        return queries * int(self.settings.ticks)

    def history(self, labels: npt.ArrayLike) -> FloatArray:
        """How much each item fired lately, shape (items,): its trace as the next query will find it.

        Raises:
            InvalidInput: ``SpreadingParts.history`` is off, or an unknown label.
        """
        if self.settings.parts.history is None:
            raise InvalidInput("nodes keep no history; give Spreading(parts=SpreadingParts(history=History()))")
        nodes = self.graph.nodes_of(np.atleast_1d(whole_numbers(labels, "labels")))
        with self._lock:
            return self._lasting.now(self.program, nodes)[HISTORY]

    def forget(self) -> NeuromorphicSearch:
        """The same search with states that last back at rest."""
        return replace(self, _lasting=LastingStates(self.program), _idle=[], _lock=threading.Lock())

    def _acquire(self) -> EventRun:
        """A kernel with room of its own; where states last, only once nobody else has one."""
        if self.program.lasting:
            self._lock.acquire()
        try:
            return self._idle.pop()
        except IndexError:  # None was made yet, or all are at work.
            return EventRun(self.program, self._lasting, print_answer)

    def _release(self, run: EventRun) -> None:
        self._idle.append(run)
        if self.program.lasting:
            self._lock.release()

    def _ranked(
        self, queries: Float32Array, runs: list[QuerySpikes], nodes: IntArray, k: int
    ) -> tuple[IntArray, FloatArray]:
        labels = np.full((len(queries), k), MISSING, dtype=np.int64)
        found = np.full((len(queries), k), np.inf)
        names = self.index.labels
        for row, (query, run) in enumerate(zip(queries, runs, strict=True)):
            pool = np.concatenate([run.nodes, nodes[row]]) if self.proposals else run.nodes
            best, exact = self.index.ranked(query, pool, k)
            labels[row, : best.size] = names[best]
            found[row, : best.size] = exact
        return labels, found


def _say_silence(result: SearchResult, settings: Spreading) -> None:
    count = int(np.count_nonzero(result.silent))
    if count:
        warnings.warn(
            f"no node fired in {count} of {len(result.runs)} queries: what {settings.parts} do to thresholds keeps "
            "even seeds silent; take parts away or weaken them",
            SilentSearch,
            stacklevel=4,
        )


def build_search(
    index: SpikeIndex,
    settings: Spreading | None = None,
    graph: IndexGraph | None = None,
    layers: Sequence[EdgeLayer] = (),
    *,
    proposals: bool = True,
) -> NeuromorphicSearch:
    """A search over an index; the kernel's program is lowered from the very circuit that other targets run.

    Raises:
        InvalidInput: the index's memory is damaged, or a layer is of another graph.
        UnsupportedByTarget: the circuit has a feature that the event-driven kernel can't run.
    """
    from neuro.compiler.lower_circuit import lower

    chosen = Spreading() if settings is None else settings
    links = read_graph(index) if graph is None else graph
    if len(links) > index.nodes:
        raise InvalidInput(f"the graph has {len(links)} nodes, the index {index.nodes}; read the graph of this index")
    nobody = Seeds(np.zeros((0, 1), dtype=np.int64), np.zeros((0, 1)))
    if links.metric is not index.metric:
        raise InvalidInput(f"the graph counts {links.metric}, the index {index.metric}; read the graph of this index")
    program = event_program(lower(spreading_circuit(links, nobody, chosen, layers)), NODES)
    return NeuromorphicSearch(
        index, links, chosen, tuple(layers), proposals, program=program, _lasting=LastingStates(program)
    )
