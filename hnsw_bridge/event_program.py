"""EventProgram: a spreading circuit's own step program, checked for runs that touch only active nodes.

The lowered program is the one description of the model. Leaving a sleeping node out is exact as long as a
node at rest stays at rest, which is checked here for every node, and as long as a query starts with all nodes
at rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hnsw_bridge.labels import IntArray
from hnsw_bridge.metric import FloatArray
from neuro.errors import UnsupportedByTarget
from neuro.expressions import evaluate
from neuro.program import (
    ACTIVE,
    INDEX,
    TICK,
    TIME,
    Assignment,
    Binary,
    Call,
    Expression,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    StepProgram,
    Symbol,
    symbols,
    walk,
)

_TARGET = "event-driven search"
_INSTEAD = "run the circuit with neuro.simulators instead"
_EXACT_FUNCTIONS = frozenset({"abs", "ceil", "clip", "floor", "sqrt"})


@dataclass(frozen=True, slots=True, eq=False)
class EventProgram:
    """One population, the input that drives it and the synapses that it has on itself.

    Args:
        neurons: the population's share of the lowered circuit.
        variable: the state that the input writes.
        target: the state that the synapses write; the input's where there are none.
        period: refractory ticks of each node, shape (nodes,).
        row_start, column, weight: the synapses, CSR.
    """

    neurons: PopulationProgram
    variable: str
    target: str
    period: IntArray
    row_start: IntArray
    column: IntArray
    weight: FloatArray

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self.neurons.size


def event_program(program: StepProgram, population: str) -> EventProgram:
    """The event-driven form of one population of a lowered circuit.

    Raises:
        UnsupportedByTarget: the circuit has a feature that could change a node at rest, delays, synapses that
            do more than add their weight, or a function that two targets need not compute to the same bit.
    """
    neurons = program.population(population)
    if program.quantised or program.operations:
        raise _unsupported("a quantised circuit" if program.quantised else "an operation")
    synapses = _synapses(program, population)
    variable = _input(program, neurons, synapses)
    _check_restarts(program, neurons)
    _check_expressions(neurons)
    _check_rest(neurons)
    period = np.broadcast_to(0 if neurons.refractory is None else neurons.refractory, (neurons.size,))
    if synapses is None:
        nothing = np.zeros(0, dtype=np.int64)
        row_start = np.zeros(neurons.size + 1, dtype=np.int64)
        return EventProgram(neurons, variable, variable, period.astype(np.int64), row_start, nothing, np.zeros(0))
    (weight,) = (symbol.name for symbol in symbols(synapses.on_pre[0].value))
    return EventProgram(
        neurons=neurons,
        variable=variable,
        target=synapses.on_pre[0].target.name,
        period=period.astype(np.int64),
        row_start=synapses.row_start,
        column=synapses.column,
        weight=np.asarray(synapses.state(weight).initial, dtype=np.float64),
    )


def _unsupported(feature: str) -> UnsupportedByTarget:
    return UnsupportedByTarget(feature, _TARGET, _INSTEAD)


def _synapses(program: StepProgram, population: str) -> ProjectionProgram | None:
    inside = [part for part in program.projections if part.target == population]
    if not inside:
        return None
    synapses = inside[0]
    if len(inside) > 1 or synapses.source != population:
        raise _unsupported(f"several projections or sources that reach {population!r}")
    if np.any(synapses.delay != 0):
        raise _unsupported(f"a delay of projection {synapses.name!r}")
    names = {state.name for state in synapses.states}
    if synapses.on_post or synapses.update or synapses.summed:
        raise _unsupported(f"plasticity in projection {synapses.name!r}")
    match synapses.on_pre:
        case (Assignment(Symbol(scope=Scope.POST), Symbol(name, Scope.OWN), True),) if name in names:
            return synapses
    raise _unsupported(f"on_pre of projection {synapses.name!r}, which does more than add one weight")


def _input(program: StepProgram, neurons: PopulationProgram, synapses: ProjectionProgram | None) -> str:
    inputs = [part for part in program.inputs if part.population == neurons.name]
    if len(inputs) != 1:
        raise _unsupported(f"population {neurons.name!r} with {len(inputs)} inputs in place of one")
    written = {part.target.name for part in (*neurons.update, *neurons.reset)}
    written |= set() if synapses is None else {synapses.on_pre[0].target.name}
    if inputs[0].variable in written:
        raise _unsupported(f"an input variable that the model writes, {inputs[0].variable!r}")
    return inputs[0].variable


def _check_restarts(program: StepProgram, neurons: PopulationProgram) -> None:
    names = {state.name for state in neurons.states}
    restarts = [part for part in program.restarts if part.population == neurons.name]
    if not restarts or any(set(part.variables) != names for part in restarts):
        raise _unsupported(f"queries that don't start with a restart of all of {neurons.name!r}")


def _check_expressions(neurons: PopulationProgram) -> None:
    if neurons.threshold is None:
        raise _unsupported(f"population {neurons.name!r}, which never fires")
    sides = (neurons.threshold.left, neurons.threshold.right)
    for symbol in _parts((*sides, *(part.value for part in neurons.update))):
        if isinstance(symbol, Symbol) and symbol.name in (TICK, TIME, INDEX):
            raise _unsupported(f"the built-in {symbol.name!r} in population {neurons.name!r}")
    for part in _parts((*sides, *(part.value for part in (*neurons.update, *neurons.reset)))):
        if isinstance(part, Call) and part.function not in _EXACT_FUNCTIONS:
            raise _unsupported(f"function {part.function} in population {neurons.name!r}")
        if isinstance(part, Binary) and part.operator in {"%", "**"}:
            raise _unsupported(f"operator {part.operator} in population {neurons.name!r}")


def _parts(expressions: Iterable[Expression]) -> Iterable[Expression]:
    return (part for expression in expressions for part in walk(expression))


def _check_rest(neurons: PopulationProgram) -> None:
    """A node without input must stay as it is and below its threshold, or untouched nodes would matter."""
    values = {state.name: state.initial for state in neurons.states} | {ACTIVE: True}
    values |= {coefficient.name: coefficient.values for coefficient in neurons.coefficients}
    if neurons.stages:
        raise _unsupported(f"a step of several stages in population {neurons.name!r}")
    for part in neurons.update:
        if np.any(evaluate(part.value, values) != values[part.target.name]):
            raise _unsupported(f"a variable that moves by itself, {part.target.name!r}")
    threshold = neurons.threshold
    if threshold is not None and np.any(evaluate(threshold.left, values) > evaluate(threshold.right, values)):
        raise _unsupported("a node that fires by itself")
