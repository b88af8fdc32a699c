"""Expressions: a tree of integer arithmetic becomes Verilog values, each as wide as it can become.

Sums stay one line, computed in the width that its largest part asks for, so that nothing wraps. Everything else
(products, shifts, choices, comparisons) gets a name of its own, so that :mod:`rtl_export.core.datapath` can put a
register between any two. All numbers are signed; truth values are one unsigned bit and turn into numbers only where
arithmetic uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from neuro.compiler.ir import Binary, Call, Constant, Expression, Format, RoundShift, Select, Symbol, Unary
from neuro.errors import InvalidInput, UnsupportedByTarget
from rtl_export.core.intervals import BOOLEAN, Interval

TARGET = "Verilog"
"""This target's name in messages."""

_FLAGS = ("1'b0", "1'b1")
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_LOGIC: Mapping[str, str] = MappingProxyType({"and": "&&", "or": "||"})
_ARITHMETIC: Mapping[str, Callable[[Interval, Interval], Interval]] = MappingProxyType(
    {"+": Interval.__add__, "-": Interval.__sub__, "*": Interval.__mul__}
)


class Shape(Enum):
    """What an operand's text is: a name or literal, a product, or a sum; the last two need parentheses and room."""

    ATOM = 0
    PRODUCT = 1
    SUM = 2


@dataclass(frozen=True, slots=True)
class Operand:
    """A value in Verilog: its text, where it lies, and the width in bits that computing it takes.

    ``boolean`` marks one unsigned bit; everything else is signed.
    """

    text: str
    interval: Interval
    width: int
    boolean: bool = False
    shape: Shape = Shape.ATOM

    def inside(self, loosest: Shape) -> str:
        """The text as part of an expression that binds tighter than shapes beyond ``loosest``; two signs never meet."""
        loose = self.shape.value > loosest.value or self.text.startswith("-")
        return f"({self.text})" if loose else self.text


@dataclass(frozen=True, slots=True)
class Wire:
    """A named intermediate value of ``width`` bits, signed or not, or one unsigned bit where ``boolean``."""

    name: str
    width: int
    text: str
    boolean: bool = False
    comment: str = ""
    signed: bool = True

    @property
    def declaration(self) -> str:
        """The whole line, for a net that is assigned continuously."""
        remark = f"   // {self.comment}" if self.comment else ""
        return f"wire {self.type}{self.name} = {self.text};{remark}"

    @property
    def type(self) -> str:
        """What stands before the name in a declaration, a space included; nothing for one bit."""
        if self.boolean:
            return ""
        return f"{'signed ' if self.signed else ''}[{self.width - 1}:0] "


def literal(value: int) -> Operand:
    """A signed literal that is just wide enough (and, for negative ones, for its magnitude too), 2 bits at least."""
    width = max(Interval.of((value, -value)).width, 2)
    return Operand(f"{'-' if value < 0 else ''}{width}'sd{abs(value)}", Interval(value, value), width)


def named(name: str, interval: Interval, width: int | None = None) -> Operand:
    """A signed signal of that name."""
    return Operand(name, interval, interval.width if width is None else width)


def flag(name: str) -> Operand:
    """A signal of one bit that is a truth value."""
    return Operand(name, BOOLEAN, 1, boolean=True)


@dataclass(slots=True)
class WirePrinter:
    """Prints expressions into wires named ``role<number>_name``.

    Args:
        role: what the wires are for; lower-case letters.
        symbols: what each symbol of the expressions means here; may be exchanged between two expressions.
        where: the circuit's part, for messages.
    """

    role: str
    symbols: Mapping[Symbol, Operand]
    where: str
    wires: list[Wire] = field(default_factory=list)
    _name: str = ""
    _count: int = 0

    def value(self, name: str, expression: Expression) -> Operand:
        """A name or literal that holds the expression as a number; ``name`` is the variable that it is about."""
        self._name = name
        return self._atom(self._number(self._print(expression)))

    def stored(self, target: str, name: str, expression: Expression, form: Format) -> Operand:
        """The expression in the format's width, saturated where it could leave the format.

        It gets the name ``target``, unless it is a signal of that width already.
        """
        operand = self.value(name, expression)
        allowed = Interval(form.lowest, form.highest)
        if operand.width == form.bits and allowed.holds(operand.interval):
            return operand
        if allowed.holds(operand.interval):
            self.wires.append(Wire(target, form.bits, narrowed(operand, form.bits)))
            return Operand(target, operand.interval, form.bits)
        if operand.interval.low == operand.interval.high:
            value = min(max(operand.interval.low, form.lowest), form.highest)
            return Operand(sized(value, form.bits), Interval(value, value), form.bits)
        low, high = (sized(bound, form.bits) for bound in (form.lowest, form.highest))
        below, above = literal(form.lowest).text, literal(form.highest).text
        text = (
            f"({operand.text} < {below}) ? {low} : ({operand.text} > {above}) ? {high} : "
            f"{operand.text}[{form.bits - 1}:0]"
        )
        self.wires.append(Wire(target, form.bits, text, comment="saturates"))
        return Operand(target, allowed, form.bits)

    def _atom(self, operand: Operand) -> Operand:
        """The operand under a name of its own, if it is more than a name or literal."""
        if operand.shape is Shape.ATOM:
            return operand
        return self._wire(operand.text, operand.interval, operand.width)

    def _wire(self, text: str, interval: Interval, width: int, comment: str = "") -> Operand:
        self._count += 1
        name = f"{self.role}{self._count}_{self._name}"
        self.wires.append(Wire(name, width, text, comment=comment))
        return Operand(name, interval, width)

    def _flag(self, text: str) -> Operand:
        self._count += 1
        name = f"{self.role}{self._count}_{self._name}"
        self.wires.append(Wire(name, 1, text, boolean=True))
        return flag(name)

    def _number(self, operand: Operand) -> Operand:
        if not operand.boolean:
            return operand
        if operand.text in _FLAGS:
            return literal(_FLAGS.index(operand.text))
        return Operand(f"$signed({{1'b0, {operand.text}}})", BOOLEAN, 2, shape=Shape.PRODUCT)

    def _truth(self, operand: Operand) -> Operand:
        return operand if operand.boolean else self._flag(f"{self._atom(operand).text} != {literal(0).text}")

    def _print(self, expression: Expression) -> Operand:
        match expression:
            case Constant(bool() as value):
                return flag(_FLAGS[value])
            case Constant(value) if float(value).is_integer():
                return literal(int(value))
            case Symbol():
                return self._symbol(expression)
            case Unary("-", operand):
                inner = self._number(self._print(operand))
                width = max((-inner.interval).width, inner.width)
                return Operand(f"-{inner.inside(Shape.ATOM)}", -inner.interval, width, shape=Shape.SUM)
            case Unary("not", operand):
                return self._flag(f"!{self._truth(self._print(operand)).text}")
            case Binary():
                return self._binary(expression)
            case Call(function, arguments):
                return self._call(function, [self._number(self._print(argument)) for argument in arguments])
            case Select():
                return self._select(expression)
            case RoundShift(operand, bits):
                return self._round_shift(self._number(self._print(operand)), bits)
        raise UnsupportedByTarget(
            f"{type(expression).__name__} {expression} in {self.where}", TARGET, "quantise the circuit first"
        )

    def _symbol(self, symbol: Symbol) -> Operand:
        if symbol not in self.symbols:
            known = sorted({known.name for known in self.symbols})
            raise InvalidInput(
                f"{self.where} reads {symbol.name!r} ({symbol.scope.value}); it may read {', '.join(known)}"
            )
        return self.symbols[symbol]

    def _binary(self, expression: Binary) -> Operand:
        name = expression.operator
        left, right = self._print(expression.left), self._print(expression.right)
        if name in _LOGIC:
            return self._flag(f"{self._truth(left).text} {_LOGIC[name]} {self._truth(right).text}")
        left, right = self._number(left), self._number(right)
        if name in _COMPARISONS:
            # Each side on its own: a comparison gives its operands no more room than they have.
            return self._flag(f"{self._atom(left).text} {name} {self._atom(right).text}")
        if name not in _ARITHMETIC:
            raise UnsupportedByTarget(f"operator {name!r} in {self.where}", TARGET, "use + - * and comparisons")
        interval = _ARITHMETIC[name](left.interval, right.interval)
        width = max(interval.width, left.width, right.width)
        if name == "*":
            return self._wire(f"{self._atom(left).text} * {self._atom(right).text}", interval, width)
        text = f"{left.text} {name} {right.inside(Shape.PRODUCT if name == '-' else Shape.SUM)}"
        return Operand(text, interval, width, shape=Shape.SUM)

    def _select(self, expression: Select) -> Operand:
        condition = self._truth(self._print(expression.condition))
        then, otherwise = self._print(expression.then), self._print(expression.otherwise)
        if then.boolean and otherwise.boolean:
            return self._flag(f"{condition.text} ? {then.text} : {otherwise.text}")
        return self._choice(condition.text, self._number(then), self._number(otherwise))

    def _choice(self, condition: str, then: Operand, otherwise: Operand, interval: Interval | None = None) -> Operand:
        lies = then.interval.hull(otherwise.interval) if interval is None else interval
        width = max(then.width, otherwise.width, lies.width)
        return self._wire(f"{condition} ? {then.text} : {otherwise.text}", lies, width)

    def _call(self, function: str, arguments: list[Operand]) -> Operand:
        values = [self._atom(argument) for argument in arguments]
        match function, values:
            case "min", [left, right]:
                return self._minimum(left, right)
            case "max", [left, right]:
                return self._maximum(left, right)
            case "clip", [value, low, high]:
                return self._minimum(self._maximum(value, low), high)
            case "abs", [value]:
                width = max((-value.interval).width, value.width)
                negated = Operand(f"-{value.inside(Shape.ATOM)}", -value.interval, width)
                return self._choice(f"({value.text} < {literal(0).text})", negated, value, abs(value.interval))
        raise UnsupportedByTarget(f"function {function!r} in {self.where}", TARGET, "use min, max, clip or abs")

    def _minimum(self, left: Operand, right: Operand) -> Operand:
        return self._choice(f"({left.text} < {right.text})", left, right, left.interval.minimum(right.interval))

    def _maximum(self, left: Operand, right: Operand) -> Operand:
        return self._choice(f"({left.text} > {right.text})", left, right, left.interval.maximum(right.interval))

    def _round_shift(self, value: Operand, bits: int) -> Operand:
        half = literal(1 << (bits - 1))
        total = value.interval + half.interval
        width = max(total.width, value.width, bits + 1)
        raised = self._wire(
            f"{value.text} + {half.text}", total, width, "half a step more: the shift rounds to nearest"
        )
        return self._wire(f"{raised.text}[{width - 1}:{bits}]", value.interval.rounded(bits), width - bits)


def narrowed(operand: Operand, width: int) -> str:
    """Text that gives a wire of ``width`` bits the operand's value; the value must fit."""
    if operand.width <= width:
        return operand.text
    if operand.interval.low == operand.interval.high:
        return sized(operand.interval.low, width)
    return f"{operand.text}[{width - 1}:0]"


def sized(value: int, width: int) -> str:
    """A signed literal of exactly ``width`` bits; hexadecimal only where a decimal number has no room."""
    if value == -(1 << (width - 1)) or width == 1:
        return f"{width}'sh{value % (1 << width):x}"
    return f"{'-' if value < 0 else ''}{width}'sd{abs(value)}"
