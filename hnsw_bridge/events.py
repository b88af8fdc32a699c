"""The event-driven run: queries over an EventProgram, visiting only nodes that could still cross their threshold.

The kernel is printed from the program (:mod:`hnsw_bridge.event_source`). A node wakes up when a current or a spike
reaches it; one that can't cross by itself sleeps on until the next event and then replays the ticks that it missed, one
by one. So spikes are equal to the clock-driven run's, and the cost of a query depends on its activity and not on the
size of the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hnsw_bridge.event_program import FINISHED, FULL, SHORT, EventProgram
from hnsw_bridge.items import ItemArrays
from hnsw_bridge.query_spikes import QueryRuns, QuerySpikes
from hnsw_bridge.spreading import LEAST_SHARE, MOST_SEEDS, THRESHOLD
from hnsw_bridge.synapses import STEPS
from neuro.arrays import Float32Array, FloatArray, IntArray
from neuro.compiler.expressions import evaluate

_FEWEST = 4096
_MANY = 64
"""Spikes of a query, on average, for which a batch has room at first."""

_LAST_GENERATION = 2**31 - 1
_EVERYBODY = np.zeros(0, dtype=np.bool_)


def run_queries(program: EventProgram, seeds: IntArray, currents: FloatArray) -> Iterator[QuerySpikes]:
    """The spikes of each query in turn, ticks counted from its start; each is ``program.ticks`` long.

    Args:
        program: from :func:`hnsw_bridge.event_program`.
        seeds: shape (queries, seeds), the nodes that get a current.
        currents: shape (queries, seeds), in the unit of the input variable.
    """
    run = EventRun(program, LastingStates(program))
    for row, values in zip(seeds, currents, strict=True):
        yield run.query(row, values)


class QueryBatch(NamedTuple):
    """Queries as :meth:`EventRun.answer` takes them.

    Args:
        items: what they are answered from.
        batch: shape (queries, dimension), float32.
        found, rounded: shape (queries, proposals), what hnswlib proposes and its distances, nearest first.
        k: how many answers.
        few: how many seeds.
        drive: the current into a full seed, in thresholds.
        join: whether the proposals are ranked beside the nodes that fire.
    """

    items: ItemArrays
    batch: Float32Array
    found: IntArray
    rounded: Float32Array
    k: int
    few: int
    drive: float
    join: bool


class QueryResult(NamedTuple):
    """Labels of the answers and their distances, (queries, k); seeds and their shares, (queries, few); the spikes."""

    labels: IntArray
    distances: FloatArray
    seeds: IntArray
    shares: FloatArray
    runs: QueryRuns


class LastingStates:
    """What stays from query to query: thresholds that moved, and how many queries there were."""

    def __init__(self, program: EventProgram) -> None:
        self.queries = 0
        self.arrays = {name: program.neurons.state(name).initial.astype(np.float64) for name in program.lasting}
        self.seen = np.zeros(program.nodes if program.every_query else 0, dtype=np.int64)

    def now(self, program: EventProgram, nodes: IntArray) -> dict[str, FloatArray]:
        """The states of nodes as a query would find them: with what runs once a query, as often as they slept."""
        values: dict[str, Any] = {name: array[nodes] for name, array in self.arrays.items()}
        missed = self.queries - self.seen[nodes] if self.seen.size else np.zeros(nodes.size, dtype=np.int64)
        for elapsed in range(int(missed.max(initial=0))):
            before = {name: array.copy() for name, array in values.items()}
            for run in program.every_query:
                own = {part.name: part.values for part in run.coefficients}
                for part in run.statements:
                    fresh, name = evaluate(part.value, values | own), part.target.name
                    values[name] = np.where(missed > elapsed, fresh, values[name])
            if all(np.array_equal(values[name], before[name]) for name in values):
                break
        return values


class EventRun:
    """A printed kernel and its room to work in; one query at a time. States that last may be shared by several."""

    def __init__(self, program: EventProgram, lasting: LastingStates) -> None:
        from hnsw_bridge.event_source import print_query
        from neuro.simulators.compiled.kernel_module import load_kernel

        source, self._arguments = print_query(program)
        module = load_kernel(source)
        self._query, self._answer = module.query, module.answer
        self._program = program
        self._lasting = lasting
        self._generation = 0
        self._fixed = _fixed_arguments(program) | {f"l_{name}": array for name, array in lasting.arrays.items()}
        self._fixed["seen"] = lasting.seen
        self._quota = int(self._fixed["quota"])
        self._seeds, self._currents = np.empty(MOST_SEEDS, dtype=np.int64), np.empty(MOST_SEEDS)
        self._grow(_FEWEST)

    def query(self, seeds: IntArray, currents: FloatArray, allowed: npt.NDArray[np.bool_] | None = None) -> QuerySpikes:
        """The spikes of one query; nodes that are not ``allowed``, shape (nodes,), never get any input."""
        masked = (False, _EVERYBODY) if allowed is None else (True, allowed)
        while (fired := self._query(*self._given(seeds, currents, *masked))) == FULL:
            self._grow(2 * self._capacity)
        return self._spikes(fired)

    def answer(self, asked: QueryBatch) -> QueryResult:
        """Seeds from what hnswlib found, their spikes, and what fired or was found ranked exactly, in one call."""
        rows, items = len(asked.batch), asked.items
        labels, distances = np.empty((rows, asked.k), dtype=np.int64), np.empty((rows, asked.k))
        seeds, shares = np.empty((rows, asked.few), dtype=np.int64), np.empty((rows, asked.few))
        ends, awake = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
        ticks, nodes = self._spike_room(rows)
        front = (
            *items, asked.batch, asked.found, asked.rounded, max(asked.k, asked.few), self._program.nodes, LEAST_SHARE,
            asked.drive, float(STEPS), THRESHOLD, asked.join, labels, distances, seeds, shares,
        )  # fmt: skip
        first, code, room = 0, SHORT, (self._seeds[: asked.few], self._currents[: asked.few])
        while code != FINISHED:
            given = self._given(*room, False, _EVERYBODY, rows)
            first, code = self._answer(first, *front, ticks, nodes, ends, awake, *given)
            if code == FULL:
                self._grow(2 * self._capacity)
            elif code == SHORT:
                ticks, nodes = (
                    np.concatenate(pair) for pair in zip((ticks, nodes), self._spike_room(rows), strict=True)
                )
        self._generation += rows - 1
        self._lasting.queries += rows
        fired = int(ends[-1])
        return QueryResult(labels, distances, seeds, shares, QueryRuns(ticks[:fired], nodes[:fired], ends, awake))

    def _spike_room(self, rows: int) -> tuple[IntArray, IntArray]:
        """Room for a batch's ticks and nodes: all spikes of one query, and what most have of the others."""
        most = min(self._quota, self._capacity)
        size = most + (rows - 1) * min(most, _MANY)
        return np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)

    def _given(
        self, seeds: IntArray, currents: FloatArray, masked: bool, allowed: npt.NDArray[np.bool_], queries: int = 1
    ) -> list[Any]:
        if self._generation + queries > _LAST_GENERATION:
            self._grow(self._capacity)
        self._generation += 1
        values = (seeds, currents, masked, allowed, self._generation, self._lasting.queries)
        for place, value in zip(self._changing, values, strict=True):
            if place is not None:
                self._list[place] = value
        return self._list

    def _spikes(self, fired: int) -> QuerySpikes:
        self._lasting.queries += 1
        own = self._own
        return QuerySpikes(own["spike_ticks"][:fired].copy(), own["spike_nodes"][:fired].copy(), int(own["result"][0]))

    def _grow(self, capacity: int) -> None:
        """Room for so many awake nodes and spikes; what it held before is not needed any more."""
        self._capacity, self._generation = capacity, 0
        whole = ("node_of", "ready", "at", "order", "spike_ticks", "spike_nodes", "spike_slots", "keys", "ties")
        rooms: dict[str, Any] = {name: np.zeros(capacity, dtype=np.int64) for name in whole}
        rooms["listed"] = np.zeros(capacity, dtype=np.bool_)
        rooms |= {name: np.zeros(capacity) for name in ("margins", "room")}
        rooms["table"] = np.full(4 * capacity, -1, dtype=np.int64)
        rooms["ends"] = np.zeros(self._program.ticks, dtype=np.int64)
        rooms["result"] = np.zeros(1, dtype=np.int64)
        rooms |= {f"s_{state.name}": np.zeros(capacity) for state in self._program.neurons.states}
        self._own = self._fixed | rooms
        changing = ("seeds", "currents", "masked", "allowed", "generation", "done")
        self._changing = [self._arguments.index(name) if name in self._arguments else None for name in changing]
        self._list = [self._own.get(name) for name in self._arguments]


def _fixed_arguments(program: EventProgram) -> dict[str, Any]:
    """Everything that the kernel is given alike for each query."""
    neurons, winners = program.neurons, program.neurons.winners
    endless = np.iinfo(np.int64).max
    given: dict[str, Any] = {
        "ticks": program.ticks,
        "per_tick": endless if winners.per_tick is None else winners.per_tick,
        "quota": endless if winners.quota is None else winners.quota,
        "period": program.period if program.period.ndim else int(program.period),
    }
    for state in neurons.states:
        given[f"r_{state.name}"] = state.initial if np.ptp(state.initial) else float(state.initial[0])
    for part in neurons.coefficients:
        given[f"c_{part.name}"] = part.values if part.values.ndim else float(part.values)
    for run in (*program.every_tick, *program.every_query):
        given |= {f"o_{run.name}_{part.name}": float(part.values) for part in run.coefficients}
    for index, layer in enumerate(program.layers):
        given[f"q{index}_row_start"], given[f"q{index}_column"] = layer.row_start, layer.column
        given[f"q{index}_delay"] = layer.delay if layer.delay.ndim else int(layer.delay)
        given[f"q{index}_longest"] = int(layer.delay.max(initial=0))
        given |= {f"q{index}_{name}": values for name, values in layer.weights.items()}
    return given
