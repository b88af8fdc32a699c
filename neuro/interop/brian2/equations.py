"""Brian2's Equations as text again: only what is used, with parameters that nobody writes made constant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from neuro.interop.brian2.code import Renames, identifiers, rewritten
from neuro.interop.brian2.reading import refuse, unit_text

if TYPE_CHECKING:
    from brian2.equations.equations import SingleEquation

DIFFERENTIAL, SUBEXPRESSION, PARAMETER = "differential equation", "subexpression", "parameter"


def reachable(equations: Mapping[str, SingleEquation], roots: Iterable[str]) -> set[str]:
    """Declared names that code with these names needs, through subexpressions; differential equations always."""
    found: set[str] = set()
    waiting = [*(name for name in equations if equations[name].type == DIFFERENTIAL), *roots]
    while waiting:
        name = waiting.pop()
        if name in found or name not in equations:
            continue
        found.add(name)
        if equations[name].expr is not None:
            waiting += identifiers(equations[name].expr.code)
    return found


def expressions(equations: Mapping[str, SingleEquation], names: Collection[str]) -> list[str]:
    """The right-hand sides of these declarations."""
    return [equations[name].expr.code for name in equations if name in names and equations[name].expr is not None]


def declarations(
    equations: Mapping[str, SingleEquation],
    names: Collection[str],
    constants: Collection[str],
    written: Collection[str],
    renames: Renames,
    where: str,
) -> list[str]:
    """One line for each name, in the order of the equations; ``constants`` alone get the flag ``(constant)``.

    Whole numbers become real ones, which code that only reads them can't tell apart.
    """
    for name in names:
        if equations[name].var_type == "integer" and name in written:
            refuse(f"the integer variable {name!r} of {where}, which code writes", "declare it with the unit 1")
    return [_line(equations[name], name in constants, renames, where) for name in equations if name in names]


def _line(equation: SingleEquation, constant: bool, renames: Renames, where: str) -> str:
    name, unit = equation.varname, unit_text(equation.dim)
    flags = [flag for flag in equation.flags if flag != "constant"]
    if "linked" in flags:
        refuse(f"the linked variable {name!r} of {where}", "declare it as a parameter and write it from synapses")
    if equation.var_type == "boolean":
        refuse(f"the boolean variable {name!r} of {where}", "use a number that is 0 or 1")
    if constant:
        flags = ["constant"]
    end = f" ({', '.join(flags)})" if flags else ""
    if equation.type == PARAMETER:
        return f"{name} : {unit}{end}"
    left = f"d{name}/dt" if equation.type == DIFFERENTIAL else name
    code = rewritten(" ".join(equation.expr.code.split()), renames)
    return f"{left} = {code} : {unit}{end}"
