"""The words of a printed kernel: lines, argument names, expressions, and the import of the functions that it calls."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from neuro.compiler.ir import (
    FLUSH_BELOW,
    FLUSH_EVERY,
    Binary,
    Call,
    Coefficient,
    Constant,
    Expression,
    Flush,
    Format,
    PopulationProgram,
    RoundShift,
    Select,
    Symbol,
    Unary,
    walk,
)

_FUNCTIONS = MappingProxyType(
    {
        "abs": "abs({0})",
        "arccos": "math.acos({0})",
        "arcsin": "math.asin({0})",
        "arctan": "math.atan({0})",
        "ceil": "math.ceil({0})",
        "clip": "min(max({0}, {1}), {2})",
        "cos": "math.cos({0})",
        "cosh": "math.cosh({0})",
        "exp": "math.exp({0})",
        "expm1": "math.expm1({0})",
        "exprel": "exprel({0})",
        "floor": "math.floor({0})",
        "log": "math.log({0})",
        "log10": "math.log10({0})",
        "log1p": "math.log1p({0})",
        "max": "max({0}, {1})",
        "min": "min({0}, {1})",
        "random_bits": "random_bits({0}, {1}, {2})",
        "random_normal": "random_normal({0}, {1}, {2})",
        "random_poisson": "random_poisson({0}, {1}, {2}, {3}, poisson_limits, poisson_others)",
        "sign": "sign({0})",
        "sin": "math.sin({0})",
        "sinh": "math.sinh({0})",
        "sqrt": "math.sqrt({0})",
        "tan": "math.tan({0})",
        "tanh": "math.tanh({0})",
        "trunc": "np.trunc({0})",
    }
)


def part_name(kind: str, index: int, name: str) -> str:
    """Argument name of a part's array, e.g. ``part_name("p", 0, "v")`` is ``p0_v``."""
    return f"{kind}{index}_{name}"


@dataclass(slots=True)
class Lines:
    """Source lines and the arguments they mention, in first-use order.

    ``shared`` says that several threads run the circuit, each a share of its neurons; ``indexed``, that synapses
    of several delays are looked up through an index, as in 0.1.0; ``base`` is how far in the outermost lines stand.
    """

    shared: bool = False
    indexed: bool = False
    base: int = 2
    lines: list[str] = field(default_factory=list)
    arguments: dict[str, None] = field(default_factory=dict)

    def add(self, depth: int, *texts: str) -> None:
        """Append lines, ``depth`` levels further in than the outermost."""
        self.lines += ["    " * (depth + self.base) + text for text in texts]

    def use(self, *names: str) -> str:
        """Note that arguments are needed; gives the first name back."""
        for name in names:
            self.arguments[name] = None
        return names[0]


def flushes(expression: Expression) -> bool:
    """Whether an expression flushes what decays; :func:`print_expression` leaves that to :func:`print_flush`."""
    return any(isinstance(part, Flush) for part in walk(expression))


def print_flush(out: Lines, states: Sequence[str]) -> None:
    """Set what has decayed to nothing to zero, every so many ticks."""
    if states:
        out.add(0, f"if n % {FLUSH_EVERY} == 0:")
        for state in states:
            out.add(1, f"flush({state}, {FLUSH_BELOW!r})")


Names = Callable[[Symbol], str]


def print_expression(expression: Expression, names: Names) -> str:
    """The Python text of an expression; ``names`` gives the text of a symbol."""
    match expression:
        case Constant(value):
            return repr(value)
        case Symbol():
            return names(expression)
        case Unary(operator, operand):
            return f"({'not ' if operator == 'not' else '-'}{print_expression(operand, names)})"
        case Binary(operator, left, right):
            return f"({print_expression(left, names)} {operator} {print_expression(right, names)})"
        case Call(function, arguments):
            return _FUNCTIONS[function].format(*(print_expression(argument, names) for argument in arguments))
        case Select(condition, then, otherwise):
            texts = [print_expression(part, names) for part in (then, condition, otherwise)]
            return "({} if {} else {})".format(*texts)
        case RoundShift(operand, bits):
            return f"(({print_expression(operand, names)} + {1 << (bits - 1)}) >> {bits})"
        case Flush(operand):
            return print_expression(operand, names)


def stored(value: str, form: Format | None) -> str:
    """Storing into a formatted state saturates."""
    return value if form is None else f"min(max({value}, {form.lowest}), {form.highest})"


@dataclass(frozen=True, slots=True)
class PopulationNames:
    """Names of one population's arguments in the kernel."""

    index: int
    program: PopulationProgram

    def argument(self, name: str) -> str:
        """The argument that holds one of the population's arrays."""
        return part_name("p", self.index, name)

    @property
    def coefficients(self) -> dict[str, Coefficient]:
        """The population's coefficients by name."""
        return {coefficient.name: coefficient for coefficient in self.program.coefficients}


_SHARED = Path(__file__).with_name("_kernels.py")
SHARED_MODULE = f"{__package__}._kernels"
_DEFINED = re.compile(r"^def ((?!_)\w+)\(", re.MULTILINE)


def functions_for(body: str) -> str:
    """The import of every function of ``_kernels.py`` that a kernel's body calls."""
    called = [name for name in _shared_names() if re.search(rf"\b{name}\(", body)]
    return f"from {SHARED_MODULE} import {', '.join(sorted(called))}\n\n\n" if called else ""


@cache
def source_digest(path: Path = _SHARED) -> str:
    """Of the source of functions that kernels call: numba's cache looks at the caller's source only."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _shared_names() -> tuple[str, ...]:
    return tuple(_DEFINED.findall(_SHARED.read_text()))
