"""Code texts of a Brian2 network: which names they read and write, and the same text with other names.

Only Python's parser reads them; nothing is executed.
"""

from __future__ import annotations

import ast
import itertools
import keyword
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from neuro.compiler.equations import without_comments
from neuro.errors import EquationError

_DRAWS = frozenset({"rand", "randn", "poisson"})
_FOR_ALL = 1 << 31
"""The first index of draws for all neurons: no neuron has it."""

_NAME = re.compile(r"\b[A-Za-z_]\w*\b")


@dataclass(frozen=True, slots=True)
class Renames:
    """What stands for what: names for texts, calls as they are written (``stimulus(t - 2*ms)``) for texts."""

    names: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, str] = field(default_factory=dict)


def identifiers(*texts: str | None) -> set[str]:
    """Every name that occurs in the texts.

    >>> sorted(identifiers("x_post += 1e-3 * w", None))
    ['w', 'x_post']
    """
    found = {name for text in texts if text for name in _NAME.findall(without_comments(text))}
    return {name for name in found if not keyword.iskeyword(name)}


def assigned(code: str) -> set[str]:
    """The names that statements write.

    >>> sorted(assigned("v = 0; g += w"))
    ['g', 'v']
    """
    found = set()
    for line in _module(code).body:
        match line:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AugAssign(target=ast.Name(id=name)):
                found.add(name)
            case _:
                raise EquationError(f"{ast.unparse(line)!r} in {code!r} is no assignment to a variable")
    return found


def rewritten(text: str, renames: Renames) -> str:
    """An expression or statements with the renames done.

    >>> rewritten("v + stimulus(t, i)", Renames(calls={"stimulus(t, i)": "stimulus_now"}))
    'v + stimulus_now'
    """
    functions = {call.split("(", 1)[0] for call in renames.calls}
    if not identifiers(text) & {*renames.names, *functions}:
        return text
    return ast.unparse(_Rewriter(renames).visit(_module(text)))


def calls_of(texts: Iterable[str | None], functions: Collection[str]) -> dict[str, tuple[str, list[str]]]:
    """Call as it is written -> (function, texts of its arguments), of these functions.

    >>> calls_of(["v + stimulus(t - shift, i)"], ["stimulus"])
    {'stimulus(t - shift, i)': ('stimulus', ['t - shift', 'i'])}
    """
    found = {}
    for text in texts:
        if text and identifiers(text) & set(functions):
            for node in ast.walk(_module(text)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
                    arguments = [ast.unparse(argument) for argument in node.args]
                    found[ast.unparse(node)] = (node.func.id, arguments)
    return found


def read_once(code: str) -> tuple[str, str] | None:
    """(variable, call) where the code is just ``variable = function(t)`` or ``function(t, i)``; else None.

    >>> read_once("I = stimulus(t, i)")
    ('I', 'stimulus(t, i)')
    """
    match _module(code).body:
        case [ast.Assign(targets=[ast.Name(id=variable)], value=ast.Call(func=ast.Name(), args=arguments) as call)]:
            if [ast.unparse(argument) for argument in arguments] in (["t"], ["t", "i"]):
                return variable, ast.unparse(call)
    return None


def gated(code: str, condition: str, variables: Collection[str]) -> str:
    r"""Statements that change variables only where the condition holds; names of the code's own stay as they are.

    >>> gated("step = 1; v += step", "due > 0", ["v"])
    'step = 1\nv = int(due > 0) * (v + step) + int(not due > 0) * v'
    """
    lines = []
    for line in _module(code).body:
        if not assigned(ast.unparse(line)) & set(variables):
            lines.append(ast.unparse(line))
            continue
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                changed = ast.unparse(value)
            case ast.AugAssign(target=ast.Name(id=name), op=operator, value=value):
                changed = ast.unparse(ast.BinOp(ast.Name(name), operator, value))
            case _:
                raise EquationError(f"{ast.unparse(line)!r} in {code!r} is no assignment to a variable")
        lines.append(f"{name} = int({condition}) * ({changed}) + int(not {condition}) * {name}")
    return "\n".join(lines)


def drawn_for_all(code: str, shared: Collection[str]) -> str:
    r"""The code with what shared variables draw as one number for all neurons, from the seed of the circuit.

    >>> drawn_for_all("x = rand(); y = rand()", ["x"])
    'x = random_bits(seed, t_in_timesteps, 2147483648) / 4294967296\ny = rand()'
    """
    if not identifiers(code) & _DRAWS or not assigned(code) & set(shared):
        return code
    count = itertools.count(_FOR_ALL)
    lines = []
    for line in _module(code).body:
        once = assigned(ast.unparse(line)) & set(shared)
        lines.append(ast.unparse(_SharedDraws(count).visit(line) if once else line))
    return "\n".join(lines)


class _SharedDraws(ast.NodeTransformer):
    def __init__(self, count: Iterator[int]) -> None:
        self.count = count

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        stream = f"seed, t_in_timesteps, {next(self.count)}" if name in _DRAWS else ""
        self.generic_visit(node)
        if not stream:
            return node
        texts = {
            "rand": f"random_bits({stream})/4294967296",
            "randn": f"random_normal({stream})",
            "poisson": f"random_poisson({stream}, {', '.join(ast.unparse(part) for part in node.args)})",
        }
        return ast.parse(texts[name], mode="eval").body


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """The name, with a number behind it where it is taken."""
    taken, name, number = set(taken), wanted, 2
    while name in taken:
        name, number = f"{wanted}{number}", number + 1
    return name


def _module(code: str) -> ast.Module:
    lines = "\n".join(line.strip() for line in without_comments(code).splitlines())
    try:
        return ast.parse(lines)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise EquationError(f"{code!r} can't be read as Brian2 code ({error.__class__.__name__})") from None


class _Rewriter(ast.NodeTransformer):
    def __init__(self, renames: Renames) -> None:
        self.renames = renames

    def visit_Call(self, node: ast.Call) -> ast.AST:
        written = ast.unparse(node)
        if written in self.renames.calls:
            return ast.parse(self.renames.calls[written], mode="eval").body
        # A function keeps its name: only its arguments are looked into.
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.renames.names:
            return node
        return ast.parse(self.renames.names[node.id], mode="eval").body
