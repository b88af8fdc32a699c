"""Equation text read by Brian2: declarations, units, numeric values. The adapter to Brian2's language.

Brian2 parses the declarations and checks every unit; the expressions themselves become the typed trees of
:mod:`neuro.compiler.ir`. Nothing here knows circuits or targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from neuro.arrays import FloatArray, Value
from neuro.compiler.expressions import FUNCTIONS, parse_expression, replace
from neuro.compiler.integrate_nonlinear import is_noise
from neuro.compiler.ir import ACTIVE, INDEX, TICK, TIME, TOTALS, Constant, Expression, Symbol
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
EVENT_DRIVEN_FLAG = "event-driven"
SYNAPTIC_FLAGS = (EVENT_DRIVEN_FLAG, "clock-driven")
"""How Brian2 integrates a synaptic variable; in a step program both are one step per tick."""


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """The declarations of a model, in the order of the text.

    Args:
        differential: variable -> right-hand side as written; :func:`resolve` replaces the subexpressions.
        variables: names of the states: differential ones, and parameters without the flag ``constant``.
        constants: names declared with the flag ``constant``.
        clamped: variables flagged ``(unless refractory)``.
        event_driven: variables of a synapse flagged ``(event-driven)``.
        summed: neuron variable -> expression, of a synapse's equations flagged ``(summed)``.
        subexpressions: name -> expression, for use in thresholds and statements.
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
    # The order of declaration is the order of the text, not Brian2's (which sorts by dependence).
    names = sorted(parsed, key=lambda name: _position(text, name))
    return Equations(
        differential={name: parse_expression(parsed[name].expr.code) for name in names if name in parsed.diff_eq_names},
        variables=tuple(name for name in names if _is_variable(parsed[name])),
        constants=tuple(name for name in names if CONSTANT_FLAG in parsed[name].flags),
        clamped=frozenset(name for name in names if CLAMPED_FLAG in parsed[name].flags),
        event_driven=frozenset(name for name in names if EVENT_DRIVEN_FLAG in parsed[name].flags),
        summed={name: parse_expression(parsed[name].expr.code) for name in names if name in summed},
        subexpressions={
            name: parse_expression(parsed[name].expr.code) for name in parsed.subexpr_names if name not in summed
        },
        dimensions={name: parsed[name].dim for name in names},
        text=text,
    )


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
    if equation.type == "differential equation":
        return True
    return bool(equation.type == "parameter" and CONSTANT_FLAG not in equation.flags)


def _check_kinds(parsed: Brian2Equations, where: str) -> None:
    allowed_flags = {CLAMPED_FLAG, CONSTANT_FLAG, SUMMED_FLAG, "shared", *SYNAPTIC_FLAGS}
    for name in parsed:
        equation = parsed[name]
        if equation.var_type != "float":
            raise EquationError(f"{name!r} of {where} is {equation.var_type}; only real variables are supported so far")
        unknown = set(equation.flags) - allowed_flags
        if unknown:
            raise EquationError(
                f"{name!r} of {where} has the flag {min(unknown)!r}; {sorted(allowed_flags)} are supported"
            )
        if "shared" in equation.flags and CONSTANT_FLAG not in equation.flags:
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
) -> None:
    """Let Brian2 check the units of equations, conditions and statements.

    Args:
        equations: the declarations.
        dimensions: name -> dimension of every name that may occur, beyond units and functions.
        conditions: texts that must be truth values, such as a threshold.
        statements: texts of assignments.
        where: for messages.

    Raises:
        EquationError: unknown name or contradictory units.
    """
    from brian2.equations.unitcheck import check_dimensions, check_units_statements
    from brian2.parsing.expressions import is_boolean_expression, parse_expression_dimensions
    from brian2.units.fundamentalunits import DimensionMismatchError

    conditions, statements = list(conditions), list(statements)
    declared = _declared_expressions(equations)
    variables = _variables(dimensions, [*(line[1] for line in declared), *conditions, *statements])
    try:
        for name, expression, is_rate in declared:
            unit = equations.dimensions[name]
            check_dimensions(expression, unit / second_dimension() if is_rate else unit, variables)
        for condition in conditions:
            parse_expression_dimensions(condition, variables)
            if not is_boolean_expression(condition, variables):
                raise EquationError(f"{condition!r} of {where} is not a condition; write one such as 'v > v_threshold'")
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
        (name, parsed[name].expr.code, parsed[name].type == "differential equation")
        for name in parsed
        if parsed[name].expr is not None
    ]


def _variables(dimensions: Mapping[str, Dimension], texts: Iterable[str]) -> dict[str, Variable | Function]:
    """Brian2's view of the names that occur in the texts; all of its units would make it several times slower."""
    from brian2.core.functions import DEFAULT_FUNCTIONS
    from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS
    from brian2.core.variables import Constant as Brian2Constant
    from brian2.core.variables import Variable
    from brian2.utils.stringtools import get_identifiers

    used = {name for text in texts for name in get_identifiers(text)}
    own = random_functions()
    variables: dict[str, Variable | Function] = {
        name: own.get(name) or DEFAULT_FUNCTIONS[name] for name in (*FUNCTIONS, "int") if name in used
    }
    variables.update({name: value for name, value in DEFAULT_CONSTANTS.items() if name in used})
    for name in used & DEFAULT_UNITS.keys():
        unit = DEFAULT_UNITS[name]
        variables[name] = Brian2Constant(name, float(unit), dimensions=unit.dim)
    variables |= {name: function for name, function in _totals().items() if name in used}
    variables[ACTIVE] = Variable(ACTIVE, dtype=bool)
    variables |= {name: Variable(name, dtype=np.int64) for name in (TICK, INDEX)}
    variables[TIME] = Variable(TIME, dimensions=second_dimension())
    variables |= {name: Variable(name, dimensions=second_dimension() ** -0.5) for name in used if is_noise(name)}
    for name, dimension in dimensions.items():
        variables[name] = Variable(name, dimensions=dimension)
    return variables


def random_functions() -> dict[str, Function]:
    """``random_bits``, ``random_normal`` and ``random_poisson`` as Brian2 functions, implemented in numpy."""
    from brian2 import Function

    functions = {}
    given = {"random_bits": random_bits, "random_normal": random_normal, "random_poisson": random_poisson}
    for name, code in given.items():
        arguments = ["seed", "tick", "index", *(["mean"] if code is random_poisson else [])]
        function = Function(code, arg_units=[1] * len(arguments), arg_names=arguments, return_unit=1)
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
        if part.name in equations.subexpressions:
            return replace(equations.subexpressions[part.name], resolved)
        if part.name in DEFAULT_UNITS:
            return Constant(float(DEFAULT_UNITS[part.name]))
        if part.name == "inf":
            raise EquationError(
                f"the code of {where} names 'inf'; write a finite number, or the threshold None for neurons that "
                "never fire"
            )
        if part.name in DEFAULT_CONSTANTS:
            return Constant(float(DEFAULT_CONSTANTS[part.name].value))
        raise EquationError(
            f"{part.name!r} in the code of {where} is unknown; declare it, or give it as a parameter "
            f"(known: {', '.join(sorted(names))})"
        )

    return replace(expression, resolved)
