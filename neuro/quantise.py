"""Quantiser: a float step program becomes an integer one, formats chosen per variable.

Rounding is floor(x + 1/2) everywhere, and a store saturates. How a format is chosen (see ``Rules``):

* A rounded decay with time constant tau stalls at about 0.5 (tau/dt) steps. So the step of a decaying state is
  such that 0.5 (tau/dt) steps <= ``stall`` of what matters to it: the distance from start to threshold for a
  state the threshold reads, the median increment for one that synapses or resets raise, its range otherwise.
* Coefficients get log2(tau/dt) + ``guard_bits`` fractional bits, and at least ``guard_bits`` significant ones.
* An input on a dyadic grid keeps that grid; a state that an input feeds resolves one step of it in one tick.
* A synaptic weight has the step of the variable it is added to.
* The range comes from a float run, with ``headroom_bits`` to spare.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput, UnsupportedByTarget
from neuro.expressions import evaluate
from neuro.program import (
    ACTIVE,
    Assignment,
    Binary,
    Call,
    Coefficient,
    Constant,
    Expression,
    Flush,
    Format,
    InputProgram,
    OperationProgram,
    PopulationProgram,
    ProjectionProgram,
    RoundShift,
    Scope,
    Select,
    State,
    StepProgram,
    Symbol,
    Threshold,
    Unary,
    symbols,
    walk,
)

Key = tuple[str, str]
"""(population or projection, variable)."""

WIDEST = 53
"""Bits of the widest intermediate: float64, and so Brian2, holds such integers exactly."""

_FREE = 10_000
"""Natural exponent of something that holds no state: it can be had at any scale."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the quantiser aims for.

    Args:
        stall: part of what matters that a stalled decay may cost.
        guard_bits: bits of a coefficient beyond log2(tau/dt), and its least significant bits.
        headroom_bits: bits above the range that the float run saw.
        input_bits: bits of an input that is on no dyadic grid.
    """

    stall: float = 0.01
    guard_bits: int = 8
    headroom_bits: int = 1
    input_bits: int = 12


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
    chosen = _choose(program, ranges, formats or {}, rules or Rules())
    table, reasons = chosen.formats, chosen.reasons
    writer = _Writer(table, rules or Rules())
    return Quantised(
        replace(
            program,
            populations=tuple(writer.population(part) for part in program.populations),
            projections=tuple(writer.projection(part) for part in program.projections),
            inputs=tuple(writer.input(part) for part in program.inputs),
            operations=tuple(writer.operation(part, program) for part in program.operations),
        ),
        table,
        reasons,
    )


# ------------------------------------------------------------------------------------------- choosing formats


@dataclass(slots=True)
class _Chosen:
    formats: dict[Key, Format] = field(default_factory=dict)
    reasons: dict[Key, str] = field(default_factory=dict)

    def put(self, key: Key, exponent: int, largest: float, rules: Rules, reason: str) -> None:
        steps = max(largest, 2.0**exponent) / 2.0**exponent
        bits = math.ceil(math.log2(steps + 1)) + 1 + rules.headroom_bits
        self.formats[key], self.reasons[key] = Format(bits, exponent), reason


def _choose(
    program: StepProgram, ranges: Mapping[Key, float], given: Mapping[Key, Format], rules: Rules
) -> _Chosen:
    chosen = _Chosen()
    for stimulus in program.inputs:
        key = (stimulus.population, stimulus.variable)
        exponent, reason = _input_exponent(stimulus.values, rules)
        chosen.put(key, exponent, _largest(program, key, ranges), rules, reason)
    for population in program.populations:
        decays = _decays(population)
        for state in population.states:
            key = (population.name, state.name)
            if key not in chosen.formats:
                exponent, reason = _state_exponent(program, population, state, decays, ranges, rules)
                fed, why = _fed_exponent(population, state.name, chosen.formats)
                exponent, reason = (fed, why) if fed < exponent else (exponent, reason)
                chosen.put(key, exponent, _largest(program, key, ranges), rules, reason)
    for key, form in given.items():
        if key not in chosen.formats and not any(key[0] == part.name for part in program.projections):
            raise InvalidInput(f"a format is given for {key[0]}.{key[1]}, which does not exist")
        chosen.formats[key], chosen.reasons[key] = form, "given"
    for projection in program.projections:
        for state in projection.states:
            key = (projection.name, state.name)
            if key not in chosen.formats:
                exponent = _weight_exponent(projection, state.name, chosen.formats)
                largest = max(ranges.get(key, 0.0), float(np.abs(state.initial).max(initial=0.0)))
                chosen.put(key, exponent, largest, replace(rules, headroom_bits=0), "the step of what it is added to")
    return chosen


def _largest(program: StepProgram, key: Key, ranges: Mapping[Key, float]) -> float:
    """The largest absolute value a state must hold: what the run saw, its start values, inputs and thresholds."""
    population = program.population(key[0])
    values = [ranges.get(key, 0.0), float(np.abs(population.state(key[1]).initial).max(initial=0.0))]
    values += [
        float(np.abs(stimulus.values).max(initial=0.0))
        for stimulus in program.inputs
        if (stimulus.population, stimulus.variable) == key
    ]
    if population.threshold is not None and population.threshold.left == Symbol(key[1]):
        numbers = {c.name: c.values for c in population.coefficients} | {s.name: s.initial for s in population.states}
        if {symbol.name for symbol in symbols(population.threshold.right)} <= numbers.keys():
            values.append(float(np.abs(evaluate(population.threshold.right, numbers)).max(initial=0.0)))
    return max(values)


def _input_exponent(values: npt.NDArray[Any], rules: Rules) -> tuple[int, str]:
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return -rules.input_bits, "an input that is always zero"
    top = math.ceil(math.log2(largest))
    for bits in range(1, 21):
        scaled = np.ldexp(values, bits - top)
        if np.array_equal(scaled, np.rint(scaled)):
            return top - bits, f"an input on a grid of {bits} bits"
    return top - rules.input_bits, f"an input cut to {rules.input_bits} bits"


def _decays(population: PopulationProgram) -> dict[str, float]:
    """State -> its slowest tau/dt, for states whose step has the form a x + ... with 0 < a < 1."""
    numbers = {c.name: c.values for c in population.coefficients}
    decays = {}
    for part in population.update:
        name = f"a__{part.target.name}__{part.target.name}"
        if name in numbers:
            factor = float(np.max(numbers[name], initial=0.0))
            if 0.0 < factor < 1.0:
                decays[part.target.name] = max(1.0, -1.0 / math.log(factor))
    return decays


def _state_exponent(
    program: StepProgram,
    population: PopulationProgram,
    state: State,
    decays: Mapping[str, float],
    ranges: Mapping[Key, float],
    rules: Rules,
) -> tuple[int, str]:
    matters, what = _what_matters(program, population, state, ranges)
    ratio = decays.get(state.name, 1.0)
    step = 2.0 * rules.stall * matters / ratio
    reason = f"{rules.stall:g} of {what} {matters:.3g} at tau/dt = {ratio:.4g}"
    return math.floor(math.log2(step)), reason


def _what_matters(
    program: StepProgram, population: PopulationProgram, state: State, ranges: Mapping[Key, float]
) -> tuple[float, str]:
    threshold = population.threshold
    numbers = {c.name: c.values for c in population.coefficients} | {s.name: s.initial for s in population.states}
    if threshold is not None and Symbol(state.name) in symbols(threshold.left):
        distance = np.abs(evaluate(threshold.right, numbers) - evaluate(threshold.left, numbers))
        if np.any(distance > 0):
            return float(np.median(distance[distance > 0])), "the threshold distance"
    increments = [*_synaptic_increments(program, population.name, state.name)]
    for part in population.reset:
        if part.target.name == state.name and part.value != Symbol(state.name):
            change = np.abs(evaluate(part.value, numbers) - numbers[state.name])
            increments.append(np.broadcast_to(change, (population.size,)))
    sizes = np.concatenate([np.zeros(0), *(np.abs(part).ravel() for part in increments)])
    if np.any(sizes > 0):
        return float(np.median(sizes[sizes > 0])), "the median increment"
    largest = _largest(program, (population.name, state.name), ranges)
    return (largest, "the range") if largest > 0 else (1.0, "nothing, it stays at zero;")


def _synaptic_increments(program: StepProgram, population: str, variable: str) -> Iterable[npt.NDArray[Any]]:
    for projection in program.projections:
        numbers = {c.name: c.values for c in projection.coefficients} | {s.name: s.initial for s in projection.states}
        for part in projection.on_pre:
            written = projection.target if part.target.scope is Scope.POST else projection.source
            own = all(symbol.scope is Scope.OWN for symbol in symbols(part.value))
            if part.accumulate and own and (written, part.target.name) == (population, variable):
                yield np.atleast_1d(np.asarray(evaluate(part.value, numbers), dtype=np.float64))


def _fed_exponent(population: PopulationProgram, name: str, formats: Mapping[Key, Format]) -> tuple[int, str]:
    """The exponent at which a state resolves one step of every input that feeds it, in one tick."""
    numbers = {c.name: c.values for c in population.coefficients}
    finest, why = _FREE, ""
    for (part, variable), form in formats.items():
        gain = numbers.get(f"a__{name}__{variable}")
        if part == population.name and gain is not None and np.any(gain != 0):
            smallest = float(np.abs(gain[gain != 0] if gain.ndim else gain).min())
            exponent = math.floor(math.log2(smallest)) + form.exponent
            if exponent < finest:
                finest, why = exponent, f"resolves one step of {variable} in a tick"
    return finest, why


def _weight_exponent(projection: ProjectionProgram, name: str, formats: Mapping[Key, Format]) -> int:
    exponents = [
        formats[projection.target if part.target.scope is Scope.POST else projection.source, part.target.name].exponent
        for part in projection.on_pre
        if part.accumulate and Symbol(name) in symbols(part.value)
    ]
    return min(exponents, default=-16)


# ------------------------------------------------------------------------------------------ writing integers


@dataclass(slots=True)
class _Scaled:
    """Writes the expressions of one part at integer scales, collecting the coefficients they need."""

    exponents: Mapping[Symbol, int]
    numbers: Mapping[str, npt.NDArray[Any]]
    where: str
    rules: Rules
    coefficients: dict[tuple[str, int], Coefficient] = field(default_factory=dict)

    def natural(self, expression: Expression) -> int:
        """The exponent at which an expression is exact, or loses nothing that matters."""
        match expression:
            case Symbol():
                return self.exponents.get(expression, _FREE)
            case Binary("*", left, right):
                parts = [self.natural(left), self.natural(right)]
                if _FREE in parts:
                    states = min(parts)
                    factor = left if parts[0] == _FREE else right
                    return _FREE if states == _FREE else states - self.fraction(factor)
                return sum(parts)
            case Binary("/", left, _):
                return self.natural(left) - self.rules.guard_bits if self.natural(left) != _FREE else _FREE
        return min((self.natural(part) for part in _parts(expression)), default=_FREE)

    def fraction(self, factor: Expression) -> int:
        """Fractional bits that a constant factor needs: none for an integer, else enough for its smallest value."""
        values = np.abs(np.asarray(evaluate(factor, self.numbers), dtype=np.float64))
        if np.array_equal(values, np.rint(values)):
            return 0
        return self.rules.guard_bits - math.floor(math.log2(float(values[values > 0].min())))

    def constant(self, expression: Expression, exponent: int) -> Expression:
        """A part that holds no state, as an integer number or coefficient at the given scale."""
        values = np.asarray(evaluate(expression, self.numbers), dtype=np.float64)
        steps = np.floor(np.ldexp(values, -exponent) + 0.5)
        if np.any(np.abs(steps) >= 2.0**WIDEST):
            raise InvalidInput(f"a constant of {self.where} needs more than {WIDEST} bits; widen the step of its state")
        if isinstance(expression, Constant):
            return Constant(int(steps))
        name = expression.name if isinstance(expression, Symbol) else f"k{len(self.coefficients)}"
        key = (name, exponent)
        if key not in self.coefficients:
            taken = {coefficient.name for coefficient in self.coefficients.values()}
            label = name if name not in taken else f"{name}__{len(self.coefficients)}"
            self.coefficients[key] = Coefficient(label, steps.astype(np.int64), exponent)
        return Symbol(self.coefficients[key].name)

    def at(self, expression: Expression, exponent: int) -> Expression:
        """The expression in integer steps of 2**exponent."""
        if self.natural(expression) == _FREE:
            return self.constant(expression, exponent)
        match expression:
            case Symbol():
                return _shifted(expression, self.exponents[expression] - exponent)
            case Unary("-", operand):
                return Unary("-", self.at(operand, exponent))
            case Binary("+" | "-" as operator, left, right):
                return Binary(operator, self.at(left, exponent), self.at(right, exponent))
            case Binary("*", left, right):
                return self._product(left, right, exponent)
            case Binary("/", left, right) if self.natural(right) == _FREE:
                return self._product(Binary("/", Constant(1.0), right), left, exponent)
            case Select(condition, then, otherwise):
                return Select(self.condition(condition), self.at(then, exponent), self.at(otherwise, exponent))
            case Flush(operand):
                return self.at(operand, exponent)
            case Call("abs" | "clip" as function, arguments):
                return Call(function, tuple(self.at(argument, exponent) for argument in arguments))
        raise UnsupportedByTarget(
            f"{_named(expression)} in {self.where}", "fixed point", "use sums, products, clip, abs and conditions"
        )

    def _product(self, left: Expression, right: Expression, exponent: int) -> Expression:
        if self.natural(right) == _FREE:
            left, right = right, left
        if self.natural(left) == _FREE:
            scale = self.natural(right)
            return Binary("*", self.constant(left, exponent - scale), self.at(right, scale))
        scales = self.natural(left), self.natural(right)
        product = Binary("*", self.at(left, scales[0]), self.at(right, scales[1]))
        return _shifted(product, sum(scales) - exponent)

    def condition(self, expression: Expression) -> Expression:
        """A truth value whose compared sides stand at one scale."""
        match expression:
            case Symbol(name) if name == ACTIVE:
                return expression
            case Constant(bool()):
                return expression
            case Unary("not", operand):
                return Unary("not", self.condition(operand))
            case Binary("and" | "or" as operator, left, right):
                return Binary(operator, self.condition(left), self.condition(right))
            case Binary("<" | "<=" | ">" | ">=" | "==" | "!=" as operator, left, right):
                scale = min(self.natural(left), self.natural(right))
                return Binary(operator, self.at(left, scale), self.at(right, scale))
        raise UnsupportedByTarget(f"{_named(expression)} in {self.where}", "fixed point", "write a comparison")

    def stored(self, expression: Expression, form: Format) -> Expression:
        """The expression in steps of a format, rounded to nearest once."""
        match expression:
            case Select(condition, then, otherwise):
                return Select(self.condition(condition), self.stored(then, form), self.stored(otherwise, form))
            case Flush(operand):
                return self.stored(operand, form)
        fraction = max(0, form.exponent - self.natural(expression)) if self.natural(expression) != _FREE else 0
        fraction = max(fraction, self._decay_bits(expression))
        value = self.at(expression, form.exponent - fraction)
        return RoundShift(value, fraction) if fraction else value

    def _decay_bits(self, expression: Expression) -> int:
        """log2(tau/dt) + guard bits for a factor just below one."""
        bits = 0
        for part in walk(expression):
            if isinstance(part, Symbol) and part.name in self.numbers and part not in self.exponents:
                distance = np.abs(1.0 - np.abs(self.numbers[part.name]))
                close = distance[(distance > 0) & (distance < 0.5)]
                if close.size and part.name.startswith(("a__", "h__")):
                    bits = max(bits, math.ceil(-math.log2(float(close.min()))) + self.rules.guard_bits)
        return bits


def _parts(expression: Expression) -> tuple[Expression, ...]:
    """Parts that carry the scale: a condition does not."""
    match expression:
        case Select(_, then, otherwise):
            return (then, otherwise)
        case Unary(_, operand) | Flush(operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
    return ()


def _shifted(expression: Expression, bits: int) -> Expression:
    if bits > 0:
        return Binary("*", expression, Constant(1 << bits))
    return RoundShift(expression, -bits) if bits < 0 else expression


def _named(expression: Expression) -> str:
    match expression:
        case Call(function, _):
            return f"the function {function}"
        case Binary(operator, _, _) | Unary(operator, _):
            return f"the operator {operator!r}"
    return f"a {type(expression).__name__.lower()}"


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
            scale = 0 if scale == _FREE else scale
            threshold = Threshold(scaled.at(part.threshold.left, scale), scaled.at(part.threshold.right, scale))
        reset = tuple(self._assignment(scaled, part.name, item) for item in part.reset)
        return replace(
            part,
            states=self._states(part),
            coefficients=tuple(scaled.coefficients.values()),
            update=update,
            threshold=threshold,
            reset=reset,
        )

    def projection(self, part: ProjectionProgram) -> ProjectionProgram:
        exponents = {Symbol(state.name): self.formats[part.name, state.name].exponent for state in part.states}
        for scope, name in ((Scope.PRE, part.source), (Scope.POST, part.target)):
            exponents |= {
                Symbol(variable, scope): form.exponent
                for (population, variable), form in self.formats.items()
                if population == name
            }
        numbers = {c.name: c.values for c in part.coefficients}
        scaled = _Scaled(exponents, numbers, f"projection {part.name!r}", self.rules)
        owner = {Scope.OWN: part.name, Scope.PRE: part.source, Scope.POST: part.target}
        on_pre = tuple(self._assignment(scaled, owner[item.target.scope], item) for item in part.on_pre)
        return replace(
            part, states=self._states(part), coefficients=tuple(scaled.coefficients.values()), on_pre=on_pre
        )

    def input(self, part: InputProgram) -> InputProgram:
        form = self.formats[part.population, part.variable]
        return replace(part, values=_steps(part.values, form))

    def operation(self, part: OperationProgram, program: StepProgram) -> OperationProgram:
        population = program.population(part.population)
        scaled = self._scaled(population, part.coefficients, f"operation {part.name!r}")
        statements = tuple(self._assignment(scaled, population.name, item) for item in part.statements)
        return replace(part, statements=statements, coefficients=tuple(scaled.coefficients.values()))

    def _scaled(self, part: PopulationProgram, coefficients: Iterable[Coefficient], where: str) -> _Scaled:
        exponents = {Symbol(state.name): self.formats[part.name, state.name].exponent for state in part.states}
        return _Scaled(exponents, {c.name: c.values for c in coefficients}, where, self.rules)

    def _states(self, part: PopulationProgram | ProjectionProgram) -> tuple[State, ...]:
        forms = {state.name: self.formats[part.name, state.name] for state in part.states}
        return tuple(State(s.name, _steps(s.initial, forms[s.name]), forms[s.name]) for s in part.states)

    def _assignment(self, scaled: _Scaled, owner: str, part: Assignment) -> Assignment:
        return replace(part, value=scaled.stored(part.value, self.formats[owner, part.target.name]))


def _steps(values: npt.NDArray[Any], form: Format) -> npt.NDArray[np.int64]:
    """Values as integer steps of a format, rounded to nearest and saturated."""
    steps = np.floor(np.ldexp(np.asarray(values, dtype=np.float64), -form.exponent) + 0.5)
    return np.clip(steps, form.lowest, form.highest).astype(np.int64)
