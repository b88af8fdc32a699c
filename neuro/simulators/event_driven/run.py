"""The event-driven run: queries over an EventProgram, visiting only nodes that could still cross their threshold.

The kernel is printed from the program (:mod:`neuro.simulators.event_driven.kernel_source`). A node wakes up when a
current or a spike reaches it; one that can't cross by itself sleeps on until the next event and then replays the ticks
that it missed, one by one. So spikes are equal to the clock-driven run's, and the cost of a query depends on its
activity and not on the size of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from neuro.arrays import AnyArray, BoolArray, FloatArray, IntArray
from neuro.compiler.expressions import evaluate
from neuro.simulators.compiled.kernel_module import KernelArgument, load_kernel
from neuro.simulators.event_driven.kernel_source import FINISHED, FULL, SHORT, print_query
from neuro.simulators.event_driven.program import EventProgram
from neuro.spikes import QuerySpikes, Spikes

_FEWEST = 4096
_MANY = 64
"""Spikes of a query, on average, for which a batch has room at first."""

_LAST_GENERATION = 2**31 - 1
_EVERYBODY = np.zeros(0, dtype=np.bool_)
_NO_LIMIT = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class QueryRuns(Sequence[QuerySpikes]):
    """The spikes of a batch, read like a sequence of :class:`QuerySpikes`.

    Args:
        ticks, nodes: shape (spikes,), query after query; ticks count from each query's start.
        ends: shape (queries,), where the spikes of each query end.
        awake: shape (queries,), how many nodes a current or a spike reached.
    """

    ticks: IntArray
    nodes: IntArray
    ends: IntArray
    awake: IntArray

    def __len__(self) -> int:
        return int(self.ends.size)

    @overload
    def __getitem__(self, query: int) -> QuerySpikes: ...

    @overload
    def __getitem__(self, query: slice) -> tuple[QuerySpikes, ...]: ...

    def __getitem__(self, query: int | slice) -> QuerySpikes | tuple[QuerySpikes, ...]:
        if isinstance(query, slice):
            return tuple(self[row] for row in range(*query.indices(len(self))))
        row = range(len(self))[query]
        part = slice(int(self.ends[row - 1]) if row else 0, int(self.ends[row]))
        return QuerySpikes(self.ticks[part], self.nodes[part], int(self.awake[row]))

    @property
    def activated(self) -> IntArray:
        """Shape (queries,), how many spikes each query had."""
        return np.diff(self.ends, prepend=0)

    def spikes(self, ticks: int, nodes: int) -> Spikes:
        """Of all queries one after another, each so many ticks long, over so many nodes."""
        start = np.repeat(np.arange(len(self)) * ticks, self.activated)
        return Spikes(self.ticks + start, self.nodes, nodes)


def joined(runs: Iterable[QuerySpikes]) -> QueryRuns:
    """The runs of single queries as one batch."""
    given = list(runs)
    nobody = [np.zeros(0, dtype=np.int64)]
    return QueryRuns(
        ticks=np.concatenate([run.ticks for run in given] or nobody),
        nodes=np.concatenate([run.nodes for run in given] or nobody),
        ends=np.cumsum([run.nodes.size for run in given], dtype=np.int64),
        awake=np.array([run.awake for run in given], dtype=np.int64),
    )


class LastingStates:
    """What stays from query to query: thresholds that moved, and how many queries there were."""

    def __init__(self, program: EventProgram) -> None:
        self.queries = 0
        self.arrays = {name: program.neurons.state(name).initial.astype(np.float64) for name in program.lasting}
        self.seen = np.zeros(program.nodes if program.every_query else 0, dtype=np.int64)

    def now(self, program: EventProgram, nodes: IntArray) -> dict[str, FloatArray]:
        """The states of nodes as a query would find them: with what runs once a query, as often as they slept."""
        values = {name: array[nodes] for name, array in self.arrays.items()}
        missed = self.queries - self.seen[nodes] if self.seen.size else np.zeros(nodes.size, dtype=np.int64)
        for elapsed in range(int(missed.max(initial=0))):
            before = values.copy()
            for run in program.every_query:
                own = {part.name: part.values for part in run.coefficients}
                for part in run.statements:
                    fresh, name = evaluate(part.value, values | own), part.target.name
                    values[name] = np.where(missed > elapsed, fresh, values[name])
            if all(np.array_equal(values[name], before[name]) for name in values):
                break
        return values


class EventRun:
    """A printed kernel and its room to work in; one query or batch at a time.

    Args:
        program: what runs.
        lasting: states that stay from query to query; several runs may share them.
        print_more: the text of further functions of the printed module, which :meth:`batch` calls and which call
            ``query``; it is given the names of the arguments that ``query`` takes, in order.
    """

    def __init__(
        self,
        program: EventProgram,
        lasting: LastingStates | None = None,
        print_more: Callable[[Sequence[str]], str] | None = None,
    ) -> None:
        source, self._arguments = print_query(program)
        self._kernels = load_kernel(source + ("" if print_more is None else print_more(self._arguments)))
        self._query = self._kernels.function("query")
        self.program = program
        self._lasting = LastingStates(program) if lasting is None else lasting
        self._fixed = _fixed_arguments(program) | {f"l_{name}": array for name, array in self._lasting.arrays.items()}
        self._fixed["seen"] = self._lasting.seen
        self._grow(_FEWEST)

    def query(self, seeds: IntArray, currents: FloatArray, allowed: BoolArray | None = None) -> QuerySpikes:
        """The spikes of one query, ticks counted from its start.

        Args:
            seeds: shape (seeds,), the nodes that get a current.
            currents: shape (seeds,), in the unit of the input variable.
            allowed: shape (nodes,): others never get any input; None: all.
        """
        while (fired := self._query(*self._given(seeds, currents, allowed))) == FULL:
            self._grow(2 * self._capacity)
        self._lasting.queries += 1
        ticks, nodes, result = (self._rooms[name] for name in ("spike_ticks", "spike_nodes", "result"))
        return QuerySpikes(ticks[:fired].copy(), nodes[:fired].copy(), int(result[0]))

    def batch(self, kernel: str, front: Sequence[KernelArgument], seeds: int, queries: int) -> QueryRuns:
        """The spikes of queries that a further function of the printed module poses and runs in one call.

        Args:
            kernel: the function's name. It takes the query to begin with, ``front``, room for the batch's ticks and
                nodes, where the spikes of each query end, how many nodes each woke, and what ``query`` takes, whose
                seeds and currents it fills in; it returns how far it came, and FULL, SHORT or FINISHED.
            front: what it is given of the caller's own.
            seeds: room for so many in a query.
            queries: how many.
        """
        ends, awake = np.empty(queries, dtype=np.int64), np.empty(queries, dtype=np.int64)
        ticks, nodes = self._spike_room(queries)
        first, code, room = 0, SHORT, (np.empty(seeds, dtype=np.int64), np.empty(seeds))
        answer = self._kernels.function(kernel)
        while code != FINISHED:
            first, code = answer(first, *front, ticks, nodes, ends, awake, *self._given(*room, None, queries))
            if code == FULL:
                self._grow(2 * self._capacity)
            elif code == SHORT:
                more = self._spike_room(queries)
                ticks, nodes = np.concatenate([ticks, more[0]]), np.concatenate([nodes, more[1]])
        self._generation += queries - 1
        self._lasting.queries += queries
        fired = int(ends[-1])
        return QueryRuns(ticks[:fired], nodes[:fired], ends, awake)

    def _spike_room(self, queries: int) -> tuple[IntArray, IntArray]:
        """Room for a batch's ticks and nodes: all spikes of one query, and what most have of the others."""
        limit = self.program.neurons.winners.max_winners
        most = self._capacity if limit is None else min(limit, self._capacity)
        size = most + (queries - 1) * min(most, _MANY)
        return np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)

    def _given(
        self, seeds: IntArray, currents: FloatArray, allowed: BoolArray | None, queries: int = 1
    ) -> list[KernelArgument]:
        if self._generation + queries > _LAST_GENERATION:
            self._grow(self._capacity)
        self._generation += 1
        masked = (False, _EVERYBODY) if allowed is None else (True, allowed)
        values = (seeds, currents, *masked, self._generation, self._lasting.queries)
        for place, value in zip(self._changing, values, strict=True):
            if place is not None:
                self._list[place] = value
        return self._list

    def _grow(self, capacity: int) -> None:
        """Room for so many awake nodes and spikes; what it held before is not needed any more."""
        self._capacity, self._generation = capacity, 0
        whole = ("node_of", "ready", "at", "order", "spike_ticks", "spike_nodes", "spike_slots", "keys", "ties")
        real = ("margins", "room", *(f"s_{state.name}" for state in self.program.neurons.states))
        rooms: dict[str, AnyArray] = {name: np.zeros(capacity, dtype=np.int64) for name in whole}
        rooms |= {name: np.zeros(capacity) for name in real}
        rooms["listed"] = np.zeros(capacity, dtype=np.bool_)
        rooms["table"] = np.full(4 * capacity, -1, dtype=np.int64)
        rooms["ends"] = np.zeros(self.program.ticks, dtype=np.int64)
        rooms["result"] = np.zeros(1, dtype=np.int64)
        changing = ("seeds", "currents", "masked", "allowed", "generation", "done")
        self._rooms = rooms
        self._changing = [self._arguments.index(name) if name in self._arguments else None for name in changing]
        own = {**self._fixed, **rooms, **dict.fromkeys(changing, 0)}
        self._list = [own[name] for name in self._arguments]


def _fixed_arguments(program: EventProgram) -> dict[str, KernelArgument]:
    """Everything that the kernel is given alike for each query."""
    neurons, winners = program.neurons, program.neurons.winners
    given: dict[str, KernelArgument] = {
        "ticks": program.ticks,
        "per_tick": _NO_LIMIT if winners.per_tick is None else winners.per_tick,
        "quota": _NO_LIMIT if winners.max_winners is None else winners.max_winners,
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
