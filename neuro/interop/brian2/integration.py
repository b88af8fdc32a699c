"""How a Brian2 group is integrated, and for how long its neurons are refractory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import Value
from neuro.compiler.expressions import Numbers, evaluate, parse_expression
from neuro.compiler.ir import Binary, Constant, Unary, symbols
from neuro.errors import EquationError
from neuro.interop.brian2.reading import Reading, outside_names, refuse, unit_values
from neuro.models.base import Method

if TYPE_CHECKING:
    from brian2 import Group, NeuronGroup, TimedArray

_CONSTANT_OVER_A_TICK = ("exact", "euler", "exponential_euler", "rk2")
_GRID = 1e-3
_BOOLEAN = ("<", "<=", ">", ">=", "==", "!=", "and", "or", "not")


def method_of(group: Group, time_read: bool, arrays: Mapping[str, TimedArray], reading: Reading) -> Method:
    """The integration method that Brian2 uses for a NeuronGroup or Synapses.

    Args:
        group: the group.
        time_read: whether its equations read the time.
        arrays: timed arrays that its code reads.
        reading: the reading.
    """
    if group.state_updater is None or not group.equations.diff_eq_names:
        return Method.EXACT
    choice = group.state_updater.method_choice
    if not isinstance(choice, str | tuple | list) or not all(isinstance(name, str) for name in choice):
        refuse(f"the integration method {choice!r} of {group.name!r}", "name one of Brian2's methods")
    names = [choice] if isinstance(choice, str) else list(choice)
    name = names[0] if len(names) == 1 else _first_that_works(group, names, reading)
    name = {"linear": "exact"}.get(name.lower(), name.lower())
    known = [method.value for method in Method]
    if name not in known:
        refuse(f"the integration method {name!r} of {group.name!r}", f"use one of {', '.join(known)}")
    if name not in _CONSTANT_OVER_A_TICK and (time_read or arrays):
        refuse(
            f"method {name!r} of {group.name!r} with equations that read the time, which it reads inside the tick",
            f"use {' or '.join(_CONSTANT_OVER_A_TICK)}",
        )
    return Method(name)


def _first_that_works(group: Group, names: list[str], reading: Reading) -> str:
    from brian2.stateupdaters.base import StateUpdateMethod, UnsupportedEquationsException

    wanted = {*group.equations.names, *group.equations.identifiers, "dt"}
    variables = group.resolve_all(wanted, dict(reading.namespace), user_identifiers=set())
    for name in names:
        try:
            StateUpdateMethod.apply_stateupdater(group.equations, variables, name, None, None)
        except UnsupportedEquationsException:
            continue
        return name
    return refuse(f"the equations of {group.name!r}, which none of {', '.join(names)} can integrate", "name a method")


def refractory_of(group: NeuronGroup, constants: Mapping[str, Value], reading: Reading) -> Value | None:
    """The refractory time in seconds, on the grid as Brian2 puts it there; None where there is none.

    Refractory in Brian2 is at least the tick of the spike itself, whatever the time.
    """
    given, where = group._refractory, f"NeuronGroup {group.name!r}"
    if given is False:
        flagged = [name for name, item in group.user_equations.items() if "unless refractory" in item.flags]
        if flagged:
            refuse(f"{flagged[0]!r} (unless refractory) of {where} without a refractory time", "remove the flag")
        return None
    times = _refractory_text(group, given, constants, reading) if isinstance(given, str) else np.asarray(given)
    if not np.issubdtype(np.asarray(times).dtype, np.number):
        refuse(f"refractory={given!r} of {where}", "give a time")
    from brian2 import prefs

    if prefs.legacy.refractory_timing:
        refuse("the preference legacy.refractory_timing", "set it to False, Brian2's default")
    ticks = np.maximum(np.floor(np.asarray(times, dtype=np.float64) / reading.dt + _GRID), 1)
    last = np.asarray(group.variables["lastspike"].get_value()) / reading.dt
    if np.any(np.floor(reading.start - last + _GRID) < ticks):
        refuse(f"a lastspike of {where} that makes neurons refractory from now on", "leave it as Brian2 sets it")
    return ticks * reading.dt if ticks.ndim else float(ticks) * reading.dt


def _refractory_text(group: NeuronGroup, text: str, constants: Mapping[str, Value], reading: Reading) -> Numbers:
    try:
        expression = parse_expression(text)
    except EquationError as error:
        refuse(f"refractory={text!r} of NeuronGroup {group.name!r} ({error})", "give a time or a constant parameter")
    condition = isinstance(expression, Binary | Unary) and expression.operator in _BOOLEAN
    named = {symbol.name for symbol in symbols(expression)}
    changing = named & set(group.variables) - set(constants)
    if condition or changing or isinstance(expression, Constant):
        refuse(f"refractory={text!r} of NeuronGroup {group.name!r}, a condition", "give a time or a constant parameter")
    outside = outside_names(group, named - set(constants), reading)
    values = {**outside.constants, **constants, **unit_values(named)}
    return evaluate(expression, {name: np.asarray(value, dtype=np.float64) for name, value in values.items()})
