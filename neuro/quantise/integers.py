"""The quantiser turns a float step program into an integer one, with a format for each variable.

Rounding is floor(x + 1/2) everywhere, and a store saturates. How formats are chosen stands in
:mod:`neuro.quantise.formats`.

Leaks may become shifts (:class:`Rules`, ``power_of_two_leaks``), where a decay by a power of two costs an adder and any
other a multiplier. A decay ``x = a x + ...`` gets the nearest ``a = 1 - 2**-k``; what drives ``x`` is scaled by
``(1 - a') / (1 - a)``, so that its steady state stays. In integers ``a x`` is then ``x - x / 2**k`` to the bit,
whatever the rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from neuro.arrays import AnyArray, IntArray
from neuro.compiler.expressions import replace as replace_parts
from neuro.compiler.ir import (
    INDEX,
    LAST_SPIKE,
    TICK,
    TIME,
    Assignment,
    Binary,
    Coefficient,
    Constant,
    Expression,
    Format,
    InputProgram,
    OperationProgram,
    PopulationProgram,
    ProjectionProgram,
    RoundShift,
    Scope,
    State,
    StepProgram,
    Symbol,
    Threshold,
    symbols,
    totals,
    walk,
)
from neuro.errors import InvalidInput, UnsupportedByTarget
from neuro.quantise.formats import Key, Rules, choose_formats
from neuro.quantise.scaling import FREE, WIDEST, Scaled, largest_magnitude


@dataclass(frozen=True, slots=True)
class Quantised:
    """An integer program and why each format is what it is.

    Args:
        program: the quantised program.
        formats: (part, variable) -> Format.
        reasons: (part, variable) -> one line.
    """

    program: StepProgram
    formats: Mapping[Key, Format]
    reasons: Mapping[Key, str]


def quantise(
    program: StepProgram,
    ranges: Mapping[Key, float],
    *,
    formats: Mapping[Key, Format] | None = None,
    rules: Rules | None = None,
) -> Quantised:
    """The integer form of a float program.

    Args:
        program: a float step program.
        ranges: (part, variable) -> largest absolute value of a float run, in SI units.
        formats: formats to use as given, for some variables.
        rules: what to aim for.

    Raises:
        UnsupportedByTarget: an operation has no integer form.
        InvalidInput: the program is quantised already, or a format is unusable.
    """
    if program.quantised:
        raise InvalidInput("the program is quantised already; give the float program")
    for part in program.populations:
        _check_population(part)
    _check_equations(program.projections)
    _check_sums(program.projections)
    rules = rules or Rules()
    if rules.power_of_two_leaks:
        program = round_leaks(program)
    chosen = choose_formats(program, ranges, formats or {}, rules)
    table, reasons = chosen.formats, chosen.reasons
    writer = _Writer(table, rules)
    integers = replace(
        program,
        populations=tuple(writer.population(part) for part in program.populations),
        projections=tuple(writer.projection(part) for part in program.projections),
        inputs=tuple(writer.input(part) for part in program.inputs),
        operations=tuple(writer.operation(part, program) for part in program.operations),
    )
    return Quantised(shift_leaks(integers) if rules.power_of_two_leaks else integers, table, reasons)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Rewrites the parts of a program with integers."""

    formats: Mapping[Key, Format]
    rules: Rules

    def population(self, part: PopulationProgram) -> PopulationProgram:
        scaled = self._scaled(part, part.coefficients, f"population {part.name!r}")
        update = tuple(self._assignment(scaled, part.name, item) for item in part.update)
        threshold = None
        if part.threshold is not None:
            scale = min(scaled.natural(part.threshold.left), scaled.natural(part.threshold.right))
            scale = 0 if scale == FREE else scale
            threshold = Threshold(scaled.at(part.threshold.left, scale), scaled.at(part.threshold.right, scale))
        reset = tuple(self._assignment(scaled, part.name, item) for item in part.reset)
        held = None if part.held_while is None else scaled.condition(part.held_while)
        sides = [] if threshold is None else [threshold.left, threshold.right]
        conditions = [] if held is None else [held]
        self._check_widths(scaled, [*(item.value for item in (*update, *reset)), *sides, *conditions])
        return replace(
            part,
            states=self._states(part),
            coefficients=tuple(scaled.coefficients.values()),
            update=update,
            threshold=threshold,
            reset=reset,
            held_while=held,
        )

    def _scaled_synapses(self, part: ProjectionProgram, numbers: Iterable[Coefficient], where: str) -> Scaled:
        states = {Symbol(state.name): self.formats[part.name, state.name] for state in part.states}
        for scope, name in ((Scope.PRE, part.source), (Scope.POST, part.target)):
            states |= {
                Symbol(variable, scope): form for (owner, variable), form in self.formats.items() if owner == name
            }
        return Scaled(states, {c.name: c.values for c in numbers}, where, self.rules)

    def projection(self, part: ProjectionProgram) -> ProjectionProgram:
        if part.summed:
            raise UnsupportedByTarget(
                f"a (summed) variable in projection {part.name!r}", "fixed point", "send spikes: on_pre with +="
            )
        scaled = self._scaled_synapses(part, part.coefficients, f"projection {part.name!r}")
        owners = {Scope.OWN: part.name, Scope.PRE: part.source, Scope.POST: part.target}
        on_pre, on_post, update = (
            tuple(self._assignment(scaled, owners[item.target.scope], item) for item in code)
            for code in (part.on_pre, part.on_post, part.update)
        )
        self._check_widths(scaled, [item.value for item in (*on_pre, *on_post, *update)])
        return replace(
            part,
            states=self._states(part),
            coefficients=tuple(scaled.coefficients.values()),
            on_pre=on_pre,
            on_post=on_post,
            update=update,
        )

    def input(self, part: InputProgram) -> InputProgram:
        form = self.formats[part.population, part.variable]
        return replace(part, values=_steps(part.values, form))

    def operation(self, part: OperationProgram, program: StepProgram) -> OperationProgram:
        where = f"operation {part.name!r}"
        for item in part.statements:
            for call in totals(item.value):
                raise UnsupportedByTarget(
                    f"{call.function}() in {where}", "fixed point", "normalise in float before quantising"
                )
        if part.of in (population.name for population in program.populations):
            scaled = self._scaled(program.population(part.of), part.coefficients, where)
        else:
            scaled = self._scaled_synapses(program.projection(part.of), part.coefficients, where)
        statements = tuple(self._assignment(scaled, part.of, item) for item in part.statements)
        self._check_widths(scaled, [item.value for item in statements])
        return replace(part, statements=statements, coefficients=tuple(scaled.coefficients.values()))

    def _scaled(self, part: PopulationProgram, coefficients: Iterable[Coefficient], where: str) -> Scaled:
        states = {Symbol(state.name): self.formats[part.name, state.name] for state in part.states}
        return Scaled(states, {c.name: c.values for c in coefficients}, where, self.rules)

    def _check_widths(self, scaled: Scaled, expressions: Iterable[Expression]) -> None:
        bounds = {symbol: -form.lowest for symbol, form in scaled.states.items()}
        bounds |= {Symbol(c.name): int(np.abs(c.values).max(initial=0)) for c in scaled.coefficients.values()}
        for expression in expressions:
            bits = largest_magnitude(expression, bounds).bit_length() + 1
            if bits > WIDEST:
                raise UnsupportedByTarget(
                    f"an intermediate of {bits} bits in {scaled.where}",
                    "fixed point",
                    f"give its states fewer bits ({WIDEST} are allowed), or update slow states every n ticks",
                )

    def _states(self, part: PopulationProgram | ProjectionProgram) -> tuple[State, ...]:
        forms = {state.name: self.formats[part.name, state.name] for state in part.states}
        return tuple(State(s.name, _steps(s.initial, forms[s.name]), forms[s.name]) for s in part.states)

    def _assignment(self, scaled: Scaled, owner: str, part: Assignment) -> Assignment:
        return replace(part, value=scaled.stored(part.value, self.formats[owner, part.target.name]))


def _check_equations(projections: Iterable[ProjectionProgram]) -> None:
    """Refuse equations of synapses that are no sums of states and numbers."""
    for part in projections:
        numbers = {coefficient.name for coefficient in part.coefficients}
        for item in part.update:
            if f"a__{item.target.name}__{item.target.name}" not in numbers:
                raise UnsupportedByTarget(
                    f"the equation of {item.target.name!r} in projection {part.name!r}, which is not linear",
                    "fixed point",
                    "use linear equations in synapses",
                )


def _check_sums(projections: Iterable[ProjectionProgram]) -> None:
    """Refuse code that reads a neuron variable which other synapses of the same tick add to.

    Floats see the sum of the projections declared before; integers saturate once at the end of the phase.
    """
    adds: dict[tuple[str, str], str] = {}
    parts = list(projections)
    for projection in parts:
        for part in (*projection.on_pre, *projection.on_post):
            if part.accumulate:
                adds.setdefault((_owner(projection, part.target), part.target.name), projection.name)
    for projection in parts:
        for part in (*projection.on_pre, *projection.on_post):
            for symbol in sorted(symbols(part.value), key=lambda item: item.name):
                key = (_owner(projection, symbol), symbol.name)
                if symbol.scope is not Scope.OWN and key in adds:
                    raise UnsupportedByTarget(
                        f"that projection {projection.name!r} reads {key[0]}.{key[1]}, to which {adds[key]!r} adds "
                        "in the same tick",
                        "fixed point",
                        "read a variable that no synapse writes",
                    )


def _owner(projection: ProjectionProgram, symbol: Symbol) -> str:
    return projection.source if symbol.scope is Scope.PRE else projection.target


def _check_population(part: PopulationProgram) -> None:
    if part.fired:
        raise UnsupportedByTarget(
            f"the time of the last spike ({LAST_SPIKE!r}) in population {part.name!r}",
            "fixed point",
            "give one refractory time, or count ticks in a variable",
        )
    if part.links:
        raise UnsupportedByTarget(
            f"the linked variable {part.links[0].variable!r} of population {part.name!r}",
            "fixed point",
            "let synapses carry the value",
        )
    if part.stages:
        raise UnsupportedByTarget(
            f"a step of several stages (noise, or Runge-Kutta of nonlinear equations) in population {part.name!r}",
            "fixed point",
            "use Method.EXACT or Method.EULER without noise",
        )
    states = {state.name for state in part.states}
    sides = () if part.threshold is None else (part.threshold.left, part.threshold.right)
    sides = sides if part.held_while is None else (*sides, part.held_while)
    for expression in (*sides, *(item.value for item in (*part.update, *part.reset))):
        for item in walk(expression):
            if isinstance(item, Binary) and item.operator == "/" and states & {s.name for s in symbols(item.right)}:
                raise UnsupportedByTarget(
                    f"division by a state in population {part.name!r}", "fixed point", "multiply by a constant"
                )
        for symbol in sorted(symbols(expression), key=lambda symbol: symbol.name):
            if symbol.name in (TICK, TIME, INDEX):
                raise UnsupportedByTarget(
                    f"the built-in {symbol.name!r} in population {part.name!r}",
                    "fixed point",
                    "draw random spikes beforehand (SpikeSource), or give time as a CurrentInput",
                )


def _steps(values: AnyArray, form: Format) -> IntArray:
    """Values as integer steps of a format, rounded to nearest and saturated."""
    steps = np.floor(np.ldexp(np.asarray(values, dtype=np.float64), -form.exponent) + 0.5)
    return np.clip(steps, form.lowest, form.highest).astype(np.int64)


def nearest_leak(factor: AnyArray) -> AnyArray:
    """``1 - 2**-k`` nearest to each decay factor (0 < factor < 1) on the scale of time constants, k >= 1."""
    k = np.maximum(np.rint(-np.log2(1.0 - np.asarray(factor, np.float64))), 1.0)
    return np.asarray(1.0 - np.exp2(-k))


def round_leaks(program: StepProgram) -> StepProgram:
    """A float program whose decays of neurons are all powers of two."""
    return replace(program, populations=tuple(_rounded(part) for part in program.populations))


def shift_leaks(program: StepProgram) -> StepProgram:
    """An integer program with every product by such a decay written as a difference of shifts: the same integers."""
    return replace(program, populations=tuple(_shifted(part) for part in program.populations))


def _rounded(population: PopulationProgram) -> PopulationProgram:
    numbers = {part.name: part for part in population.coefficients}
    changed = dict(numbers)
    for target in (part.target.name for part in population.update):
        decay = numbers.get(f"a__{target}__{target}")
        if decay is None or not bool(np.all((decay.values > 0.0) & (decay.values < 1.0))):
            continue
        leak = nearest_leak(decay.values)
        changed[decay.name] = replace(decay, values=leak)
        gain = (1.0 - leak) / (1.0 - decay.values)
        for name, part in numbers.items():
            drives = name == f"a__{target}" or name.startswith(f"a__{target}__")
            if drives and name != decay.name:
                changed[name] = replace(part, values=np.asarray(part.values * gain))
    return replace(population, coefficients=tuple(changed.values()))


def _shifted(population: PopulationProgram) -> PopulationProgram:
    leaks = {part.name: shifts for part in population.coefficients if (shifts := _shifts(part)) is not None}
    update = tuple(replace(part, value=_with_shifts(part.value, leaks)) for part in population.update)
    return replace(population, update=update)


def _shifts(part: Coefficient) -> tuple[int, int] | None:
    """(p, q) where all values of a decay's coefficient are ``2**p - 2**q``, p > q."""
    values = np.unique(part.values)
    if not part.name.startswith("a__") or values.size != 1 or values[0] <= 0:
        return None
    value = int(values[0])
    lowest = (value & -value).bit_length() - 1
    highest = (value + (1 << lowest)).bit_length() - 1
    return (highest, lowest) if value == (1 << highest) - (1 << lowest) else None


def _with_shifts(value: Expression, leaks: Mapping[str, tuple[int, int]]) -> Expression:
    def written(part: Expression) -> Expression | None:
        match part:
            case RoundShift(Binary("*", Symbol(name), Symbol() as state), bits) if name in leaks:
                high, low = leaks[name]
                shared = min(low, bits - 1)
                return RoundShift(_difference(state, high - shared, low - shared), bits - shared)
            case Binary("*", Symbol(name), Symbol() as state) if name in leaks:
                return _difference(state, *leaks[name])
        return None

    return replace_parts(value, written)


def _difference(state: Symbol, high: int, low: int) -> Expression:
    lower = state if low == 0 else Binary("*", state, Constant(1 << low))
    return Binary("-", Binary("*", state, Constant(1 << high)), lower)
