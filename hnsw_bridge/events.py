"""The event-driven run: queries over an EventProgram, updating only the nodes that are awake.

A node wakes up when a current or a spike reaches it and sleeps again when the query ends. The cost of a query
therefore depends on its activity and not on the size of the graph. Expressions are evaluated by the project's
one evaluator, operation for operation as the other targets do, so spikes are equal to the clock-driven run's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from hnsw_bridge._kernels import deliver
from hnsw_bridge.event_program import EventProgram
from hnsw_bridge.labels import IntArray
from hnsw_bridge.metric import FloatArray
from neuro.expressions import evaluate
from neuro.program import ACTIVE


@dataclass(frozen=True, slots=True)
class QuerySpikes:
    """What one query gave: ticks and nodes of its spikes in order, and how many nodes were awake."""

    ticks: IntArray
    nodes: IntArray
    awake: int


def run_queries(program: EventProgram, seeds: IntArray, currents: FloatArray, ticks: int) -> Iterator[QuerySpikes]:
    """The spikes of each query in turn, ticks counted from its start.

    Args:
        program: from :func:`hnsw_bridge.event_program`.
        seeds: shape (queries, seeds), the nodes that get a current.
        currents: shape (queries, seeds), in the unit of the input variable.
        ticks: length of a query.
    """
    memory = _Memory(program)
    for row, values in zip(seeds, currents, strict=True):
        memory.wake(row)
        memory.states[program.variable][row] = values
        yield _query(program, memory, ticks)
        memory.sleep()


class _Memory:
    """States of all nodes; nodes that sleep are at rest. The awake ones are listed in ``awake[:count]``."""

    def __init__(self, program: EventProgram) -> None:
        self.initial = {state.name: state.initial for state in program.neurons.states}
        # Zeros are laid out by the system when they are touched, so a large graph at rest costs nothing.
        self.states = {
            name: np.array(value, dtype=np.float64) if np.any(value) else np.zeros(program.nodes)
            for name, value in self.initial.items()
        }
        self.refractory = np.zeros(program.nodes, dtype=np.int64)
        self.is_awake = np.zeros(program.nodes, dtype=np.bool_)
        self.awake = np.empty(program.nodes, dtype=np.int64)
        self.count = 0

    def wake(self, nodes: IntArray) -> None:
        self.awake[: nodes.size] = nodes
        self.is_awake[nodes] = True
        self.count = int(nodes.size)

    def sleep(self) -> None:
        nodes = self.awake[: self.count]
        for name, state in self.states.items():
            state[nodes] = self.initial[name][nodes]
        self.refractory[nodes] = 0
        self.is_awake[nodes] = False
        self.count = 0


def _query(program: EventProgram, memory: _Memory, ticks: int) -> QuerySpikes:
    winners = program.neurons.winners
    left = program.nodes * ticks if winners.quota is None else winners.quota
    fired = []
    for tick in range(ticks):
        nodes, margins = _crossing(program, memory)
        limit = left if winners.per_tick is None else min(left, winners.per_tick)
        chosen = _largest(nodes, margins, limit)
        fired.append((np.full(chosen.size, tick, dtype=np.int64), chosen))
        left -= chosen.size
        if left == 0:
            break  # The quota is used up: nothing fires before the next restart.
        _spike(program, memory, chosen)
    when, who = (np.concatenate(part) for part in zip(*fired, strict=True))
    return QuerySpikes(when, who, memory.count)


def _values(program: EventProgram, memory: _Memory, nodes: IntArray) -> dict[str, Any]:
    numbers: dict[str, Any] = {name: state[nodes] for name, state in memory.states.items()}
    for coefficient in program.neurons.coefficients:
        numbers[coefficient.name] = coefficient.values[nodes] if coefficient.values.ndim else coefficient.values
    return numbers


def _crossing(program: EventProgram, memory: _Memory) -> tuple[IntArray, FloatArray]:
    """Phases 1 and 2 of a tick for the awake nodes: those above threshold, and by how much."""
    nodes, neurons = memory.awake[: memory.count], program.neurons
    left = np.maximum(memory.refractory[nodes] - 1, 0)
    memory.refractory[nodes] = left
    values = _values(program, memory, nodes) | {ACTIVE: left == 0}
    moved = {part.target.name: evaluate(part.value, values) for part in neurons.update}
    for name, value in moved.items():
        memory.states[name][nodes] = value
    values |= moved
    if neurons.threshold is None:
        return nodes[:0], np.zeros(0)
    above, below = (evaluate(side, values) for side in (neurons.threshold.left, neurons.threshold.right))
    fires = (above > below) & values[ACTIVE]
    return nodes[fires], np.asarray(above - below)[fires]


def _largest(nodes: IntArray, margins: FloatArray, limit: int) -> IntArray:
    """The nodes of the ``limit`` largest margins, ascending; ties go to the lower node."""
    if nodes.size > limit:
        last = np.partition(margins, nodes.size - limit)[nodes.size - limit]
        surely = nodes[margins > last]
        tied = np.sort(nodes[margins == last])
        nodes = np.concatenate([surely, tied[: limit - surely.size]])
    return np.sort(nodes)


def _spike(program: EventProgram, memory: _Memory, chosen: IntArray) -> None:
    """Refractory counters, synapses and resets of the nodes that fire."""
    memory.refractory[chosen] = program.period[chosen]
    memory.count = deliver(
        chosen,
        (program.row_start, program.column, program.weight),
        (memory.states[program.target], memory.refractory, memory.is_awake, memory.awake),
        memory.count,
        program.target in program.neurons.held,
    )
    values = _values(program, memory, chosen)
    for part in program.neurons.reset:
        values[part.target.name] = memory.states[part.target.name][chosen] = evaluate(part.value, values)
