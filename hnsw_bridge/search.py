"""NeuromorphicSearch: seeds from hnswlib, spikes over the graph, the spiking nodes ranked exactly.

The answer is that of the clock-driven circuit, spike for spike; the kernel only leaves sleeping nodes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hnsw_bridge.event_program import EventProgram, event_program
from hnsw_bridge.graph import IndexGraph, read_graph
from hnsw_bridge.index import SpikeIndex, check_k
from hnsw_bridge.labels import IntArray
from hnsw_bridge.metric import FloatArray, VectorArray
from hnsw_bridge.readout import similarity_levels, with_readout
from hnsw_bridge.spreading import MOST_SEEDS, NODES, Seeds, Spreading, find_seeds, spreading_circuit
from neuro.circuit import Circuit
from neuro.spikes import Spikes

MISSING = -1
"""The label in places of a result for which too few nodes fired."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """Answers to a batch of queries.

    Args:
        labels: shape (queries, k), nearest first; -1 where fewer than k nodes fired.
        distances: shape (queries, k), exact; infinity beside -1.
        spikes: of all queries, as the circuit gives them: query q takes the ticks q * ticks .. (q + 1) *
            ticks - 1, neuron i is node i of the graph.
        activated: shape (queries,), how many nodes fired.
        awake: shape (queries,), how many nodes a current or a spike reached.
        seeds: where the queries entered.
    """

    labels: IntArray
    distances: FloatArray
    spikes: Spikes
    activated: IntArray
    awake: IntArray
    seeds: Seeds


@dataclass(frozen=True, slots=True, eq=False)
class NeuromorphicSearch:
    """A spiking search over an index; made by :func:`build_search`.

    Args:
        index: gives the seeds and the exact distances.
        graph: the index's links.
        settings: how activity spreads.
    """

    index: SpikeIndex
    graph: IndexGraph
    settings: Spreading
    _program: EventProgram = field(repr=False)

    def query(self, batch: npt.ArrayLike, k: int = 10, seeds: int = MOST_SEEDS) -> SearchResult:
        """The k nearest of the nodes that fire for each row of ``batch``, shape (queries, dimension).

        Raises:
            InvalidInput: queries of another dimension or dtype, NaN, k outside 1 .. items, seeds outside 1 ..
                3.
        """
        queries = self.index.checked(batch)
        check_k(k, len(self.index))
        entered = find_seeds(self.index, queries, seeds)
        ticks, nodes, activated, awake = self._spread(entered)
        labels, near = self._ranked(queries, nodes, activated, int(k))
        return SearchResult(labels, near, Spikes(ticks, nodes, len(self.graph)), activated, awake, entered)

    def circuit(self, batch: npt.ArrayLike, winners: int | None = None, seeds: int = MOST_SEEDS) -> Circuit:
        """The same queries as a circuit for any simulator, ``settings.ticks`` ticks each; see :meth:`ticks`.

        With ``winners`` a read-out is added, whose spikes name so many of the nodes that fired.

        Raises:
            InvalidInput: as :meth:`query`, or winners outside 1 .. items.
        """
        circuit = spreading_circuit(self.graph, find_seeds(self.index, batch, seeds), self.settings)
        if winners is None:
            return circuit
        return with_readout(circuit, similarity_levels(self.index, batch), winners, self.settings)

    def ticks(self, queries: int) -> int:
        """How many ticks so many queries take."""
        return queries * int(self.settings.ticks)

    def _spread(self, seeds: Seeds) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Ticks and nodes of all spikes, then how many nodes fired and were awake in each query."""
        from hnsw_bridge.events import run_queries

        duration = int(self.settings.ticks)
        runs = [*run_queries(self._program, seeds.nodes, seeds.currents(self.settings), duration)]
        ticks = np.concatenate([run.ticks + query * duration for query, run in enumerate(runs)])
        nodes = np.concatenate([run.nodes for run in runs])
        return ticks, nodes, np.array([run.nodes.size for run in runs]), np.array([run.awake for run in runs])

    def _ranked(
        self, queries: VectorArray, nodes: IntArray, activated: IntArray, k: int
    ) -> tuple[IntArray, FloatArray]:
        labels = np.full((len(queries), k), MISSING, dtype=np.int64)
        near = np.full((len(queries), k), np.inf)
        ends = np.cumsum(activated)
        for row, (query, start, end) in enumerate(zip(queries, ends - activated, ends, strict=True)):
            best, exact = self.index.ranked(query, np.sort(nodes[start:end]), k)
            labels[row, : best.size] = self.index.labels[best]
            near[row, : best.size] = exact
        return labels, near


def build_search(
    index: SpikeIndex, settings: Spreading | None = None, graph: IndexGraph | None = None
) -> NeuromorphicSearch:
    """A search over an index; the kernel's program is lowered from the very circuit that other targets run.

    Raises:
        InvalidInput: the index's memory is damaged.
        UnsupportedByTarget: the circuit has a feature that the event-driven kernel can't run.
    """
    from neuro.lowering import lower

    chosen = Spreading() if settings is None else settings
    links = read_graph(index) if graph is None else graph
    nobody = Seeds(np.zeros((0, 1), dtype=np.int64), np.zeros((0, 1)))
    program = event_program(lower(spreading_circuit(links, nobody, chosen)), NODES)
    return NeuromorphicSearch(index, links, chosen, program)
