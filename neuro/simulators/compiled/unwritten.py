"""Synaptic values that no code of the circuit writes: they are read from where they are, and one number stays one."""

from __future__ import annotations

from dataclasses import replace

from neuro.compiler.ir import Assignment, Coefficient, ProjectionProgram, Scope, State, StepProgram
from neuro.simulators.compiled.drawn import DrawnProjection


def written_states(program: StepProgram, projection: ProjectionProgram) -> set[str]:
    """The synaptic states that some code of the program writes."""
    operations = (part for item in program.operations if item.of == projection.name for part in item.statements)
    code: tuple[Assignment, ...] = (*projection.on_pre, *projection.on_post, *projection.update, *operations)
    return {part.target.name for part in code if part.target.scope is Scope.OWN}


def numbers_apart(program: StepProgram) -> StepProgram:
    """The program with every synaptic state that is one number for good, and that no probe reads, as a coefficient."""
    probed = {(probe.of, probe.variable) for probe in program.probes}
    projections = []
    for part in program.projections:
        kept = written_states(program, part)
        if isinstance(part, DrawnProjection):
            kept |= part.drawn.keys()
        fixed = [
            state
            for state in part.states
            if is_one_number(state) and state.name not in kept and (part.name, state.name) not in probed
        ]
        projections.append(
            replace(
                part,
                states=tuple(state for state in part.states if state not in fixed),
                coefficients=(*part.coefficients, *map(_coefficient, fixed)),
            )
        )
    return replace(program, projections=tuple(projections))


def is_one_number(state: State) -> bool:
    """Whether a state was given as one number for all."""
    return state.initial.size > 0 and state.initial.strides == (0,)


def _coefficient(state: State) -> Coefficient:
    return Coefficient(state.name, state.initial[0], None if state.format is None else state.format.exponent)
