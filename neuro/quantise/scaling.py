"""Expressions written in integer steps: every sum stands at one scale, every store rounds once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from neuro.arrays import AnyArray
from neuro.compiler.expressions import evaluate, replace
from neuro.compiler.ir import (
    ACTIVE,
    Binary,
    Call,
    Coefficient,
    Constant,
    Expression,
    Flush,
    Format,
    RoundShift,
    Select,
    Symbol,
    Unary,
    symbols,
    walk,
)
from neuro.errors import InvalidInput, UnsupportedByTarget
from neuro.quantise.formats import Rules

WIDEST = 53
"""Bits of the widest intermediate: float64, and so Brian2, holds such integers exactly."""

FREE = 10_000
"""Natural exponent of something that holds no state: it can be had at any scale."""


@dataclass(slots=True)
class Scaled:
    """Writes the expressions of one part at integer scales, collecting the coefficients they need."""

    states: Mapping[Symbol, Format]
    numbers: Mapping[str, AnyArray]
    where: str
    rules: Rules
    coefficients: dict[tuple[str, int], Coefficient] = field(default_factory=dict)

    def natural(self, expression: Expression) -> int:
        """The exponent at which an expression is exact, or loses nothing that matters."""
        match expression:
            case Symbol():
                form = self.states.get(expression)
                return FREE if form is None else form.exponent
            case Binary("*", left, right):
                parts = [self.natural(left), self.natural(right)]
                if FREE in parts:
                    states = min(parts)
                    factor = left if parts[0] == FREE else right
                    return FREE if states == FREE else states - self.fraction(factor)
                return min(parts)
            case Binary("**", base, _):
                return self.natural(base)
            case Binary("/", left, right):
                states = self.natural(left)
                return FREE if states == FREE else states - self.fraction(Binary("/", Constant(1.0), right))
        return min((self.natural(part) for part in _parts(expression)), default=FREE)

    def fraction(self, factor: Expression) -> int:
        """Fractional bits that a constant factor needs: none for an integer, else enough for its smallest value."""
        values = np.abs(np.asarray(evaluate(factor, self.numbers), dtype=np.float64))
        if np.array_equal(values, np.rint(values)):
            return 0
        return self.rules.guard_bits - math.floor(math.log2(float(values[values > 0].min())))

    def constant(self, expression: Expression, exponent: int) -> Expression:
        """A part that holds no state, as an integer number or coefficient at the given scale."""
        for symbol in sorted(symbols(expression), key=lambda symbol: symbol.name):
            if symbol.name not in self.numbers:
                raise UnsupportedByTarget(
                    f"the built-in {symbol.name!r} in {self.where}",
                    "fixed point",
                    "draw random numbers beforehand, or give time as a CurrentInput",
                )
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
        # A choice between numbers has any scale, but its condition may read a state.
        if self.natural(expression) == FREE and not self._chooses(expression):
            return self.constant(expression, exponent)
        match expression:
            case Symbol():
                return _shifted(expression, self.states[expression].exponent - exponent)
            case Unary("-", operand):
                return Unary("-", self.at(operand, exponent))
            case Binary("+" | "-" as operator, left, right):
                return Binary(operator, self.at(left, exponent), self.at(right, exponent))
            case Binary("*", left, right):
                return self._product(left, right, exponent)
            case Binary("**", base, Constant(2.0)):
                return self._product(base, base, exponent)
            case Binary("/", left, right) if self.natural(right) == FREE:
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

    def _chooses(self, expression: Expression) -> bool:
        return any(symbol in self.states or symbol.name == ACTIVE for symbol in symbols(expression))

    def _product(self, left: Expression, right: Expression, exponent: int) -> Expression:
        if self.natural(right) == FREE:
            left, right = right, left
        if self.natural(left) == FREE:
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
        chosen = self._choice(expression)
        if chosen is not None:
            then, otherwise = (_with_choice(expression, chosen, branch) for branch in (chosen.then, chosen.otherwise))
            return Select(self.condition(chosen.condition), self.stored(then, form), self.stored(otherwise, form))
        fraction = max(0, form.exponent - self.natural(expression)) if self.natural(expression) != FREE else 0
        fraction = max(fraction, self._decay_bits(expression))
        value = self.at(expression, form.exponent - fraction)
        return RoundShift(value, fraction) if fraction else value

    def _choice(self, expression: Expression) -> Select | None:
        """A choice inside a product, whose condition reads a state: it is made first, so that factors are constants."""
        names = {symbol.name for symbol in self.states} | {ACTIVE}
        for product in walk(expression):
            if isinstance(product, Binary) and product.operator in ("*", "/", "**"):
                for part in walk(product):
                    if isinstance(part, Select) and names & {symbol.name for symbol in symbols(part.condition)}:
                        return part
        return None

    def _decay_bits(self, expression: Expression) -> int:
        """log2(tau/dt) + guard bits for a factor just below one."""
        bits = 0
        for part in walk(expression):
            if isinstance(part, Symbol) and part.name in self.numbers and part not in self.states:
                distance = np.abs(1.0 - np.abs(self.numbers[part.name]))
                close = distance[(distance > 0) & (distance < 0.5)]
                if close.size and part.name.startswith(("a__", "h__")):
                    bits = max(bits, math.ceil(-math.log2(float(close.min()))) + self.rules.guard_bits)
        return bits


def _with_choice(expression: Expression, chosen: Select, branch: Expression) -> Expression:
    return replace(expression, lambda part: branch if part == chosen else None)


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


def largest_magnitude(expression: Expression, bounds: Mapping[Symbol, int]) -> int:
    """The largest absolute value of an integer expression or of any part of it, where symbols have these bounds."""
    return max(_magnitude(part, bounds) for part in walk(expression))


def _magnitude(expression: Expression, bounds: Mapping[Symbol, int]) -> int:
    match expression:
        case Constant(value):
            return abs(int(value))
        case Symbol():
            return bounds.get(expression, 1)
        case Binary("+" | "-", left, right):
            return _magnitude(left, bounds) + _magnitude(right, bounds)
        case Binary("*", left, right):
            return _magnitude(left, bounds) * _magnitude(right, bounds)
        case RoundShift(operand, bits):
            return (_magnitude(operand, bounds) >> bits) + 1
        case Unary("-", operand):
            return _magnitude(operand, bounds)
        case Select(_, then, otherwise):
            return max(_magnitude(then, bounds), _magnitude(otherwise, bounds))
        case Call(_, arguments):
            return max(_magnitude(argument, bounds) for argument in arguments)
    return 1
