"""What must happen to initial values before a circuit's first tick, so that it goes on as its Brian2 network would."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from neuro.arrays import AnyArray, IntArray
from neuro.circuit.circuit import Circuit
from neuro.compiler.expressions import evaluate
from neuro.compiler.ir import OperationProgram, StepProgram
from neuro.compiler.lower_circuit import lower


def run_before_first_tick(circuit: Circuit, names: Collection[str]) -> Circuit:
    """The circuit with the operations of these names run once on the initial values, in their order."""
    if not names:
        return circuit
    program = lower(circuit)
    states = {part.name: {state.name: state.initial for state in part.states} for part in program.populations}
    for operation in program.operations:
        if operation.name in names:
            _run(operation, states[operation.of], program)
    populations = [
        replace(part, initial={**part.initial, **states[part.name]})
        if any(operation.of == part.name and operation.name in names for operation in circuit.operations)
        else part
        for part in circuit.populations
    ]
    return replace(circuit, populations=populations)


def _run(operation: OperationProgram, states: dict[str, AnyArray], program: StepProgram) -> None:
    constants = {item.name: item.values for item in operation.coefficients}
    size = program.size_of(operation.of)
    for statement in operation.statements:
        value = evaluate(statement.value, {**constants, **states})
        states[statement.target.name] = np.broadcast_to(np.asarray(value, dtype=np.float64), (size,)).copy()


def brought_up_to_date(circuit: Circuit, since: Mapping[str, IntArray]) -> Circuit:
    """Event-driven variables of synapses at the first tick; ``since``: ticks since Brian2 last computed them."""
    late = {name: ticks for name, ticks in since.items() if np.any(ticks > 0)}
    if not late:
        return circuit
    program = lower(circuit)
    projections = []
    for part in circuit.projections:
        if part.name not in late:
            projections.append(part)
            continue
        lowered = program.projection(part.name)
        update = [item for item in lowered.update if item.target.name in lowered.event_driven]
        constants = {item.name: item.values for item in lowered.coefficients}
        states = {state.name: state.initial for state in lowered.states}
        for tick in range(int(late[part.name].max())):
            due = tick < late[part.name]
            new = {item.target.name: evaluate(item.value, {**constants, **states}) for item in update}
            states |= {name: np.where(due, values, states[name]) for name, values in new.items()}
        changed = {item.target.name: states[item.target.name] for item in update}
        projections.append(replace(part, parameters={**part.parameters, **changed}))
    return replace(circuit, projections=projections)
