"""Brian2Lowered: a step program run by Brian2, the second oracle.

The program's own expressions are printed back into Brian2's language, dimensionless, with the refractory counter
as a variable. It is the only Brian2 oracle where Brian2's closed form breaks (tau_m == tau_s with refractoriness)
and the one that holds integers to account: a quantised program runs here in float64, where every integer below
2**53 is exact, and rounding is ``x - x % 1`` (Brian2's ``floor`` returns int32).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from neuro.circuit.circuit import Circuit
from neuro.compiler.equations import random_functions
from neuro.compiler.ir import (
    ACTIVE,
    FLUSH_BELOW,
    INDEX,
    SYNAPSE,
    TICK,
    TIME,
    Assignment,
    Binary,
    Call,
    Coefficient,
    Constant,
    Expression,
    Flush,
    Format,
    OperationProgram,
    PopulationProgram,
    ProjectionProgram,
    RoundShift,
    Scope,
    Select,
    StepProgram,
    Symbol,
    Unary,
)
from neuro.compiler.lower_circuit import lower
from neuro.simulators.brian2.operations import operation_objects
from neuro.simulators.brian2.recorder import Brian2Network, assemble, on_numpy, recording, run_network
from neuro.simulators.brian2.reference import past_operations, set_pathways, spike_generator, stimulus_operations
from neuro.simulators.brian2.winners import WinnersCount, limited, winners_function
from neuro.spikes import Progress, Recording

if TYPE_CHECKING:
    import brian2

_COUNTER = "spikeloom_left"
_MARGIN = "spikeloom_margin"
_FIRE = "spikeloom_fire"
_PERIOD = "spikeloom_period"
_SECOND = "spikeloom_second"
_NUMBER = "spikeloom_synapse"
_BUILT_IN = MappingProxyType({TICK: TICK, TIME: f"(t/{_SECOND})", INDEX: INDEX, SYNAPSE: _NUMBER})
_SUFFIX = MappingProxyType({Scope.POST: "_post", Scope.PRE: "_pre"})


@dataclass(frozen=True, slots=True)
class Brian2Lowered:
    """Brian2 running the lowered program of a circuit."""

    def run(self, circuit: Circuit, ticks: int, progress: Progress | None = None) -> Recording:
        """Lower, build and run for a number of ticks."""
        return run_program_in_brian2(lower(circuit), ticks, progress=progress)


def run_program_in_brian2(program: StepProgram, ticks: int, *, progress: Progress | None = None) -> Recording:
    """Run a float or quantised step program in Brian2: the counterpart of ``compiled.run_program``."""
    with on_numpy():
        network = _network(program)
        done = run_network(network, ticks, program.dt, progress)
    return recording(network, program, done)


def print_brian2(expression: Expression, names: Callable[[Symbol], str]) -> str:
    """The Brian2 text of an expression; ``names`` gives the text of a symbol."""

    def text(part: Expression) -> str:
        match part:
            case Constant(bool() as value):
                return repr(value)
            case Constant(number):
                return repr(float(number))
            case Symbol():
                return names(part)
            case Unary(operator, operand):
                return f"({'not ' if operator == 'not' else '-'}{text(operand)})"
            case Binary(operator, left, right):
                return f"({text(left)} {operator} {text(right)})"
            case Call("min" | "max" as function, arguments):
                low, high = (text(argument) for argument in arguments)
                low, high = (low, high) if function == "min" else (high, low)
                return f"(int({low} <= {high})*{text(arguments[0])} + int({low} > {high})*{text(arguments[1])})"
            case Call("trunc", (operand,)):
                # Brian2's int() returns int32.
                size = f"abs({text(operand)})"
                return f"(sign({text(operand)})*({size} - {size} % 1.0))"
            case Call(function, arguments):
                return f"{function}({', '.join(text(argument) for argument in arguments)})"
            case Select(condition, then, otherwise):
                return f"(int({text(condition)})*{text(then)} + int(not ({text(condition)}))*{text(otherwise)})"
            case RoundShift(operand, bits):
                scaled = f"({text(operand)}*{2.0**-bits!r} + 0.5)"
                return f"({scaled} - {scaled} % 1.0)"
            case Flush(operand):
                kept = text(operand)
                return f"({kept}*int(abs({kept}) >= {FLUSH_BELOW!r}))"

    return text(expression)


def _stored(value: str, form: Format | None) -> str:
    return value if form is None else f"clip({value}, {float(form.lowest)!r}, {float(form.highest)!r})"


def _network(program: StepProgram) -> Brian2Network:
    from brian2 import Clock, second

    dt = program.dt
    clock = Clock(dt=dt * second, name="spikeloom_clock*")
    winners = {part.name: WinnersCount(part.winners) for part in program.populations if limited(part.winners)}
    groups = {
        part.name: _neurons(part, winners.get(part.name), clock, place)
        for place, part in enumerate(program.populations)
        if part.size
    }
    groups |= {source.name: spike_generator(source, clock, dt) for source in program.sources if source.size}
    synapses = {
        projection.name: _synapses(projection, program, groups, order, clock)
        for order, projection in enumerate(program.projections)
        if projection.synapses
    }
    operations = stimulus_operations(
        program, groups, winners, clock, lambda population: {_COUNTER: np.zeros(population.size)}
    )
    operations += _links(program, groups, clock)
    operations += past_operations(program, synapses, clock)
    operations += _saturations(program, groups, clock)
    operations += [
        item
        for order, part in enumerate(program.operations)
        if part.of in groups or part.of in synapses
        for item in _operation(part, order, program, {**groups, **synapses})
    ]
    return assemble(program, groups, synapses, operations, winners, clock)


def _coefficient(name: str) -> str:
    return f"coefficient_{name}"


def _neuron_names(states: Mapping[str, str]) -> Callable[[Symbol], str]:
    """States by the given texts, the active flag from the counter, everything else a coefficient."""

    def names(symbol: Symbol) -> str:
        if symbol.name == ACTIVE:
            return f"({_COUNTER} <= 0.5)"
        if symbol.name in _BUILT_IN:
            return _BUILT_IN[symbol.name]
        return states.get(symbol.name) or _coefficient(symbol.name)

    return names


def _links(
    program: StepProgram, groups: Mapping[str, brian2.Group], clock: brian2.Clock
) -> list[brian2.NetworkOperation]:
    """Linked variables, each set right before its population's update."""
    from brian2 import NetworkOperation

    def take(part: PopulationProgram) -> Callable[[], None]:
        def run() -> None:
            for link in part.links:
                values = np.asarray(groups[link.source].variables[link.source_variable].get_value())
                groups[part.name].variables[link.variable].set_value(values[link.index])

        return run

    return [
        NetworkOperation(take(part), clock=clock, when="groups", order=_update_order(place) - 1)
        for place, part in enumerate(program.populations)
        if part.links and part.name in groups
    ]


def _update_order(place: int) -> int:
    """Populations are updated in their order, behind what synapses do."""
    return 2 * (place + 1)


def _neurons(
    program: PopulationProgram, winners: WinnersCount | None, clock: brian2.Clock, place: int
) -> brian2.NeuronGroup:
    from brian2 import NeuronGroup, second

    vectors = [c for c in program.coefficients if c.values.ndim]
    namespace: dict[str, float | brian2.Function | brian2.Unit] = {**random_functions(), _SECOND: second} | {
        _coefficient(c.name): float(c.values) for c in program.coefficients if not c.values.ndim
    }
    declared = [state.name for state in program.states] + [_COUNTER, _FIRE]
    lines = [f"{name} : 1" for name in declared] + [f"{_coefficient(c.name)} : 1 (constant)" for c in vectors]
    lines.append(f"{_PERIOD} : 1 (constant)")
    if winners is not None:
        namespace["spikeloom_winners"] = winners_function(winners)
    group = NeuronGroup(
        program.size,
        "\n".join(lines),
        threshold=None if program.threshold is None else f"{_FIRE} > 0.5",
        reset="\n".join(_in_place(program, part, _own_names(program)) for part in program.reset) or None,
        namespace=namespace,
        clock=clock,
        name=f"{program.name}*",
    )
    for state in program.states:
        group.variables[state.name].set_value(np.asarray(state.initial, dtype=np.float64))
    for coefficient in vectors:
        group.variables[_coefficient(coefficient.name)].set_value(coefficient.values.astype(np.float64))
    period = 0 if program.refractory is None else program.refractory
    if program.left is not None:
        group.variables[_COUNTER].set_value(program.left.astype(np.float64))
    group.variables[_PERIOD].set_value(np.broadcast_to(np.asarray(period, dtype=np.float64), program.size))
    code = "\n".join(_update(program, winners is not None))
    group.run_regularly(code, when="groups", clock=clock, order=_update_order(place))
    return group


def _update(program: PopulationProgram, limited_winners: bool) -> list[str]:
    """State update and firing as one piece of code: both read and write only this population."""
    old = {state.name: state.name for state in program.states}
    lines = [f"{_COUNTER} = clip({_COUNTER} - 1.0, 0.0, inf)"]
    if program.held_while is not None:
        lines.append(f"{_COUNTER} = {_COUNTER}*int({print_brian2(program.held_while, _neuron_names(old))})")
    stages = {part.target.name: f"stage_{part.target.name}" for part in program.stages}
    lines += [
        f"{stages[part.target.name]} = {print_brian2(part.value, _neuron_names({**old, **stages}))}"
        for part in program.stages
    ]
    lines += [_in_place(program, part, _neuron_names({**old, **stages}), "next_") for part in program.update]
    lines += [f"{part.target.name} = next_{part.target.name}" for part in program.update]
    if program.threshold is not None:
        left, right = (
            print_brian2(side, _neuron_names(old)) for side in (program.threshold.left, program.threshold.right)
        )
        able = f"int({_COUNTER} <= 0.5)"
        if limited_winners:
            # By a name of its own: sympy takes a function of a gate's `int(...)` for complex and can't compare it.
            lines.append(f"{_MARGIN} = {left} - {right}")
        fires = f"spikeloom_winners({_MARGIN}, {able}) > 0.5" if limited_winners else f"{left} > {right}"
        lines.append(f"{_FIRE} = int({fires})" + ("" if limited_winners else f"*{able}"))
        lines.append(f"{_COUNTER} = {_FIRE}*{_PERIOD} + (1.0 - {_FIRE})*{_COUNTER}")
        lines += [
            f"{part.target.name} = {_FIRE}*{print_brian2(part.value, _neuron_names(old))} "
            f"+ (1.0 - {_FIRE})*{part.target.name}"
            for part in program.fired
        ]
    return lines


def _in_place(
    owner: PopulationProgram | ProjectionProgram, part: Assignment, names: Callable[[Symbol], str], prefix: str = ""
) -> str:
    value = _stored(print_brian2(part.value, names), owner.state(part.target.name).format)
    return f"{prefix}{part.target.name} = {value}"


def _own_names(program: PopulationProgram) -> Callable[[Symbol], str]:
    return _neuron_names({state.name: state.name for state in program.states})


def _synapses(
    projection: ProjectionProgram,
    program: StepProgram,
    groups: Mapping[str, brian2.Group],
    order: int,
    clock: brian2.Clock,
) -> brian2.Synapses:
    from brian2 import Synapses, second

    own = {state.name for state in projection.states}
    clamped = {Scope.POST: _clamped(program, projection.target), Scope.PRE: _clamped(program, projection.source)}
    names = _synaptic_names(own)

    def printed(part: Assignment) -> str:
        value, target = print_brian2(part.value, names), names(part.target)
        if not part.accumulate:
            return _in_place(projection, part, names)
        if part.target.name in clamped[part.target.scope]:
            return f"{target} += {value}*int({_COUNTER}{_SUFFIX[part.target.scope]} <= 0.5)"
        return f"{target} += {value}"

    each = [c for c in projection.coefficients if c.values.ndim]
    group = Synapses(
        groups[projection.source],
        groups[projection.target],
        model="\n".join(
            [f"{name} : 1" for name in sorted(own)]
            + [f"{name} : 1 (constant)" for name in (_NUMBER, *(_coefficient(c.name) for c in each))]
            + [f"{names(part.target)} = {print_brian2(part.value, names)} : 1 (summed)" for part in projection.summed]
        ),
        on_pre="\n".join(printed(part) for part in projection.on_pre) or None,
        on_post="\n".join(printed(part) for part in projection.on_post) or None,
        namespace={
            **random_functions(),
            _SECOND: second,
            **{_coefficient(c.name): float(c.values) for c in projection.coefficients if not c.values.ndim},
        },
        clock=clock,
        name=f"{projection.name}*",
    )
    sources = projection.row_start.size - 1
    group.connect(i=np.repeat(np.arange(sources), np.diff(projection.row_start)), j=projection.column)
    for state in projection.states:
        group.variables[state.name].set_value(np.asarray(state.initial, dtype=np.float64))
    group.variables[_NUMBER].set_value(np.arange(projection.synapses, dtype=np.float64))
    for coefficient in each:
        group.variables[_coefficient(coefficient.name)].set_value(coefficient.values.astype(np.float64))
    if projection.update:
        lines = [_in_place(projection, part, names, "next_") for part in projection.update]
        for name in (part.target.name for part in projection.update):
            late = f"int({TICK} > 0)*next_{name} + int({TICK} == 0)*{name}"
            lines.append(f"{name} = {late if name in projection.event_driven else f'next_{name}'}")
        group.run_regularly("\n".join(lines), when="groups", clock=clock)
    set_pathways(group, projection.delay, program.dt, order)
    return group


def _clamped(program: StepProgram, name: str) -> frozenset[str]:
    return next((part.clamped for part in program.populations if part.name == name), frozenset())


def _saturations(
    program: StepProgram, groups: Mapping[str, brian2.Group], clock: brian2.Clock
) -> list[brian2.CodeRunner]:
    """Formatted states that synapses write saturate once, after the last of them."""
    operations = []
    for population in program.populations:
        if population.name not in groups:
            continue
        lines = [f"{s.name} = {_stored(s.name, s.format)}" for s in population.states if s.format is not None]
        if lines:
            group = groups[population.name]
            operations.append(group.run_regularly("\n".join(lines), when="after_synapses", clock=clock))
    return operations


def _operation(
    operation: OperationProgram, order: int, program: StepProgram, groups: Mapping[str, brian2.Group]
) -> list[brian2.BrianObject]:
    group = groups[operation.of]
    # Numbers of an operation have names of their own: the group's neurons or synapses number theirs alike.
    own = {part.name: f"{operation.name}_{part.name}" for part in operation.coefficients}
    for coefficient in operation.coefficients:
        _add_coefficient(group, replace(coefficient, name=own[coefficient.name]))
    if operation.of in (part.name for part in program.projections):
        projection = program.projection(operation.of)
        names = _renamed(own, _synaptic_names({state.name for state in projection.states}))
        lines = [_in_place(projection, part, names) for part in operation.statements]
    else:
        population = program.population(operation.of)
        lines = []
        for part in operation.statements:
            clamped = part.target.name in population.clamped
            value = Select(Symbol(ACTIVE), part.value, part.target) if clamped else part.value
            names = _renamed(own, _own_names(population))
            lines.append(_in_place(population, Assignment(part.target, value), names))
    return operation_objects(group, "\n".join(lines), operation.every * program.dt, order, operation.slot)


def _renamed(own: Mapping[str, str], names: Callable[[Symbol], str]) -> Callable[[Symbol], str]:
    """The names, but for an operation's own coefficients."""

    def renamed(symbol: Symbol) -> str:
        return _coefficient(own[symbol.name]) if symbol.name in own else names(symbol)

    return renamed


def _synaptic_names(own: set[str]) -> Callable[[Symbol], str]:
    """Names inside a synapse: its own states, ``x_pre`` and ``x_post``, everything else a coefficient."""

    def names(symbol: Symbol) -> str:
        if symbol.scope is not Scope.OWN:
            return symbol.name + _SUFFIX[symbol.scope]
        if symbol.name in _BUILT_IN:
            return _BUILT_IN[symbol.name]
        return symbol.name if symbol.name in own else _coefficient(symbol.name)

    return names


def _add_coefficient(group: brian2.Group, coefficient: Coefficient) -> None:
    name = _coefficient(coefficient.name)
    if name in group.variables or name in group.namespace:
        return
    if not coefficient.values.ndim:
        group.namespace[name] = float(coefficient.values)
        return
    group.variables.add_array(name, size=group.N, constant=True)
    group.variables[name].set_value(coefficient.values.astype(np.float64))
