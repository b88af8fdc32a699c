"""Names of states that a kernel can give its arrays: what is called like an array of its own gets another name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from neuro.compiler.expressions import replace as replaced
from neuro.compiler.ir import (
    Assignment,
    Expression,
    OperationProgram,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    StepProgram,
    Symbol,
    Threshold,
)
from neuro.simulators.compiled.drawn import DrawnProjection

_SUFFIX = "__own"
"""No name of a model holds two underscores."""

_TAKEN = frozenset(
    (
        *("at", "column", "counts", "delays", "every", "fire", "fire_words", "incoming", "incoming_pre", "indices"),
        *("kept", "limits", "margin", "order", "part_order", "part_rows", "parts", "period", "post_rows", "pre"),
        *("ready", "ring", "rows", "size", "spike_indices", "spike_ticks", "ticks", "used", "values"),
        *("all_begin", "all_counts", "all_first", "all_ring", "all_share", "numbers", "place"),
    )
)
_COEFFICIENT = "c_"


def state_key(name: str) -> str:
    """The name under which a kernel keeps a state."""
    return f"{name}{_SUFFIX}" if name in _TAKEN or name.startswith(_COEFFICIENT) else name


def state_label(key: str) -> str:
    """The name of the state that a kernel keeps so."""
    return key.removesuffix(_SUFFIX)


def with_free_names(program: StepProgram) -> StepProgram:
    """The program with every state under its :func:`state_key`."""
    states = {part.name: {state.name for state in part.states} for part in program.stateful}
    if all(state_key(name) == name for names in states.values() for name in names):
        return program
    writer = _Writer(states)
    return replace(
        program,
        populations=tuple(writer.population(part) for part in program.populations),
        projections=tuple(writer.projection(part) for part in program.projections),
        inputs=tuple(replace(part, variable=state_key(part.variable)) for part in program.inputs),
        restarts=tuple(replace(part, variables=tuple(map(state_key, part.variables))) for part in program.restarts),
        operations=tuple(writer.operation(part, program) for part in program.operations),
        probes=tuple(replace(part, variable=state_key(part.variable)) for part in program.probes),
    )


_Part = TypeVar("_Part", PopulationProgram, ProjectionProgram)


class _Writer:
    """Rewrites expressions; ``states`` gives the names of the states of each part."""

    def __init__(self, states: Mapping[str, set[str]]) -> None:
        self.states = states

    def population(self, part: PopulationProgram) -> PopulationProgram:
        ends, threshold = {Scope.OWN: part.name}, part.threshold
        if threshold is not None:
            threshold = Threshold(self.expression(threshold.left, ends), self.expression(threshold.right, ends))
        return replace(
            _with_states(part),
            update=self.code(part.update, ends),
            stages=self.code(part.stages, ends),
            reset=self.code(part.reset, ends),
            fired=self.code(part.fired, ends),
            threshold=threshold,
            held_while=None if part.held_while is None else self.expression(part.held_while, ends),
            clamped=frozenset(map(state_key, part.clamped)),
            links=tuple(
                replace(link, variable=state_key(link.variable), source_variable=state_key(link.source_variable))
                for link in part.links
            ),
        )

    def projection(self, part: ProjectionProgram) -> ProjectionProgram:
        ends = _ends(part)
        if isinstance(part, DrawnProjection):
            part = replace(part, drawn={state_key(name): values for name, values in part.drawn.items()})
        return replace(
            _with_states(part),
            update=self.code(part.update, ends),
            on_pre=self.code(part.on_pre, ends),
            on_post=self.code(part.on_post, ends),
            summed=self.code(part.summed, ends),
            event_driven=frozenset(map(state_key, part.event_driven)),
        )

    def operation(self, part: OperationProgram, program: StepProgram) -> OperationProgram:
        projection = next((item for item in program.projections if item.name == part.of), None)
        ends = {Scope.OWN: part.of} if projection is None else _ends(projection)
        return replace(part, statements=self.code(part.statements, ends))

    def code(self, statements: tuple[Assignment, ...], ends: Mapping[Scope, str]) -> tuple[Assignment, ...]:
        return tuple(
            replace(part, target=self.symbol(part.target, ends), value=self.expression(part.value, ends))
            for part in statements
        )

    def expression(self, given: Expression, ends: Mapping[Scope, str]) -> Expression:
        return replaced(given, lambda part: self.symbol(part, ends) if isinstance(part, Symbol) else None)

    def symbol(self, symbol: Symbol, ends: Mapping[Scope, str]) -> Symbol:
        known = symbol.name in self.states.get(ends[symbol.scope], ())
        return replace(symbol, name=state_key(symbol.name)) if known else symbol


def _ends(part: ProjectionProgram) -> dict[Scope, str]:
    return {Scope.OWN: part.name, Scope.PRE: part.source, Scope.POST: part.target}


def _with_states(part: _Part) -> _Part:
    return replace(part, states=tuple(replace(state, name=state_key(state.name)) for state in part.states))
