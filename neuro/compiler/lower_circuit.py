"""Circuit -> StepProgram: every equation becomes typed expressions for one time step.

The order of things: Brian2 parses the declarations and checks the units, numeric constants are substituted, the
differential equations are integrated over one tick (:mod:`neuro.compiler.integrate_linear`), statements become
assignments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from neuro.circuit.circuit import Circuit, CurrentInput, Operation, Population, Restart
from neuro.compiler.equations import check_units, parse_equations, quantity
from neuro.compiler.expressions import parse_statements
from neuro.compiler.ir import InputProgram, OperationProgram, ProbeProgram, RestartProgram, SourceProgram, StepProgram
from neuro.compiler.lower_neurons import Neurons, lower_assignment, lower_population
from neuro.compiler.lower_synapses import Synapses, lower_projection, lower_synaptic_operation
from neuro.errors import EquationError

if TYPE_CHECKING:
    from neuro.compiler.equations import Dimension


def lower(circuit: Circuit) -> StepProgram:
    """The step program of a circuit.

    Raises:
        EquationError: unknown names, contradictory units, or code outside the supported language.
        CircuitError: a value, delay or time that does not fit.
    """
    _check_parameters(circuit)
    neurons = {population.name: Neurons.of(population, circuit.dt, circuit.seed) for population in circuit.populations}
    synapses = {part.name: Synapses.of(part, neurons, circuit.dt) for part in circuit.projections}
    return StepProgram(
        dt=circuit.dt,
        populations=tuple(lower_population(part, circuit.dt) for part in neurons.values()),
        sources=_sources(circuit),
        projections=tuple(lower_projection(part, circuit.dt) for part in synapses.values()),
        inputs=tuple(_input(part, neurons) for part in circuit.inputs),
        restarts=tuple(_restart(part, neurons) for part in circuit.restarts),
        operations=(
            *_every_tick(circuit, neurons),
            *(_operation(part, neurons, synapses) for part in circuit.operations),
        ),
        probes=tuple(_probe(circuit, neurons, probe.of, probe.variable, probe.every) for probe in circuit.probes),
    )


def lower_stimuli(program: StepProgram, circuit: Circuit) -> StepProgram:
    """The program of a circuit with other stimuli of the same names, sizes and variables; nothing else is lowered."""
    names = {part.population for part in circuit.inputs}
    neurons = {
        part.name: Neurons.of(part, circuit.dt, circuit.seed) for part in circuit.populations if part.name in names
    }
    return replace(program, sources=_sources(circuit), inputs=tuple(_input(part, neurons) for part in circuit.inputs))


def _sources(circuit: Circuit) -> tuple[SourceProgram, ...]:
    return tuple(SourceProgram(s.name, s.size, np.asarray(s.ticks), np.asarray(s.indices)) for s in circuit.sources)


def _check_parameters(circuit: Circuit) -> None:
    """Refuse a parameter that no code of its part names: it is a slip of the pen."""
    for population in circuit.populations:
        model = population.model
        codes = [operation.code for operation in circuit.operations if operation.of == population.name]
        texts = [model.equations, model.threshold or "", model.reset, model.every_tick, *codes]
        _check_named(population.parameters, texts, f"population {population.name!r}")
    for projection in circuit.projections:
        synapse = projection.model
        codes = [operation.code for operation in circuit.operations if operation.of == projection.name]
        texts = [synapse.equations, synapse.on_pre, synapse.on_post, *codes]
        _check_named(projection.parameters, texts, f"projection {projection.name!r}")


def _check_named(parameters: Mapping[str, object], texts: list[str], where: str) -> None:
    known = set(re.findall(r"[A-Za-z_]\w*", " ".join(texts)))
    for name in parameters:
        if name not in known:
            raise EquationError(f"{where} is given {name!r}, which none of its code names; check the spelling")


def _variable(neurons: Mapping[str, Neurons], population: str, variable: str, what: str) -> Dimension:
    equations = neurons[population].equations
    if variable not in equations.variables:
        raise EquationError(
            f"{what} {population}.{variable}: population {population!r} has the variables "
            f"{', '.join(equations.variables)}"
        )
    return equations.dimensions[variable]


def _input(stimulus: CurrentInput, neurons: Mapping[str, Neurons]) -> InputProgram:
    declared = _variable(neurons, stimulus.population, stimulus.variable, "an input writes")
    if stimulus.variable in neurons[stimulus.population].equations.differential:
        raise EquationError(
            f"an input writes {stimulus.population}.{stimulus.variable}, which has a differential equation; "
            "declare a variable without one, such as 'I : volt'"
        )
    label = f"the input to {stimulus.population}.{stimulus.variable}"
    values = quantity(stimulus.values, declared, label).values
    return InputProgram(stimulus.population, stimulus.variable, values, int(stimulus.every))


def _restart(restart: Restart, neurons: Mapping[str, Neurons]) -> RestartProgram:
    names = neurons[restart.population].equations.variables if restart.variables is None else restart.variables
    for name in names:
        _variable(neurons, restart.population, name, "a restart resets")
    return RestartProgram(restart.population, np.asarray(restart.ticks), tuple(names))


def _operation(
    operation: Operation, neurons: Mapping[str, Neurons], synapses: Mapping[str, Synapses]
) -> OperationProgram:
    where = f"operation {operation.name!r}"
    statements = parse_statements(operation.code)
    if operation.of in neurons:
        group = neurons[operation.of]
        check_units(group.equations, group.dimensions, [], [operation.code], where)
        code = tuple(lower_assignment(group, statement) for statement in statements)
        coefficients = group.coefficients(part.value for part in code)
    else:
        code, coefficients = lower_synaptic_operation(synapses[operation.of], operation.code, statements, where)
    return OperationProgram(operation.name, operation.of, int(operation.every), code, coefficients)


def _every_tick(circuit: Circuit, neurons: Mapping[str, Neurons]) -> tuple[OperationProgram, ...]:
    """What the models themselves do at the end of each tick, before the circuit's operations."""
    return tuple(
        _operation(Operation(every_tick_name(part), part.name, part.model.every_tick), neurons, {})
        for part in circuit.populations
        if part.model.every_tick.strip()
    )


def every_tick_name(population: Population) -> str:
    """The name of the operation that runs a model's ``every_tick``."""
    return f"{population.name}_every_tick"


def _probe(circuit: Circuit, neurons: Mapping[str, Neurons], of: str, variable: str, every: int) -> ProbeProgram:
    if of in neurons:
        _variable(neurons, of, variable, "a probe reads")
    else:
        projection = next(part for part in circuit.projections if part.name == of)
        known = parse_equations(projection.model.equations, f"projection {of!r}").dimensions
        if variable not in known:
            raise EquationError(
                f"a probe reads {of}.{variable}: projection {of!r} has the variables {', '.join(known)}"
            )
    return ProbeProgram(of, variable, int(every))
