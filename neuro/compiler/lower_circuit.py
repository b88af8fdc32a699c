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

from neuro.circuit.circuit import Circuit, CurrentInput, Link, Operation, Population, Restart
from neuro.compiler.equations import parse_equations, quantity
from neuro.compiler.expressions import Statement
from neuro.compiler.ir import (
    LAST_SPIKE,
    InputProgram,
    LinkProgram,
    OperationProgram,
    PastProgram,
    PopulationProgram,
    ProbeProgram,
    RestartProgram,
    Slot,
    SourceProgram,
    StepProgram,
)
from neuro.compiler.lower_neurons import Neurons, initial_values, lower_assignment, lower_population
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
    codes = _codes(circuit)
    watched = _watched(circuit, codes)
    neurons = {
        part.name: Neurons.of(part, circuit.dt, circuit.seed, codes[part.name], watched=part.name in watched)
        for part in circuit.populations
    }
    synapses = {
        part.name: Synapses.of(part, neurons, circuit.dt, circuit.seed, codes[part.name])
        for part in circuit.projections
    }
    _check_links(circuit, neurons)
    return StepProgram(
        dt=circuit.dt,
        populations=tuple(_linked(lower_population(part, circuit.dt), part, neurons) for part in neurons.values()),
        sources=_sources(circuit),
        projections=tuple(lower_projection(part, circuit.dt) for part in synapses.values()),
        inputs=tuple(_input(part, neurons) for part in circuit.inputs),
        restarts=tuple(_restart(part, neurons) for part in circuit.restarts),
        operations=(
            *(_per_tick(part) for part in neurons.values() if part.equations.per_tick),
            *_every_tick(circuit, neurons),
            *(_operation(part, neurons, synapses) for part in circuit.operations),
        ),
        probes=tuple(_probe(circuit, neurons, probe.of, probe.variable, probe.every) for probe in circuit.probes),
        past=tuple(PastProgram(p.of, np.asarray(p.ticks), np.asarray(p.indices)) for p in circuit.past),
    )


def _codes(circuit: Circuit) -> dict[str, dict[str, str]]:
    """Part -> name of an operation on it -> its code."""
    codes: dict[str, dict[str, str]] = {part.name: {} for part in circuit.populations}
    codes |= {part.name: {} for part in circuit.projections}
    for part in circuit.populations:
        if part.model.every_tick.strip():
            codes[part.name][every_tick_name(part)] = part.model.every_tick
    for operation in circuit.operations:
        codes[operation.of][operation.name] = operation.code
    return codes


def _linked(program: PopulationProgram, part: Neurons, neurons: Mapping[str, Neurons]) -> PopulationProgram:
    """The population with its links, whose variables start at what they are linked to."""
    if not part.population.links:
        return program
    links, states = [], {state.name: state for state in program.states}
    for name, link in part.population.links.items():
        index = np.arange(program.size) if link.index is None else np.broadcast_to(np.asarray(link.index), program.size)
        links.append(LinkProgram(name, link.population, link.variable, index.astype(np.int64)))
        states[name] = replace(states[name], initial=initial_values(neurons[link.population], link.variable)[index])
    return replace(program, links=tuple(links), states=tuple(states.values()))


def _check_links(circuit: Circuit, neurons: Mapping[str, Neurons]) -> None:
    """Refuse a link whose value could differ from what Brian2, which looks at each use, would see."""
    order = [population.name for population in circuit.populations]
    for name, part in neurons.items():
        links = part.population.links
        where = f"population {name!r}"
        if set(links) != part.equations.linked:
            wrong = min(set(links) ^ part.equations.linked)
            raise EquationError(f"{wrong!r} of {where} needs the flag (linked) and an entry in links, both or none")
        code = [part.population.model.reset, *(item.code for item in circuit.operations if item.of == name)]
        for variable, link in links.items():
            other = neurons[link.population]
            if link.variable not in other.equations.variables or link.variable in other.equations.linked:
                raise EquationError(
                    f"{variable!r} of {where} is linked to {link.variable!r}, no variable of {other.where}"
                )
            if other.equations.dimensions[link.variable] != part.equations.dimensions[variable]:
                raise EquationError(f"{variable!r} of {where} is linked to {link.variable!r}, which has another unit")
            read = variable in re.findall(r"\w+", " ".join([part.population.model.threshold or "", *code]))
            read |= any((probe.of, probe.variable) == (name, variable) for probe in circuit.probes)
            late = order.index(link.population) >= order.index(name)
            if read and late:
                raise EquationError(
                    f"{variable!r} of {where} is read outside of its equations, but {link.population!r} is declared "
                    "behind; declare it before"
                )
            _check_written(circuit, link, f"{variable!r} of {where}")


def _check_written(circuit: Circuit, link: Link, what: str) -> None:
    other = circuit.population(link.population)
    codes = [other.model.reset, other.model.every_tick]
    codes += [item.code for item in circuit.operations if item.of == other.name and not item.at_start]
    for part in circuit.projections:
        sides = [side for side, name in (("pre", part.source), ("post", part.target)) if name == other.name]
        named = {f"{link.variable}_{side}" for side in sides} | ({link.variable} if "post" in sides else set())
        texts = f"{part.model.on_pre};{part.model.on_post}"
        if any(re.search(rf"\b{name}\s*[-+*/]?=[^=]", texts) for name in named):
            raise EquationError(
                f"{what} is linked to {link.variable!r}, which {part.name!r} writes; link to another one"
            )
    if any(re.search(rf"\b{link.variable}\s*[-+*/]?=[^=]", code) for code in codes):
        raise EquationError(f"{what} is linked to {link.variable!r}, which code writes; link to another one")


def _watched(circuit: Circuit, codes: Mapping[str, Mapping[str, str]]) -> set[str]:
    """The populations of which synapses read when a neuron last fired."""
    found = set()
    for part in circuit.projections:
        texts = [part.model.equations, part.model.on_pre, part.model.on_post, *codes[part.name].values()]
        named = set(re.findall(r"[A-Za-z_]\w*", " ".join(texts)))
        found |= {part.source} if f"{LAST_SPIKE}_pre" in named else set()
        found |= {part.target} if named & {f"{LAST_SPIKE}_post", LAST_SPIKE} else set()
    return found


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
    last = (LAST_SPIKE,) if neurons[restart.population].last_spike else ()
    return RestartProgram(restart.population, np.asarray(restart.ticks), (*names, *last))


def _operation(
    operation: Operation, neurons: Mapping[str, Neurons], synapses: Mapping[str, Synapses]
) -> OperationProgram:
    where = f"operation {operation.name!r}"
    if operation.of in neurons:
        group = neurons[operation.of]
        code = group.code(operation.name)
        coefficients = group.coefficients(part.value for part in code)
    else:
        code, coefficients = lower_synaptic_operation(synapses[operation.of], operation.name, where)
    slot = Slot.START if operation.at_start else Slot.END
    return OperationProgram(operation.name, operation.of, int(operation.every), code, coefficients, slot)


def _per_tick(neurons: Neurons) -> OperationProgram:
    """What equations flag ``(constant over dt)``: worked out before everything else of a tick."""
    given = neurons.equations.per_tick.items()
    code = tuple(lower_assignment(neurons, Statement(name, "=", value)) for name, value in given)
    name, numbers = neurons.population.name, neurons.coefficients(part.value for part in code)
    return OperationProgram(f"{name}_per_tick", name, 1, code, numbers, Slot.FIRST)


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
        if variable != LAST_SPIKE or not neurons[of].last_spike:
            _variable(neurons, of, variable, "a probe reads")
    else:
        projection = next(part for part in circuit.projections if part.name == of)
        known = parse_equations(projection.model.equations, f"projection {of!r}").dimensions
        if variable not in known:
            raise EquationError(
                f"a probe reads {of}.{variable}: projection {of!r} has the variables {', '.join(known)}"
            )
    return ProbeProgram(of, variable, int(every))
