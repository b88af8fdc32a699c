"""What silicon does not carry: refused by name, before anything is generated."""

from __future__ import annotations

import numpy as np

from neuro.compiler.ir import (
    ACTIVE,
    LAST_SPIKE,
    Assignment,
    OperationProgram,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    Slot,
    State,
    StepProgram,
    Symbol,
    symbols,
)
from neuro.errors import CircuitError, InvalidInput, UnsupportedByTarget
from rtl_export.core.expressions import TARGET

MOST_RESTARTS = 31
"""Bits of the restart bus that a host writes as one number."""


def check_supported(program: StepProgram) -> None:
    """Return quietly if Verilog can carry the whole program.

    Raises:
        UnsupportedByTarget: float programs, stages, summed variables, delays that differ within a projection, code that
            writes neurons other than by adding in on_pre, that reads presynaptic neurons, or that reads what synapses
            write in the same phase.
        CircuitError: there is no neuron at all, or a name is used twice.
        InvalidInput: a start value outside its format, or more restarts than the bus has bits.
    """
    if len(program.restarts) > MOST_RESTARTS:
        raise InvalidInput(f"the program has {len(program.restarts)} restarts; {MOST_RESTARTS} are allowed; join some")
    if not any(population.size for population in program.populations):
        raise CircuitError("the program has no neuron; Verilog needs a population of one at least")
    names = [part.name.lower() for part in program.populations]
    names += [part.name.lower() for part in program.sources]
    names += [part.name.lower() for part in program.projections]
    for name in names:
        if names.count(name) > 1:
            raise CircuitError(f"the name {name!r} is used twice (case does not count); give each part its own")
    if program.past:
        raise UnsupportedByTarget("spikes from before the start", TARGET, "start with none under way")
    for operation in program.operations:
        if operation.slot is not Slot.END:
            raise UnsupportedByTarget(
                f"operation {operation.name!r} at the start of a tick", TARGET, "run it at the end of the tick"
            )
    for population in program.populations:
        _check_population(population)
    for projection in program.projections:
        _check_projection(program, projection)
    _check_operations(program)


def check_cores(program: StepProgram, cores: int) -> None:
    """Return quietly if so many cores can share the program.

    Raises:
        UnsupportedByTarget: a winners rule, which one arbiter has to decide.
        InvalidInput: a population does not divide into so many equal parts.
    """
    if cores == 1:
        return
    for population in program.populations:
        rule = population.winners
        if rule.per_tick is not None or rule.max_winners is not None:
            raise UnsupportedByTarget(
                f"the winners rule of population {population.name!r} across {cores} cores", TARGET, "use one core"
            )
        if population.size % cores:
            raise InvalidInput(
                f"population {population.name!r} of {population.size} neurons does not divide into {cores} cores; "
                f"use a number of cores that divides {population.size}"
            )


def live(program: StepProgram, projection: ProjectionProgram) -> bool:
    """Whether a projection can do anything: it has synapses and code, and something that can set the code off."""
    if not projection.synapses or not (projection.on_pre or projection.on_post or projection.update):
        return False
    if projection.on_post or projection.update or any(part.of == projection.name for part in program.operations):
        return True
    sources = {source.name for source in program.sources}
    return projection.source in sources or program.population(projection.source).threshold is not None


def _check_state(state: State, where: str) -> None:
    """A state has a format, and every start value lies inside."""
    form = state.format
    if form is None:
        raise UnsupportedByTarget(
            f"the float state {state.name!r} of {where}", TARGET, "quantise the circuit first (neuro.quantise)"
        )
    outside = np.flatnonzero((state.initial < form.lowest) | (state.initial > form.highest))
    if outside.size:
        raise InvalidInput(
            f"{state.name!r} of {where} starts at {int(state.initial[outside[0]])} in place {int(outside[0])}; its "
            f"format of {form.bits} bits allows {form.lowest} to {form.highest}; give it more bits"
        )


def _check_population(population: PopulationProgram) -> None:
    for state in population.states:
        _check_state(state, f"population {population.name!r}")
    if population.held_while is not None or population.left is not None or population.fired:
        raise UnsupportedByTarget(
            f"refractoriness by a condition, from before the start or with {LAST_SPIKE!r} in population "
            f"{population.name!r}",
            TARGET,
            "give one refractory time, and start with neurons that may fire",
        )
    if population.links:
        raise UnsupportedByTarget(
            f"the linked variable {population.links[0].variable!r} of population {population.name!r}",
            TARGET,
            "let synapses carry the value",
        )
    if population.stages:
        raise UnsupportedByTarget(f"a step of several stages in population {population.name!r}", TARGET, "use EULER")
    if population.size and not population.states:
        raise UnsupportedByTarget(f"population {population.name!r} without a state", TARGET, "use a spike source")


def _check_projection(program: StepProgram, projection: ProjectionProgram) -> None:
    where = f"of projection {projection.name!r}"
    for state in projection.states:
        _check_state(state, f"projection {projection.name!r}")
    for coefficient in projection.coefficients:
        if coefficient.values.ndim:
            raise UnsupportedByTarget(
                f"a time constant that differs by synapse {where}", TARGET, "make a projection for each"
            )
    if projection.summed:
        raise UnsupportedByTarget(f"a (summed) variable {where}", TARGET, "send spikes: on_pre with +=")
    delays = np.unique(projection.delay)
    if delays.size > 1:
        raise UnsupportedByTarget(
            f"{delays.size} different delays within projection {projection.name!r}",
            TARGET,
            "make one projection for each delay",
        )
    for statement in projection.on_pre:
        _check_statement(program, projection, statement, "on_pre")
    for statement in projection.on_post:
        _check_statement(program, projection, statement, "on_post")


def _written(program: StepProgram, population: str) -> set[str]:
    """States of a population that synapses write."""
    return {
        statement.target.name
        for projection in program.projections
        if projection.target == population
        for statement in projection.on_pre
        if statement.target.scope is Scope.POST
    }


def _check_statement(program: StepProgram, projection: ProjectionProgram, statement: Assignment, code: str) -> None:
    where = f"of projection {projection.name!r}"
    target = statement.target
    adds = target.scope is Scope.POST and statement.accumulate and code == "on_pre"
    if target.scope is not Scope.OWN and not adds:
        sign = "+=" if statement.accumulate else "="
        raise UnsupportedByTarget(
            f"{code} '{target.name} {sign} ...' on a {target.scope.value} variable {where}",
            TARGET,
            "add to a postsynaptic variable in on_pre (x_post += ...)",
        )
    written = _written(program, projection.target)
    for symbol in sorted(symbols(statement.value), key=lambda item: item.name):
        if symbol.scope is Scope.PRE:
            raise UnsupportedByTarget(
                f"the presynaptic variable {symbol.name!r} in {code} {where}", TARGET, "fold it into the weight"
            )
        if symbol.name == ACTIVE:
            raise UnsupportedByTarget(
                f"{ACTIVE!r} in {code} {where}", TARGET, "mark the variable (unless refractory): it takes no write then"
            )
        if symbol.scope is Scope.POST and symbol.name in written:
            raise UnsupportedByTarget(
                f"reading {symbol.name!r} in {code} {where} while synapses write it",
                TARGET,
                "read a variable that no synapse writes: the sum would depend on the order of the spikes",
            )


def _check_operations(program: StepProgram) -> None:
    """Operations on synapses may read the target's states, as the tick's operations on it leave them."""
    projections = {part.name: part for part in program.projections}
    for number, operation in enumerate(program.operations):
        if operation.of not in projections:
            continue
        target = projections[operation.of].target
        later = _later_writes(program.operations[number:], target)
        for statement in operation.statements:
            for symbol in sorted(symbols(statement.value), key=lambda item: item.name):
                where = f"in operation {operation.name!r} on {operation.of!r}"
                if symbol.scope is Scope.PRE:
                    raise UnsupportedByTarget(
                        f"the presynaptic variable {symbol.name!r} {where}", TARGET, "read a postsynaptic one"
                    )
                if symbol == Symbol(ACTIVE, symbol.scope):
                    raise UnsupportedByTarget(f"{ACTIVE!r} {where}", TARGET, "read a state of the target")
                if symbol.scope is Scope.POST and symbol.name in later:
                    raise UnsupportedByTarget(
                        f"reading {symbol.name!r} {where} before another operation writes it",
                        TARGET,
                        "declare the operation on the synapses last",
                    )


def _later_writes(operations: tuple[OperationProgram, ...], population: str) -> set[str]:
    return {part.target.name for operation in operations if operation.of == population for part in operation.statements}
