"""Equation text read by Brian2: declarations, units, numeric values. The adapter to Brian2's language.

Brian2 parses the declarations and checks every unit; the expressions themselves become the typed trees of
:mod:`neuro.compiler.ir`. Nothing here knows circuits or targets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from neuro.arrays import FloatArray, Value
from neuro.compiler.expressions import DRAWS, FUNCTIONS, parse_expression, replace
from neuro.compiler.integrate_nonlinear import is_noise
from neuro.compiler.ir import (
    ACTIVE,
    INDEX,
    LAST_SPIKE,
    SYNAPSE,
    TICK,
    TIME,
    TOTALS,
    Call,
    Constant,
    Expression,
    Scope,
    Symbol,
    walk,
)
from neuro.compiler.statements import DRAW, Draws, as_truths, hashed_text
from neuro.counter_hash import random_bits, random_normal, random_poisson
from neuro.errors import EquationError

if TYPE_CHECKING:
    from brian2 import Equations as Brian2Equations
    from brian2 import Function
    from brian2.core.variables import Variable
    from brian2.equations.equations import SingleEquation
    from brian2.units import fundamentalunits

Dimension: TypeAlias = "fundamentalunits.Dimension"
"""Brian2's dimension of a quantity: the exponents of the base units."""

CLAMPED_FLAG = "unless refractory"
CONSTANT_FLAG = "constant"
SUMMED_FLAG = "summed"
SHARED_FLAG = "shared"
LINKED_FLAG = "linked"
PER_TICK_FLAG = "constant over dt"
EVENT_DRIVEN_FLAG = "event-driven"
SYNAPTIC_FLAGS = (EVENT_DRIVEN_FLAG, "clock-driven")
"""How Brian2 integrates a synaptic variable; in a step program both are one step per tick."""


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """The declarations of a model, in the order of the text.

    Args:
        differential: variable -> right-hand side as written; :func:`resolve` replaces the subexpressions.
        variables: names of the states: differential ones, parameters without the flag ``constant``, ``per_tick``.
        constants: names declared with the flag ``constant``.
        clamped: variables flagged ``(unless refractory)``.
        event_driven: variables of a synapse flagged ``(event-driven)``.
        summed: neuron variable -> expression, of a synapse's equations flagged ``(summed)``.
        subexpressions: name -> expression, for use in thresholds and statements.
        per_tick: name -> expression of a subexpression flagged ``(constant over dt)``, its random draws numbered.
        linked: variables flagged ``(linked)``.
        truths, wholes: variables that hold truth values and whole numbers.
        dimensions: name -> dimension of everything declared.
        text: the text as given.
    """

    differential: Mapping[str, Expression]
    variables: tuple[str, ...]
    constants: tuple[str, ...]
    clamped: frozenset[str]
    event_driven: frozenset[str]
    summed: Mapping[str, Expression]
    subexpressions: Mapping[str, Expression]
    per_tick: Mapping[str, Expression]
    linked: frozenset[str]
    truths: frozenset[str]
    wholes: frozenset[str]
    dimensions: Mapping[str, Dimension]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class SIQuantity:
    """A value in SI units, shape () or (size,), and its dimension."""

    values: FloatArray
    dimension: Dimension


def parse_equations(text: str, where: str) -> Equations:
    """Read the declarations of a model with Brian2.

    Args:
        text: Brian2 equations.
        where: for messages, e.g. ``"population 'a'"``.

    Raises:
        EquationError: Brian2 refuses the text, or it is outside the supported subset.
    """
    from brian2 import BrianObjectException
    from brian2 import Equations as Brian2Equations
    from brian2.equations.equations import EquationError as Brian2EquationError

    try:
        parsed = Brian2Equations(without_comments(text))
    except (Brian2EquationError, BrianObjectException, SyntaxError, ValueError, TypeError, KeyError) as error:
        raise EquationError(f"the equations of {where} are not Brian2 equations: {_one_line(error)}") from None
    _check_kinds(parsed, where)
    summed = {name for name in parsed if SUMMED_FLAG in parsed[name].flags}
    per_tick = {name for name in parsed if PER_TICK_FLAG in parsed[name].flags}
    # The order of declaration is the order of the text, not Brian2's (which sorts by dependence).
    names = sorted(parsed, key=lambda name: _position(text, name))
    draws = Draws("equations")
    return Equations(
        differential={
            name: _without_draws(parse_expression(parsed[name].expr.code), name, where)
            for name in names
            if name in parsed.diff_eq_names
        },
        variables=tuple(name for name in names if _is_variable(parsed[name])),
        constants=tuple(name for name in names if CONSTANT_FLAG in parsed[name].flags),
        clamped=frozenset(name for name in names if CLAMPED_FLAG in parsed[name].flags),
        event_driven=frozenset(name for name in names if EVENT_DRIVEN_FLAG in parsed[name].flags),
        summed={name: parse_expression(parsed[name].expr.code) for name in names if name in summed},
        subexpressions={
            name: _without_draws(parse_expression(parsed[name].expr.code), name, where)
            for name in parsed.subexpr_names
            if name not in summed | per_tick
        },
        per_tick={name: draws.numbered(parse_expression(parsed[name].expr.code)) for name in names if name in per_tick},
        linked=frozenset(name for name in names if LINKED_FLAG in parsed[name].flags),
        truths=frozenset(name for name in names if parsed[name].var_type == "boolean"),
        wholes=frozenset(name for name in names if parsed[name].var_type == "integer"),
        dimensions={name: parsed[name].dim for name in names},
        text=text,
    )


def _without_draws(expression: Expression, name: str, where: str) -> Expression:
    for part in walk(expression):
        if isinstance(part, Call) and part.function in DRAWS:
            raise EquationError(
                f"{name!r} of {where} calls {part.function}(): draw in code, or in a subexpression flagged "
                f"({PER_TICK_FLAG}), or write the noise xi"
            )
    return expression


def without_comments(text: str) -> str:
    """Code without what stands behind ``#``."""
    return "\n".join(line.split("#", 1)[0] for line in text.splitlines())


def _position(text: str, name: str) -> int:
    for number, line in enumerate(without_comments(text).splitlines()):
        head = line.split(":" if "=" not in line else "=", 1)[0].strip()
        if head in (name, f"d{name}/dt"):
            return number
    return len(text)


def _is_variable(equation: SingleEquation) -> bool:
    if equation.type == "differential equation" or PER_TICK_FLAG in equation.flags:
        return True
    return bool(equation.type == "parameter" and CONSTANT_FLAG not in equation.flags)


def _check_kinds(parsed: Brian2Equations, where: str) -> None:
    allowed_flags = {CLAMPED_FLAG, CONSTANT_FLAG, SUMMED_FLAG, SHARED_FLAG, LINKED_FLAG, PER_TICK_FLAG}
    allowed_flags |= set(SYNAPTIC_FLAGS)
    for name in parsed:
        equation = parsed[name]
        unknown = set(equation.flags) - allowed_flags
        if unknown:
            raise EquationError(
                f"{name!r} of {where} has the flag {min(unknown)!r}; {sorted(allowed_flags)} are supported"
            )
        shared = SHARED_FLAG in equation.flags and CONSTANT_FLAG not in equation.flags
        if shared and (equation.type != "subexpression" or PER_TICK_FLAG in equation.flags):
            raise EquationError(f"{name!r} of {where} is shared but not constant; declare it (shared, constant)")
        if "__" in name:
            raise EquationError(f"{name!r} of {where} holds two underscores in a row; rename it")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]


def quantity(value: Value, declared: Dimension | None, label: str) -> SIQuantity:
    """A given value in SI units.

    Args:
        value: number, array or Brian2 quantity.
        declared: dimension that the equations declare; a plain number then counts in its SI unit. None: the
            value brings its own dimension, and a plain number has none.
        label: for messages.

    Raises:
        EquationError: the value's dimension is not the declared one.
    """
    from brian2.units.fundamentalunits import Quantity as Brian2Quantity
    from brian2.units.fundamentalunits import get_dimensions, get_unit, have_same_dimensions

    values = np.array(value, dtype=np.float64, copy=True)
    own = get_dimensions(value)
    if declared is None:
        return SIQuantity(values, own)
    if isinstance(value, Brian2Quantity) and not have_same_dimensions(own, declared):
        raise EquationError(f"{label} has the unit {get_unit(own)!r}, but the equations declare {get_unit(declared)!r}")
    return SIQuantity(values, declared)


def second_dimension() -> Dimension:
    """The dimension of time."""
    from brian2 import second

    return second.dim


def check_units(
    equations: Equations,
    dimensions: Mapping[str, Dimension],
    conditions: Iterable[str],
    statements: Iterable[str],
    where: str,
    *,
    times: Iterable[str] = (),
    truths: Collection[str] = (),
    wholes: Collection[str] = (),
) -> None:
    """Let Brian2 check the units of equations, conditions and statements.

    Args:
        equations: the declarations.
        dimensions: name -> dimension of every name that may occur, beyond units and functions.
        conditions: texts that must be truth values, such as a threshold.
        statements: texts of assignments.
        where: for messages.
        times: texts that must be times.
        truths, wholes: names that hold truth values and whole numbers, where those are not the equations' own alone.

    Raises:
        EquationError: unknown name or contradictory units.
    """
    from brian2.equations.unitcheck import check_dimensions, check_units_statements
    from brian2.parsing.expressions import is_boolean_expression, parse_expression_dimensions
    from brian2.units.fundamentalunits import DimensionMismatchError

    # Brian2 takes no two draws in one expression; as hashes of different seeds they are functions like any other.
    conditions, statements = (
        [hashed_text(without_comments(text), "", SYNAPSE)[0] for text in texts] for texts in (conditions, statements)
    )
    declared = _declared_expressions(equations)
    times = list(times)
    texts = [*(line[1] for line in declared), *conditions, *statements, *times]
    variables = _variables(dimensions, texts, truths or equations.truths, wholes or equations.wholes)
    try:
        for name, expression, is_rate in declared:
            unit = equations.dimensions[name]
            check_dimensions(expression, unit / second_dimension() if is_rate else unit, variables)
        for condition in conditions:
            parse_expression_dimensions(condition, variables)
            if not is_boolean_expression(condition, variables):
                raise EquationError(f"{condition!r} of {where} is not a condition; write one such as 'v > v_threshold'")
        for time in times:
            check_dimensions(time, second_dimension(), variables)
        for code in statements:
            if code.strip():
                check_units_statements(code, variables)
    except DimensionMismatchError as error:
        raise EquationError(f"units of {where} contradict each other: {_one_line(error)}") from None
    except (KeyError, AssertionError, SyntaxError, TypeError, ValueError) as error:
        if isinstance(error, EquationError):
            raise
        raise EquationError(f"Brian2 can't read the code of {where}: {_one_line(error)}") from None


def _declared_expressions(equations: Equations) -> list[tuple[str, str, bool]]:
    from brian2 import Equations as Brian2Equations

    parsed = Brian2Equations(without_comments(equations.text))
    return [
        (name, hashed_text(parsed[name].expr.code, "", INDEX)[0], parsed[name].type == "differential equation")
        for name in parsed
        if parsed[name].expr is not None
    ]


def _variables(
    dimensions: Mapping[str, Dimension], texts: Iterable[str], truths: Collection[str], wholes: Collection[str]
) -> dict[str, Variable | Function]:
    """Brian2's view of the names that occur in the texts; all of its units would make it several times slower."""
    from brian2.core.functions import DEFAULT_FUNCTIONS
    from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS
    from brian2.core.variables import Constant as Brian2Constant
    from brian2.core.variables import Variable
    from brian2.utils.stringtools import get_identifiers

    used = {name for text in texts for name in get_identifiers(text)}
    own = random_functions()
    variables: dict[str, Variable | Function] = {
        name: own.get(name) or DEFAULT_FUNCTIONS[name]
        for name in (*FUNCTIONS, *DRAWS, "int", "timestep")
        if name in used and (name in own or name in DEFAULT_FUNCTIONS)
    }
    variables.update({name: value for name, value in DEFAULT_CONSTANTS.items() if name in used})
    for name in used & DEFAULT_UNITS.keys():
        unit = DEFAULT_UNITS[name]
        variables[name] = Brian2Constant(name, float(unit), dimensions=unit.dim)
    variables |= {name: function for name, function in _totals().items() if name in used}
    variables[ACTIVE] = Variable(ACTIVE, dtype=bool)
    variables |= {name: Variable(name, dtype=np.int64) for name in (TICK, INDEX, SYNAPSE)}
    variables |= {name: Variable(name) for name in used if name.startswith(DRAW)}
    variables |= {name: Variable(name, dimensions=second_dimension()) for name in (TIME, LAST_SPIKE)}
    variables |= {name: Variable(name, dimensions=second_dimension() ** -0.5) for name in used if is_noise(name)}
    for name, dimension in dimensions.items():
        kind = bool if name in truths else np.int64 if name in wholes else np.float64
        variables[name] = Variable(name, dimensions=dimension, dtype=kind)
    return variables


def random_functions() -> dict[str, Function]:
    """``random_bits``, ``random_normal`` and ``random_poisson`` as Brian2 functions, implemented in numpy."""
    from brian2 import Function

    functions = {}
    given = (("random_bits", random_bits), ("random_normal", random_normal), ("random_poisson", random_poisson))
    for name, code in given:
        names = ["seed", "tick", "index", "mean"][: FUNCTIONS[name][0]]
        function = Function(code, arg_units=[1] * len(names), arg_names=names, return_unit=1)
        function.implementations.add_implementation("numpy", code=code)
        functions[name] = function
    return functions


def _totals() -> dict[str, Function]:
    """``incoming`` and ``outgoing`` for the check of units: a sum has the unit of what is summed."""
    from brian2 import Function

    total = Function(lambda values: values, arg_units=[None], arg_names=["values"], return_unit=lambda unit: unit)
    return dict.fromkeys(TOTALS, total)


def resolve(expression: Expression, equations: Equations, known: Iterable[str], where: str) -> Expression:
    """The expression with subexpressions, units (``mV``) and constants (``pi``) replaced by what they mean.

    Raises:
        EquationError: a name is neither declared nor given nor a unit.
    """
    from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS

    names = set(known)

    def resolved(part: Expression) -> Expression | None:
        if not isinstance(part, Symbol) or part.name in names or part.name == ACTIVE or is_noise(part.name):
            return None
        if "__" in part.name or part.scope is not Scope.OWN:
            return None  # Nobody but the compiler names anything so.
        if part.name in equations.subexpressions:
            return replace(equations.subexpressions[part.name], resolved)
        if part.name in DEFAULT_UNITS:
            return Constant(float(DEFAULT_UNITS[part.name]))
        if part.name in DEFAULT_CONSTANTS:
            return Constant(float(DEFAULT_CONSTANTS[part.name].value))
        raise EquationError(
            f"{part.name!r} in the code of {where} is unknown; declare it, or give it as a parameter "
            f"(known: {', '.join(sorted(names))})"
        )

    return as_truths(replace(expression, resolved), {Symbol(name) for name in equations.truths})
