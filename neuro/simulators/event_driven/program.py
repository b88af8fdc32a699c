"""EventProgram: a spreading circuit's own step program, checked for runs that touch only active nodes.

The lowered program is the one description of the model. Leaving a sleeping node out is exact as long as a
node at rest stays at rest, which is checked here for every node, and as long as nothing travels from one query
into the next but the states that the circuit does not restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, IntArray
from neuro.compiler.expressions import evaluate
from neuro.compiler.ir import (
    ACTIVE,
    INDEX,
    TICK,
    TIME,
    Assignment,
    Binary,
    Call,
    Constant,
    Expression,
    InputProgram,
    OperationProgram,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    Slot,
    StepProgram,
    Symbol,
    symbols,
    walk,
)
from neuro.errors import UnsupportedByTarget

_TARGET = "event-driven search"
_INSTEAD = "run the circuit with neuro.simulators instead"
_EXACT_FUNCTIONS = frozenset({"abs", "ceil", "clip", "floor", "sqrt"})


@dataclass(frozen=True, slots=True, eq=False)
class EventLayer:
    """The synapses of one projection, CSR, in the smallest types that hold their numbers exactly.

    Args:
        name: of the projection.
        on_pre: what an arriving spike adds to states of the target.
        row_start, column: as in the projection; column is int32.
        delay: ticks, shape () or (synapses,).
        weights: name -> synaptic state that ``on_pre`` reads, float32 where that is exact.
    """

    name: str
    on_pre: tuple[Assignment, ...]
    row_start: IntArray
    column: npt.NDArray[np.int32]
    delay: npt.NDArray[np.int64]
    weights: dict[str, AnyArray]


@dataclass(frozen=True, slots=True, eq=False)
class EventProgram:
    """One population, the input that drives it and the synapses that it has on itself.

    Args:
        neurons: the population's share of the lowered circuit.
        variable: the state that the input writes.
        ticks: length of a query: how long a row of the input lasts.
        period: refractory ticks of each node, shape () or (nodes,).
        layers: the projections, in their order.
        every_tick: statements that run on every node at the end of each tick.
        every_query: statements that run on every node at the end of the first tick of each query.
        lasting: states that queries don't restart.
    """

    neurons: PopulationProgram
    variable: str
    ticks: int
    period: IntArray
    layers: tuple[EventLayer, ...]
    every_tick: tuple[OperationProgram, ...]
    every_query: tuple[OperationProgram, ...]
    lasting: tuple[str, ...]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self.neurons.size


def event_program(program: StepProgram, population: str) -> EventProgram:
    """The event-driven form of one population of a lowered circuit.

    Raises:
        UnsupportedByTarget: the circuit has a feature that could change a node at rest, delays that reach into
            the next query, synapses that do more than add, or a function that two targets need not compute to
            the same bit.
    """
    neurons = program.population(population)
    if program.quantised:
        raise _unsupported("a quantised circuit")
    if program.past or neurons.held_while is not None or neurons.left is not None or neurons.fired or neurons.links:
        raise _unsupported("what is linked, or spikes and refractoriness from before the start or by a condition")
    if any(run.slot is not Slot.END for run in program.operations):
        raise _unsupported("an operation at the start of a tick")
    inside = [part for part in program.projections if part.target == population]
    layers = tuple(_layer(part, population) for part in inside)
    stimulus = _input(program, neurons, inside)
    ticks = stimulus.every
    every_tick, every_query = _operations(program, population, ticks)
    period = np.asarray(0 if neurons.refractory is None else neurons.refractory, dtype=np.int64)
    lasting = _lasting(program, neurons, ticks)
    found = EventProgram(neurons, stimulus.variable, ticks, period, layers, every_tick, every_query, lasting)
    _check_expressions(found)
    _check_writes(found)
    _check_rest(found)
    return found


def can_sleep(program: EventProgram) -> bool:
    """Whether a node below its threshold stays there by itself, so that it may be left alone until the next event.

    That is so where the compared state x only decays, x <- k x with 0 <= k <= 1, nothing else moves, and the other
    side of the threshold stands still during a query.
    """
    neurons, threshold = program.neurons, program.neurons.threshold
    if threshold is None or not isinstance(threshold.left, Symbol) or program.every_tick or neurons.stages:
        return False
    if {part.target for part in neurons.update} != {threshold.left}:
        return False
    still = {symbol.name for symbol in symbols(threshold.right)} & {threshold.left.name, program.variable, TICK}
    return not still and _decays(program, neurons.update[0].value, threshold.left.name)


def _decays(program: EventProgram, update: Expression, name: str) -> bool:
    """Whether the update is linear in the state without input, with a slope from 0 to 1 and nothing added.

    A sum of products in which the state stands once is linear; two probes give its slope and offset.
    """
    linear = all(
        not isinstance(part, Call) and not (isinstance(part, Binary) and part.operator not in {"+", "-", "*"})
        for part in walk(update)
    )
    products = [part for part in walk(update) if isinstance(part, Binary) and part.operator == "*"]
    twice = any(Symbol(name) in symbols(part.left) and Symbol(name) in symbols(part.right) for part in products)
    if not linear or twice:
        return False
    values = _resting(program) | {program.variable: 0.0}
    at_zero, at_one, at_minus = (
        np.asarray(evaluate(update, values | {name: float(value)}), dtype=np.float64) for value in (0, 1, -1)
    )
    return bool(np.all(at_zero == 0) and np.all(at_one >= 0) and np.all(at_one <= 1) and np.all(at_minus == -at_one))


def _unsupported(feature: str) -> UnsupportedByTarget:
    return UnsupportedByTarget(feature, _TARGET, _INSTEAD)


def _layer(synapses: ProjectionProgram, population: str) -> EventLayer:
    if synapses.source != population:
        raise _unsupported(f"source {synapses.source!r} that reaches {population!r}")
    if synapses.on_post or synapses.update or synapses.summed:
        raise _unsupported(f"plasticity in projection {synapses.name!r}")
    names = {state.name for state in synapses.states}
    read: set[str] = set()
    for part in synapses.on_pre:
        own = symbols(part.value)
        if (
            part.target.scope is not Scope.POST
            or not part.accumulate
            or any(symbol.scope is not Scope.OWN or symbol.name not in names for symbol in own)
        ):
            raise _unsupported(f"on_pre of projection {synapses.name!r}, which does more than add")
        read |= {symbol.name for symbol in own}
    return EventLayer(
        name=synapses.name,
        on_pre=synapses.on_pre,
        row_start=synapses.row_start,
        column=synapses.column.astype(np.int32),
        delay=np.asarray(synapses.delay, dtype=np.int64),
        weights={name: _smallest(np.asarray(synapses.state(name).initial)) for name in sorted(read)},
    )


def _smallest(values: AnyArray) -> AnyArray:
    short = values.astype(np.float32)
    return short if np.array_equal(short, values) else values.astype(np.float64)


def _input(program: StepProgram, neurons: PopulationProgram, inside: list[ProjectionProgram]) -> InputProgram:
    inputs = [part for part in program.inputs if part.population == neurons.name]
    if len(inputs) != 1:
        raise _unsupported(f"population {neurons.name!r} with {len(inputs)} inputs in place of one")
    written = {part.target.name for part in (*neurons.update, *neurons.reset)}
    written |= {part.target.name for synapses in inside for part in synapses.on_pre}
    written |= {part.target.name for run in program.operations if run.of == neurons.name for part in run.statements}
    if inputs[0].variable in written:
        raise _unsupported(f"an input variable that the model writes, {inputs[0].variable!r}")
    return inputs[0]


def _operations(
    program: StepProgram, population: str, ticks: int
) -> tuple[tuple[OperationProgram, ...], tuple[OperationProgram, ...]]:
    for run in program.operations:
        if run.of != population or run.every not in (1, ticks):
            raise _unsupported(f"operation {run.name!r} on {run.of!r} every {run.every} ticks (1 or {ticks} it takes)")
        if any(part.values.ndim for part in run.coefficients):
            raise _unsupported(f"parameters of operation {run.name!r} that differ by node")
    every_tick = tuple(run for run in program.operations if run.every == 1)
    return every_tick, tuple(run for run in program.operations if run.every != 1)


def _lasting(program: StepProgram, neurons: PopulationProgram, ticks: int) -> tuple[str, ...]:
    """The states that no restart names; restarts must stand where rows of the input begin."""
    restarts = [part for part in program.restarts if part.population == neurons.name]
    if not restarts or any(np.any(part.ticks % ticks) for part in restarts):
        raise _unsupported(f"queries that don't start with a restart of {neurons.name!r}")
    restarted = set(restarts[0].variables)
    if any(set(part.variables) != restarted for part in restarts):
        raise _unsupported(f"restarts of {neurons.name!r} that differ")
    return tuple(state.name for state in neurons.states if state.name not in restarted)


def _check_expressions(program: EventProgram) -> None:
    neurons = program.neurons
    if neurons.threshold is None:
        raise _unsupported(f"population {neurons.name!r}, which never fires")
    if neurons.stages:
        raise _unsupported(f"a step of several stages in population {neurons.name!r}")
    operations = (*program.every_tick, *program.every_query)
    values = [part.value for part in (*neurons.update, *neurons.reset)]
    values += [part.value for run in operations for part in run.statements]
    values += [neurons.threshold.left, neurons.threshold.right]
    coefficients = {part.name: part.values for part in neurons.coefficients}
    parts = [part for value in values for part in walk(value)]
    for part in parts:
        if isinstance(part, Symbol) and part.name in (TIME, INDEX):
            raise _unsupported(f"the built-in {part.name!r} in population {neurons.name!r}")
        if isinstance(part, Call) and part.function not in _EXACT_FUNCTIONS:
            raise _unsupported(f"function {part.function} in population {neurons.name!r}")
        if isinstance(part, Binary) and part.operator == "**":
            raise _unsupported(f"operator ** in population {neurons.name!r}")
        if isinstance(part, Binary) and part.operator == "%":
            _check_phase(program, part, coefficients)
    phases = {id(part.left) for part in parts if isinstance(part, Binary) and part.operator == "%"}
    for part in parts:
        if isinstance(part, Symbol) and part.name == TICK and id(part) not in phases:
            raise _unsupported(f"the built-in {TICK!r} in population {neurons.name!r} other than as a phase")


def _check_phase(program: EventProgram, part: Binary, coefficients: dict[str, AnyArray]) -> None:
    """``t_in_timesteps % period``: counting from a query's start gives the same where the period divides its length."""
    match part:
        case Binary(_, Symbol(name), Symbol(period)) if name == TICK and period in coefficients:
            length = coefficients[period]
        case Binary(_, Symbol(name), Constant(value)) if name == TICK:
            length = np.asarray(value)
        case _:
            raise _unsupported(f"operator % in population {program.neurons.name!r} other than the phase of a tick")
    if length.ndim or length <= 0 or program.ticks % float(length):
        raise _unsupported(f"a period of {length} ticks, which does not divide a query's {program.ticks}")


def _check_writes(program: EventProgram) -> None:
    """Lasting states may change by resets and once a query; delays must end within the query."""
    moving = {part.target.name for part in program.neurons.update}
    moving |= {part.target.name for layer in program.layers for part in layer.on_pre}
    moving |= {part.target.name for run in program.every_tick for part in run.statements}
    for name in program.lasting:
        if name in moving:
            raise _unsupported(f"state {name!r}, which moves within queries and is not restarted")
    for run in program.every_query:
        read = {symbol.name for part in run.statements for symbol in symbols(part.value)}
        states = {state.name for state in program.neurons.states} - set(program.lasting)
        if states & (read | {part.target.name for part in run.statements}):
            raise _unsupported(f"operation {run.name!r} on states that queries restart")
    longest = max((int(layer.delay.max(initial=0)) for layer in program.layers), default=0)
    last = program.ticks - longest
    if longest and not (last > 0 and _silent(program, range(last, program.ticks))):
        raise _unsupported(f"a delay of {longest} ticks, with which spikes could arrive in the next query")


def _silent(program: EventProgram, ticks: Iterable[int]) -> bool:
    """Whether the threshold lies beyond any reach (10^6 volts or more) at these ticks."""
    threshold = program.neurons.threshold
    return threshold is not None and all(
        bool(np.all(evaluate(threshold.right, _resting(program) | {TICK: tick}) >= 1e6)) for tick in ticks
    )


def _resting(program: EventProgram) -> dict[str, AnyArray | float]:
    values: dict[str, AnyArray | float] = {ACTIVE: True, TICK: 0}
    values |= {state.name: state.initial for state in program.neurons.states}
    return values | {part.name: part.values for part in program.neurons.coefficients}


def _check_rest(program: EventProgram) -> None:
    """A node without input must stay as it is and below its threshold, or untouched nodes would matter."""
    values = _resting(program)
    statements = [(part, values) for part in program.neurons.update]
    for run in (*program.every_tick, *program.every_query):
        own = values | {part.name: part.values for part in run.coefficients}
        statements += [(part, own) for part in run.statements]
    for part, own in statements:
        if np.any(evaluate(part.value, own) != own[part.target.name]):
            raise _unsupported(f"a variable that moves by itself, {part.target.name!r}")
    threshold = program.neurons.threshold
    for tick in range(program.ticks):
        own = values | {TICK: tick}
        if threshold is not None and np.any(evaluate(threshold.left, own) > evaluate(threshold.right, own)):
            raise _unsupported("a node that fires by itself")
