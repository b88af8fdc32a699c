"""Expressions of the shared language: parsed from text, evaluated on arrays, split into linear parts.

The language is the part of Brian2's that every target can be asked for: numbers, names, ``+ - * / % **``,
comparison, ``and or not``, ``int(condition)`` and the functions in ``FUNCTIONS``. Text is read with Python's
own parser and only these node types are accepted; nothing is ever executed.
"""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from neuro.arrays import AnyArray
from neuro.compiler.ir import (
    ACTIVE,
    FLUSH_BELOW,
    TOTALS,
    Binary,
    Call,
    Constant,
    Expression,
    Flush,
    RoundShift,
    Select,
    Symbol,
    Unary,
    children,
    symbols,
)
from neuro.counter_hash import random_bits, random_normal, random_poisson
from neuro.errors import EquationError

Numbers = float | AnyArray
"""A number, or an array that broadcasts with others."""


def _exprel(x: Numbers) -> AnyArray:
    """(exp(x) - 1) / x, 1 at x = 0."""
    safe = np.where(np.equal(x, 0.0), 1.0, x)
    return np.where(np.equal(x, 0.0), 1.0, np.expm1(safe) / safe)


FUNCTIONS: Mapping[str, tuple[int, Callable[..., Numbers]]] = MappingProxyType(
    {
        "abs": (1, np.abs),
        "arccos": (1, np.arccos),
        "arcsin": (1, np.arcsin),
        "arctan": (1, np.arctan),
        "ceil": (1, np.ceil),
        "clip": (3, np.clip),
        "cos": (1, np.cos),
        "cosh": (1, np.cosh),
        "exp": (1, np.exp),
        "exprel": (1, _exprel),
        "floor": (1, np.floor),
        "log": (1, np.log),
        "log10": (1, np.log10),
        "random_bits": (3, random_bits),
        "random_normal": (3, random_normal),
        "random_poisson": (4, random_poisson),
        "sign": (1, np.sign),
        "sin": (1, np.sin),
        "sinh": (1, np.sinh),
        "sqrt": (1, np.sqrt),
        "tan": (1, np.tan),
        "tanh": (1, np.tanh),
    }
)
"""Name -> (number of arguments, numpy implementation): Brian2's own under the same name, and ``random_...``."""

_OPERATORS: Mapping[str, tuple[type[ast.AST], Callable[[Numbers, Numbers], Numbers]]] = MappingProxyType(
    {
        "+": (ast.Add, np.add),
        "-": (ast.Sub, np.subtract),
        "*": (ast.Mult, np.multiply),
        "/": (ast.Div, np.true_divide),
        "%": (ast.Mod, np.mod),
        "**": (ast.Pow, np.power),
        "<": (ast.Lt, np.less),
        "<=": (ast.LtE, np.less_equal),
        ">": (ast.Gt, np.greater),
        ">=": (ast.GtE, np.greater_equal),
        "==": (ast.Eq, np.equal),
        "!=": (ast.NotEq, np.not_equal),
        "and": (ast.And, np.logical_and),
        "or": (ast.Or, np.logical_or),
    }
)
"""Operator -> (how Python's parser calls it, numpy implementation)."""

_SIGNS: Mapping[type[ast.AST], str] = MappingProxyType({kind: sign for sign, (kind, _) in _OPERATORS.items()})

_LARGEST = sys.float_info.max

ZERO = Constant(0.0)
ONE = Constant(1.0)


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of code as written: ``name operator value`` with operator ``=``, ``+=``, ``-=``, ``*=`` or ``/=``."""

    name: str
    operator: str
    value: Expression


def parse_expression(text: str) -> Expression:
    """The expression that ``text`` writes down.

    Raises:
        EquationError: not an expression of the shared language.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise EquationError(f"{text!r} is not an expression ({error.__class__.__name__})") from None
    return _convert(tree, text)


def parse_statements(code: str) -> tuple[Statement, ...]:
    """The statements of a reset, on_pre or operation text, in order."""
    try:
        lines = ast.parse("\n".join(line.strip() for line in code.splitlines())).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise EquationError(f"{code!r} is not a list of statements ({error.__class__.__name__})") from None
    return tuple(_statement(line, code) for line in lines)


def _statement(line: ast.stmt, code: str) -> Statement:
    match line:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return Statement(name, "=", _convert(value, code))
        case ast.AugAssign(target=ast.Name(id=name), op=operator, value=value) if type(operator) in (
            ast.Add,
            ast.Sub,
            ast.Mult,
            ast.Div,
        ):
            return Statement(name, _SIGNS[type(operator)] + "=", _convert(value, code))
    raise EquationError(
        f"{ast.unparse(line)!r} in {code!r}: only 'name = ...' and 'name += ...' (-=, *=, /=) are allowed"
    )


def _convert(node: ast.AST, text: str) -> Expression:
    match node:
        case ast.Constant(value=bool() as truth):
            return Constant(truth)
        case ast.Constant(value=int() | float() as number):
            return _number(number, text)
        case ast.Name(id=name):
            return Symbol(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _convert(operand, text)
            return Constant(-inner.value) if isinstance(inner, Constant) else Unary("-", inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _convert(operand, text)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Unary("not", _convert(operand, text))
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _SIGNS:
            return Binary(_SIGNS[type(operator)], _convert(left, text), _convert(right, text))
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _SIGNS:
            return Binary(_SIGNS[type(operator)], _convert(left, text), _convert(right, text))
        case ast.BoolOp(op=operator, values=values):
            result = _convert(values[0], text)
            for value in values[1:]:
                result = Binary(_SIGNS[type(operator)], result, _convert(value, text))
            return result
        case ast.Call(func=ast.Name(id="int"), args=[condition], keywords=[]):
            return Select(_condition(condition, text), ONE, ZERO)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, arguments, text)
    raise EquationError(f"{ast.unparse(node)!r} in {text!r} is outside the supported language")


def _number(number: float, text: str) -> Constant:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise EquationError(f"a number in {text!r} is too large; numbers up to {_LARGEST:.3g} are allowed")
    return Constant(value)


def _condition(node: ast.expr, text: str) -> Expression:
    """The argument of ``int``: Brian2 rounds a number towards zero there, which no target here does."""
    inner = _convert(node, text)
    if _is_truth(inner):
        return inner
    given = ast.unparse(node)
    raise EquationError(f"int({given}) in {text!r}: only a condition is allowed in int, such as int({given} > 0)")


def _is_truth(expression: Expression) -> bool:
    match expression:
        case Binary("<" | "<=" | ">" | ">=" | "==" | "!=" | "and" | "or", _, _) | Unary("not", _) | Constant(bool()):
            return True
        case Symbol(name):
            return name == ACTIVE
    return False


def _call(name: str, arguments: list[ast.expr], text: str) -> Expression:
    takes = 1 if name in TOTALS else FUNCTIONS.get(name, (None,))[0]
    if takes is None:
        raise EquationError(f"function {name!r} in {text!r} is not supported; {', '.join(FUNCTIONS)} and int are")
    if len(arguments) != takes:
        raise EquationError(f"{name} in {text!r} has {len(arguments)} arguments; it takes {takes}")
    return Call(name, tuple(_convert(argument, text) for argument in arguments))


def replace(expression: Expression, substitution: Callable[[Expression], Expression | None]) -> Expression:
    """The expression with every part for which ``substitution`` gives one replaced by it, top down."""
    found = substitution(expression)
    if found is not None:
        return found
    parts = tuple(replace(child, substitution) for child in children(expression))
    match expression:
        case Unary(operator, _):
            return Unary(operator, *parts)
        case Binary(operator, _, _):
            return Binary(operator, *parts)
        case Call(function, _):
            return Call(function, parts)
        case Select():
            return Select(*parts)
        case RoundShift(_, bits):
            return RoundShift(parts[0], bits)
        case Flush():
            return Flush(parts[0])
    return expression


def evaluate(expression: Expression, values: Mapping[str, Numbers]) -> Numbers:
    """The value of an expression where names have the given values (scalars or arrays that broadcast)."""
    match expression:
        case Constant(value):
            return value
        case Symbol(name):
            return values[name]
        case Unary("-", operand):
            return -evaluate(operand, values)
        case Unary(_, operand):
            return np.logical_not(evaluate(operand, values))
        case Binary(operator, left, right):
            return _OPERATORS[operator][1](evaluate(left, values), evaluate(right, values))
        case Call(function, arguments):
            return FUNCTIONS[function][1](*(evaluate(argument, values) for argument in arguments))
        case Select(condition, then, otherwise):
            return np.where(evaluate(condition, values), evaluate(then, values), evaluate(otherwise, values))
        case Flush(operand):
            kept = evaluate(operand, values)
            return np.where(np.abs(kept) < FLUSH_BELOW, 0.0, kept)
        case RoundShift(operand, bits):
            return np.asarray(np.add(evaluate(operand, values), 1 << (bits - 1))) >> bits


def add(left: Expression, right: Expression) -> Expression:
    """``left + right``, without adding literal zeros."""
    if left == ZERO:
        return right
    return left if right == ZERO else Binary("+", left, right)


def multiply(left: Expression, right: Expression) -> Expression:
    """``left * right``, without multiplying by literal zero or one."""
    if ZERO in (left, right):
        return ZERO
    if left == ONE:
        return right
    return left if right == ONE else Binary("*", left, right)


def negate(operand: Expression) -> Expression:
    """``-operand``."""
    return Constant(-operand.value) if isinstance(operand, Constant) else Unary("-", operand)


def linear_parts(expression: Expression, names: Collection[str]) -> tuple[dict[str, Expression], Expression] | None:
    """Split an expression into ``sum_j coefficient_j * name_j + rest``.

    Returns:
        (name -> coefficient, rest), all free of ``names``; None where the expression is not linear in them.
    """
    if not any(symbol.name in names for symbol in symbols(expression)):
        return {}, expression
    match expression:
        case Symbol(name):
            return {name: ONE}, ZERO
        case Unary("-", operand):
            return _scaled(linear_parts(operand, names), Constant(-1.0))
        case Binary("+" | "-" as operator, left, right):
            first, second = linear_parts(left, names), linear_parts(right, names)
            return _summed(first, _scaled(second, Constant(-1.0)) if operator == "-" else second)
        case Binary("*", left, right):
            first, second = linear_parts(left, names), linear_parts(right, names)
            if first is not None and not first[0]:
                return _scaled(second, left)
            return _scaled(first, right) if second is not None and not second[0] else None
        case Binary("/", left, right):
            if any(symbol.name in names for symbol in symbols(right)):
                return None
            return _scaled(linear_parts(left, names), Binary("/", ONE, right))
    return None


_Parts = tuple[dict[str, Expression], Expression]


def _scaled(parts: _Parts | None, factor: Expression) -> _Parts | None:
    if parts is None:
        return None
    return {name: multiply(factor, value) for name, value in parts[0].items()}, multiply(factor, parts[1])


def _summed(left: _Parts | None, right: _Parts | None) -> _Parts | None:
    if left is None or right is None:
        return None
    total = dict(left[0])
    for name, value in right[0].items():
        total[name] = add(total.get(name, ZERO), value)
    return total, add(left[1], right[1])
