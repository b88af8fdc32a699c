"""Blocks of statements: names of their own, random draws, truth values and whole numbers.

A name that a block assigns and nothing declares lives in that block only. It is written out where it is read; where
what it was made from has changed by then, it becomes a state of the part that nobody else can name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from neuro.compiler.expressions import DRAWS, ONE, ZERO, Statement, is_truth, parse_statements
from neuro.compiler.expressions import replace as replaced
from neuro.compiler.ir import Binary, Call, Constant, Expression, Select, Symbol, symbols
from neuro.counter_hash import stream_seed

DRAW = "draw__"
"""How the coefficients begin that hold the seed of a random draw."""

_UNIFORM_STEPS = Constant(4294967296.0)
_CALL = re.compile(rf"\b({'|'.join(DRAWS)})\s*\(")


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Statements whose targets are all declared, or ``kept``: states of the part that only this block can name."""

    statements: tuple[Statement, ...]
    kept: tuple[str, ...]


def read_block(code: str, block: str, declared: Callable[[str], bool]) -> CodeBlock:
    """The statements of a code text.

    Args:
        code: the text.
        block: a name for it, unique in its part: draws and kept names are called after it.
        declared: whether a name is that of a variable, a parameter or anything else than a name of the block's own.
    """
    draws = Draws(block)
    given = [replace(line, value=draws.numbered(line.value)) for line in parse_statements(code)]
    kept: set[str] = set()
    while True:
        lines, stale = _written_out(given, block, declared, kept)
        if not stale:
            return CodeBlock(tuple(lines), tuple(sorted(_kept_name(name, block) for name in kept)))
        kept |= stale


def _kept_name(name: str, block: str) -> str:
    return f"kept__{block}__{name}"


def _written_out(
    given: Iterable[Statement], block: str, declared: Callable[[str], bool], kept: Collection[str]
) -> tuple[list[Statement], set[str]]:
    """(the statements without names of their own, names whose value was read after its parts had changed)."""
    values: dict[str, Expression] = {}
    changed: dict[str, set[str]] = {}
    lines, stale = [], set()
    for line in given:
        own = {name for name in values if Symbol(name) in symbols(line.value)}
        if line.name in values and line.operator != "=":
            own.add(line.name)
        for name in own:
            if changed[name] & {symbol.name for symbol in symbols(values[name])}:
                stale.add(name)
        value = replaced(line.value, lambda part: values.get(part.name) if isinstance(part, Symbol) else None)
        if declared(line.name):
            lines.append(replace(line, value=value))
            written = line.name
        else:
            if line.name in values and line.operator != "=":
                value = Binary(line.operator[:-1], values[line.name], value)
            written = line.name
            if line.name in kept:
                written = _kept_name(line.name, block)
                lines.append(Statement(written, "=", value))
                value = Symbol(written)
            values[line.name], changed[line.name] = value, set()
        for name in values:
            if name != line.name or declared(line.name):
                changed[name].add(written)
    return lines, stale


@dataclass(slots=True)
class Draws:
    """Gives each random draw of a block a number, in the order of the text."""

    block: str
    count: int = 0

    def numbered(self, expression: Expression) -> Expression:
        """The expression with ``rand()``, ``randn()`` and ``poisson(mean)`` as calls with the name of their seed."""

        def drawn(part: Expression) -> Expression | None:
            if not isinstance(part, Call) or part.function not in DRAWS:
                return None
            seed = Symbol(f"{DRAW}{self.block}_{self.count}")
            self.count += 1
            return Call(part.function, (seed, *(self.numbered(argument) for argument in part.arguments)))

        return replaced(expression, drawn)


def hashed(expression: Expression, tick: Symbol, index: Symbol) -> Expression:
    """The expression with its numbered draws as hashes of (seed, tick, index)."""

    def drawn(part: Expression) -> Expression | None:
        match part:
            case Call("rand", (seed,)):
                return Binary("/", Call("random_bits", (seed, tick, index)), _UNIFORM_STEPS)
            case Call("randn", (seed,)):
                return Call("random_normal", (seed, tick, index))
            case Call("poisson", (seed, mean)):
                return Call("random_poisson", (seed, tick, index, hashed(mean, tick, index)))
        return None

    return replaced(expression, drawn)


def draw_seed(seed: int, part: str, name: str) -> float:
    """The value of the coefficient that holds the seed of a draw."""
    return float(stream_seed(seed, part, name))


def hashed_text(code: str, block: str, index: str) -> tuple[str, tuple[str, ...]]:
    """A code text in Brian2's language with its draws as hashes, and the names of their seeds: :func:`hashed` as text.

    >>> hashed_text("v = rand()", "reset", "i")
    ('v = (random_bits(draw__reset_0, t_in_timesteps, i)/4294967296)', ('draw__reset_0',))
    """
    names: list[str] = []
    text, at = "", 0
    for match in _CALL.finditer(code):
        names.append(f"{DRAW}{block}_{len(names)}")
        end, arguments = match.end(), f"{names[-1]}, t_in_timesteps, {index}"
        if match[1] == "poisson":
            opened = f"random_poisson({arguments}, "
        else:
            end = code.index(")", end) + 1
            uniform = f"(random_bits({arguments})/4294967296)"
            opened = uniform if match[1] == "rand" else f"random_normal({arguments})"
        text += code[at : match.start()] + opened
        at = end
    return text + code[at:], tuple(names)


def as_truths(expression: Expression, truths: Collection[Symbol]) -> Expression:
    """The expression with truth values, which are stored as 0 and 1, read as conditions; ``int`` of one is a number."""

    def read(part: Expression) -> Expression | None:
        if isinstance(part, Symbol) and part in truths:
            return Binary("!=", part, ZERO)
        if isinstance(part, Call) and part.function == "trunc":
            inner = as_truths(part.arguments[0], truths)
            return Select(inner, ONE, ZERO) if is_truth(inner) else Call("trunc", (inner,))
        return None

    return replaced(expression, read) if truths else expression


def stored_as(value: Expression, target: Symbol, truths: Collection[Symbol], wholes: Collection[Symbol]) -> Expression:
    """What a variable stores: 0 or 1 of a condition, a whole number where it holds whole numbers."""
    if target in truths:
        condition = value if is_truth(value) else Binary("!=", value, ZERO)
        return Select(condition, ONE, ZERO)
    return Call("trunc", (value,)) if target in wholes and not _is_whole(value, wholes) else value


def _is_whole(value: Expression, wholes: Collection[Symbol]) -> bool:
    match value:
        case Constant(number):
            return float(number).is_integer()
        case Symbol():
            return value in wholes
        case Binary("+" | "-" | "*" | "%" | "//", left, right):
            return _is_whole(left, wholes) and _is_whole(right, wholes)
        case Select(_, then, otherwise):
            return _is_whole(then, wholes) and _is_whole(otherwise, wholes)
        case Call("trunc" | "floor" | "ceil" | "sign" | "random_bits" | "random_poisson", _):
            return True
    return False


def kept_states(blocks: Mapping[str, CodeBlock]) -> tuple[str, ...]:
    """The names that blocks keep, each a state of the part."""
    return tuple(name for block in blocks.values() for name in block.kept)
