"""What silicon does not carry yet: refused by name, before anything is generated."""

from __future__ import annotations

import numpy as np

from neuro.errors import CircuitError, UnsupportedByTarget
from neuro.program import (
    ACTIVE,
    Assignment,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    StepProgram,
    symbols,
)
from rtl_export.expressions import TARGET


def check_supported(program: StepProgram) -> None:
    """Return quietly if Verilog can carry the whole program.

    Raises:
        UnsupportedByTarget: float programs, operations, plasticity, delays that differ within a projection, on_pre
            code that is not additive, reads presynaptic variables, or reads what synapses write in the same phase.
        CircuitError: there is no neuron at all, or a name is used twice.
    """
    if not any(population.size for population in program.populations):
        raise CircuitError("the program has no neuron; Verilog needs a population of one at least")
    names = [part.name.lower() for part in program.populations]
    names += [part.name.lower() for part in program.sources]
    names += [part.name.lower() for part in program.projections]
    for name in names:
        if names.count(name) > 1:
            raise CircuitError(f"the name {name!r} is used twice (case does not count); give each part its own")
    for population in program.populations:
        _check_population(population)
    for operation in program.operations:
        raise UnsupportedByTarget(
            f"operation {operation.name!r} on {operation.of!r}",
            TARGET,
            "run it outside the core",
        )
    for projection in program.projections:
        if projection.on_post or projection.update:
            raise UnsupportedByTarget(
                f"plasticity in projection {projection.name!r}",
                TARGET,
                "export the learned weights with a static synapse",
            )
        _check_delay(projection)
        for statement in projection.on_pre:
            _check_statement(projection, statement, _written(program, projection.target))


def live(program: StepProgram, projection: ProjectionProgram) -> bool:
    """Whether a projection can do anything: it has synapses and code, and its source can fire."""
    if not (projection.synapses and projection.on_pre):
        return False
    sources = {source.name for source in program.sources}
    return projection.source in sources or program.population(projection.source).threshold is not None


def _check_population(population: PopulationProgram) -> None:
    for state in population.states:
        if state.format is None:
            raise UnsupportedByTarget(
                f"the float state {state.name!r} of population {population.name!r}",
                TARGET,
                "quantise the circuit first (neuro.quantise)",
            )
    if population.size and not population.states:
        raise UnsupportedByTarget(f"population {population.name!r} without a state", TARGET, "use a spike source")


def _check_delay(projection: ProjectionProgram) -> None:
    delays = np.unique(projection.delay)
    if delays.size > 1:
        raise UnsupportedByTarget(
            f"{delays.size} different delays within projection {projection.name!r}",
            TARGET,
            "make one projection for each delay",
        )


def _written(program: StepProgram, population: str) -> set[str]:
    """States of a population that synapses write."""
    return {
        statement.target.name
        for projection in program.projections
        if projection.target == population
        for statement in projection.on_pre
        if statement.target.scope is Scope.POST
    }


def _check_statement(projection: ProjectionProgram, statement: Assignment, written: set[str]) -> None:
    where = f"of projection {projection.name!r}"
    for state in projection.states:
        if state.format is None:
            raise UnsupportedByTarget(f"the float state {state.name!r} {where}", TARGET, "quantise the circuit first")
    if statement.target.scope is not Scope.POST or not statement.accumulate:
        sign = "+=" if statement.accumulate else "="
        raise UnsupportedByTarget(
            f"on_pre '{statement.target.name} {sign} ...' on a {statement.target.scope.value} variable {where}",
            TARGET,
            "add to a postsynaptic variable (x_post += ...)",
        )
    for symbol in symbols(statement.value):
        if symbol.scope is Scope.PRE:
            raise UnsupportedByTarget(
                f"the presynaptic variable {symbol.name!r} in on_pre {where}",
                TARGET,
                "fold it into the weight",
            )
        if symbol.name == ACTIVE:
            raise UnsupportedByTarget(
                f"{ACTIVE!r} in on_pre {where}",
                TARGET,
                "mark the variable (unless refractory): it takes no write then",
            )
        if symbol.scope is Scope.POST and symbol.name in written:
            raise UnsupportedByTarget(
                f"reading {symbol.name!r} in on_pre {where} while synapses write it",
                TARGET,
                "read a variable that no synapse writes: the sum would depend on the order of the spikes",
            )
