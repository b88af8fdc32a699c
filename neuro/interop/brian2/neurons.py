"""NeuronGroup -> Population: equations, constants, states as they stand, timed arrays, run_regularly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import FloatArray, IntArray, Value
from neuro.circuit.circuit import CurrentInput, Link, Operation, Population
from neuro.compiler.expressions import Numbers, evaluate, is_truth, parse_expression
from neuro.compiler.ir import LAST_SPIKE, Constant, symbols
from neuro.errors import EquationError
from neuro.interop.brian2.code import (
    Renames,
    assigned,
    calls_of,
    drawn_for_all,
    free_name,
    gated,
    identifiers,
    read_once,
    rewritten,
)
from neuro.interop.brian2.reading import (
    Outside,
    Reading,
    needed_ticks,
    outside_names,
    refuse,
    uniform_value,
    unit_text,
    unit_values,
)
from neuro.models.base import Method, NeuronModel

if TYPE_CHECKING:
    from brian2 import Group, NeuronGroup, TimedArray
    from brian2.equations.equations import SingleEquation

DIFFERENTIAL, SUBEXPRESSION, PARAMETER = "differential equation", "subexpression", "parameter"
AT_START = ("before_start", "start", "after_start", "before_groups")
AT_END = ("after_resets", "before_end", "end", "after_end")

_INDEX_NAMES = frozenset({"i", "N"})
_INSIDE_A_TICK = (Method.RK2, Method.RK4)
_GRID = 1e-3


@dataclass(frozen=True, slots=True)
class Usage:
    """What the rest of a network reads and writes of one group."""

    read: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, eq=False)
class ReadNeurons:
    """One group, carried over.

    Args:
        population: the population.
        inputs: timed arrays that its code reads.
        operations: what run_regularly does.
        constants: parameters that nobody writes, name -> SI number or array.
    """

    population: Population
    inputs: tuple[CurrentInput, ...]
    operations: tuple[Operation, ...]
    constants: Mapping[str, Value]


def read_neurons(group: NeuronGroup, owners: Iterable[Group], usage: Usage, reading: Reading) -> ReadNeurons:
    """Carry a NeuronGroup over.

    Args:
        group: the group.
        owners: the group and those subgroups of it that are in the network: their run_regularly runs.
        usage: what the rest of the network reads and writes of it.
        reading: the reading.

    Raises:
        UnsupportedByTarget, EquationError: a feature or name that can't be carried.
    """
    where = f"NeuronGroup {group.name!r}"
    _check(group, where)
    equations = group.user_equations
    regular = regular_code(owners, reading)
    codes = [_threshold(group), _reset(group), *(item.code for item in regular)]
    refractory = group._refractory if isinstance(group._refractory, str) else None
    needed = reachable(equations, identifiers(*codes, refractory) | usage.read | usage.written)
    rates = expressions(equations, needed)
    written = assigned(_reset(group)) | usage.written | {name for item in regular for name in assigned(item.code)}
    used = identifiers(*codes, *rates, refractory)
    own = {name for name in written if name not in equations and name not in group.variables}
    outside = outside_names(group, used - {*equations, *_INDEX_NAMES, *own}, reading)
    links = links_of(group, needed)
    fixed = {name for name in needed - written - set(links) if equations[name].type == PARAMETER}
    # A number can't tell that it is a truth value; a variable that nobody writes can.
    constants = values_of(group, {name for name in fixed if equations[name].var_type != "boolean"})
    timed = TimedCalls(group, outside, constants, {*used, *equations}, reading)
    inputs, regular = timed.direct_inputs(regular)
    texts = [_threshold(group), _reset(group), *(item.code for item in regular), *rates, refractory]
    timed.read(texts)
    method = method_of(group, timed.within(rates), reading)
    indices = _indices(group, identifiers(*texts), {*used, *equations})
    renames = Renames({**indices.names, **reading.clock_names}, timed.names)
    inner = Renames({**renames.names, **reading.moving_clock_names}, timed.names)
    lines = declarations(equations, needed, constants, inner if method in _INSIDE_A_TICK else renames)
    model = NeuronModel(
        "\n".join([*lines, *indices.lines, *timed.lines]),
        None if group.events.get("spike") is None else rewritten(_threshold(group), renames),
        rewritten(_reset(group), renames),
        refractory_of(group, {**outside.constants, **constants}, renames, reading),
        method,
    )
    changing = needed - set(constants) - set(links)
    states = values_of(group, {name for name in changing if equations[name].type != SUBEXPRESSION})
    initial = {name: values for name, values in states.items() if np.any(values)}
    if LAST_SPIKE in identifiers(*texts) | usage.read or _varies(model.refractory):
        initial[LAST_SPIKE] = np.asarray(group.variables[LAST_SPIKE].get_value()) - reading.start * reading.dt
    population = Population(
        group.name,
        len(group),
        model,
        _named({**outside.constants, **constants, **indices.parameters}, model, [item.code for item in regular]),
        initial,
        refractory_left=_refractory_left(group, model, reading),
        links=links,
    )
    shared = {name for name in equations if "shared" in equations[name].flags}
    operations = tuple(operation_of(group.name, item, renames, (set(equations), shared), reading) for item in regular)
    return ReadNeurons(population, (*inputs, *timed.inputs), operations, constants)


def _named(parameters: Mapping[str, Value], model: NeuronModel, codes: Iterable[str]) -> dict[str, Value]:
    """The parameters that code still names: a refractory time that reads one is a number by now."""
    refractory = model.refractory if isinstance(model.refractory, str) else None
    read = identifiers(model.equations, model.threshold, model.reset, refractory, *codes)
    return {name: value for name, value in parameters.items() if name in read}


def _varies(refractory: Value | str | None) -> bool:
    return isinstance(refractory, str) and not is_truth(parse_expression(refractory))


def links_of(group: NeuronGroup, names: Iterable[str]) -> dict[str, Link]:
    """Where the linked ones among these variables take their values."""
    found = {}
    for name in sorted(names):
        if "linked" not in group.user_equations[name].flags:
            continue
        variable, index = group.variables[name], group.variables.indices[name]
        owner = getattr(variable, "owner", None)
        if owner is None or variable.name not in getattr(owner, "user_equations", {}):
            refuse(
                f"the linked variable {name!r} of NeuronGroup {group.name!r}", "link it to a variable of a NeuronGroup"
            )
        if owner.user_equations[variable.name].type == SUBEXPRESSION:
            refuse(f"the link of {name!r} of {group.name!r} to a subexpression", "link to the variables that it reads")
        if index == "_idx":
            where = None
        else:
            where = np.array(0) if index == "0" else np.asarray(group.variables[index].get_value(), dtype=np.int64)
        found[name] = Link(str(owner.name), variable.name, where)
    return found


def values_of(group: Group, names: Iterable[str]) -> dict[str, Value]:
    """Variables of a group as they stand, one number where all are equal."""
    return {name: uniform_value(group.variables[name].get_value()) for name in sorted(names)}


def _threshold(group: NeuronGroup) -> str:
    return str(group.events.get("spike") or "")


def _reset(group: NeuronGroup) -> str:
    return str(group.event_codes.get("spike") or "")


def _check(group: NeuronGroup, where: str) -> None:
    others = [event for event in group.events if event != "spike"]
    if others:
        refuse(f"the custom event {others[0]!r} of {where}", "use a threshold and a population of its own")
    for name in group.user_equations:
        if getattr(group.variables.get(name), "dtype", None) == np.float32:
            refuse(f"the float32 variable {name!r} of {where}", "use Brian2's default, float64")


@dataclass(frozen=True, slots=True, eq=False)
class _Indices:
    """What stands for the index and the number of neurons: parameters, as far as the code reads them."""

    names: Mapping[str, str]
    lines: tuple[str, ...]
    parameters: Mapping[str, Value]


def _indices(group: NeuronGroup, read: Collection[str], taken: Collection[str]) -> _Indices:
    fixed: dict[str, tuple[str, Value]] = {"i": ("neuron_index", np.arange(len(group), dtype=np.float64))}
    fixed["N"] = ("neuron_count", float(len(group)))
    names = {name: free_name(word, taken) for name, (word, _) in fixed.items() if name in read}
    return _Indices(
        names,
        tuple(f"{word} : 1 (constant)" for word in names.values()),
        {word: fixed[name][1] for name, word in names.items()},
    )


# ------------------------------------------------------------------------------------------------- equations


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
    equations: Mapping[str, SingleEquation], names: Collection[str], constants: Collection[str], renames: Renames
) -> list[str]:
    """One line for each name, in the order of the equations; ``constants`` alone get the flag ``(constant)``."""
    return [_line(equations[name], name in constants, renames) for name in equations if name in names]


def _line(equation: SingleEquation, constant: bool, renames: Renames) -> str:
    name, kind = equation.varname, equation.var_type
    # Where all neurons hold the same value, one value for each is as good.
    flags = ["constant"] if constant else [flag for flag in equation.flags if flag not in ("constant", "shared")]
    unit = unit_text(equation.dim) if kind == "float" else kind
    end = f" ({', '.join(flags)})" if flags else ""
    if equation.type == PARAMETER:
        return f"{name} : {unit_text(equation.dim) if constant else unit}{end}"
    left = f"d{name}/dt" if equation.type == DIFFERENTIAL else name
    code = rewritten(" ".join(equation.expr.code.split()), renames)
    if "shared" in equation.flags:
        code = drawn_for_all(f"{name} = {code}", [name]).split("=", 1)[1].strip()
    return f"{left} = {code} : {unit}{end}"


# ----------------------------------------------------------------------------------------------- integration


def method_of(group: Group, timed: bool, reading: Reading) -> Method:
    """The integration method that Brian2 uses for a NeuronGroup or Synapses.

    Args:
        group: the group.
        timed: whether its equations read timed arrays.
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
    if timed and Method(name) in _INSIDE_A_TICK:
        refuse(
            f"method {name!r} of {group.name!r} with a timed array, which it reads inside the tick",
            "use exact, euler or exponential_euler",
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


def refractory_of(
    group: NeuronGroup, constants: Mapping[str, Value], renames: Renames, reading: Reading
) -> Value | str | None:
    """The refractory time in seconds, on the grid as Brian2 puts it there, or its text where it varies.

    Refractory in Brian2 is at least the tick of the spike itself, whatever the time.
    """
    from brian2 import prefs

    given, where = group._refractory, f"NeuronGroup {group.name!r}"
    if given is False:
        flagged = [name for name, item in group.user_equations.items() if "unless refractory" in item.flags]
        if flagged:
            refuse(f"{flagged[0]!r} (unless refractory) of {where} without a refractory time", "remove the flag")
        return None
    if prefs.legacy.refractory_timing:
        refuse("the preference legacy.refractory_timing", "set it to False, Brian2's default")
    times = _refractory_text(group, given, constants) if isinstance(given, str) else np.asarray(given)
    if isinstance(times, str):
        return rewritten(times, renames)
    if not np.issubdtype(np.asarray(times).dtype, np.number):
        refuse(f"refractory={given!r} of {where}", "give a time")
    ticks = np.maximum(np.floor(np.asarray(times, dtype=np.float64) / reading.dt + _GRID), 1)
    return ticks * reading.dt if ticks.ndim else float(ticks) * reading.dt


def _refractory_text(group: NeuronGroup, text: str, constants: Mapping[str, Value]) -> Numbers | str:
    """The value of a text that reads constants only; else the text."""
    try:
        expression = parse_expression(text)
    except EquationError as error:
        refuse(f"refractory={text!r} of NeuronGroup {group.name!r} ({error})", "give a time or a condition")
    if isinstance(expression, Constant):
        refuse(f"refractory={text!r} of NeuronGroup {group.name!r}", "give a time or a condition")
    named = {symbol.name for symbol in symbols(expression)}
    values = {**constants, **unit_values(named)}
    if is_truth(expression) or not named <= set(values):
        return text
    return evaluate(expression, {name: np.asarray(value, dtype=np.float64) for name, value in values.items()})


def _refractory_left(group: NeuronGroup, model: NeuronModel, reading: Reading) -> Value:
    """Seconds for which neurons are refractory still, by Brian2's time of their last spike."""
    if model.refractory is None:
        return 0.0
    held = ~np.broadcast_to(np.asarray(group.variables["not_refractory"].get_value(), dtype=bool), len(group))
    if isinstance(model.refractory, str):
        return uniform_value(np.where(held, reading.dt, 0.0))
    period = np.rint(np.asarray(model.refractory) / reading.dt)
    last = np.asarray(group.variables["lastspike"].get_value(), dtype=np.float64)
    ago = np.floor(reading.start - last / reading.dt + _GRID)
    left = np.maximum(period - ago + 1, 0)
    # A neuron whose time is over is refractory until its next update; Brian2 asks its flag, not the time, till then.
    if np.any((left > 1) & ~held) or np.any((left == 0) & held):
        refuse(f"a lastspike of NeuronGroup {group.name!r} that its refractory neurons don't have", "leave it as it is")
    return uniform_value(np.where(held, left * reading.dt, 0.0))


# ---------------------------------------------------------------------------------------------- timed arrays


class TimedCalls:
    """Calls of timed arrays in the code of a group: each becomes a variable that an input writes."""

    def __init__(
        self,
        group: Group,
        outside: Outside,
        constants: Mapping[str, Value],
        taken: set[str],
        reading: Reading,
    ) -> None:
        self.group, self.outside, self.constants = group, outside, {**outside.constants, **constants}
        self.taken, self.reading = taken, reading
        self.lines: list[str] = []
        self.inputs: list[CurrentInput] = []
        self.names: dict[str, str] = {}

    def within(self, texts: Iterable[str]) -> bool:
        """Whether texts call a timed array."""
        return bool(identifiers(*texts) & set(self.outside.arrays))

    def read(self, texts: Iterable[str | None]) -> None:
        """Give each call in the texts a variable."""
        for call, (name, arguments) in calls_of(texts, self.outside.arrays).items():
            variable, array = free_name(f"{name}_now", self.taken), self.outside.arrays[name]
            self.taken.add(variable)
            self.names[call] = variable
            self.lines.append(f"{variable} : {unit_text(array.dim)}")
            self.inputs.append(self._input(variable, array, arguments))

    def direct_inputs(self, regular: list[Regular]) -> tuple[list[CurrentInput], list[Regular]]:
        """(inputs, what is left): ``I = stimulus(t, i)`` at the start of every tick is an input of a circuit."""
        inputs, left = [], []
        for item in regular:
            found = read_once(item.code) if item.at_start and item.every == 1 and item.only is None else None
            name = None if found is None else found[1].split("(", 1)[0]
            others = identifiers(*(other.code for other in regular if other is not item and other.at_start))
            if found is None or name not in self.outside.arrays or found[0] in others:
                left.append(item)
            else:
                inputs.append(self._input(found[0], self.outside.arrays[str(name)], ["t"]))
        return inputs, left

    def _input(self, variable: str, array: TimedArray, arguments: list[str]) -> CurrentInput:
        if arguments in (["t"], ["t", "i"]):
            return timed_input(self.group, variable, array, self.reading)
        return CurrentInput(self.group.name, variable, self._worked_out(array, arguments))

    def _worked_out(self, array: TimedArray, arguments: list[str]) -> FloatArray:
        """One row a tick of a call at any time that follows from t, i and constants."""
        written = f"{array.name}({', '.join(arguments)})"
        ticks = np.arange(needed_ticks(self.reading, f"the timed array {written}"))[:, None] + self.reading.start
        values: dict[str, Numbers] = {name: np.asarray(value, dtype=float) for name, value in self.constants.items()}
        values |= {"t": ticks * self.reading.dt, "t_in_timesteps": ticks, "dt": self.reading.dt}
        values |= {"i": np.arange(len(self.group))[None, :], "N": float(len(self.group))}
        values |= unit_values(identifiers(*arguments) - set(values))
        unknown = identifiers(*arguments) - set(values)
        if unknown:
            refuse(f"{written}, whose {min(unknown)!r} changes", "read timed arrays at times that follow from t")
        given = [np.asarray(evaluate(parse_expression(text), values)) for text in arguments]
        if len(given) > 1:
            given = list(np.broadcast_arrays(given[0], given[1].astype(np.int64)))
        rows = np.asarray(array.implementations["numpy"].get_code(self.group)(*given), dtype=np.float64)
        return np.array(np.broadcast_to(rows, (len(ticks), len(self.group))))


def timed_input(group: Group, variable: str, array: TimedArray, reading: Reading) -> CurrentInput:
    """A TimedArray from now on; its last row lasts for ever, so one that is not zero needs a duration."""
    every, offset = _grid(array.dt, reading)
    rows = np.asarray(array.values, dtype=np.float64).reshape(len(array.values), -1)
    if every is None:
        # Its grid is not a multiple of ours: one row per tick, picked as Brian2 does.
        ticks = np.arange(_ticks_until(len(rows), array, reading)) + reading.start
        rows, every = rows[_row(ticks, array, len(rows), reading.dt)], 1
    else:
        rows = rows[min(offset, len(rows) - 1) :]
    if np.any(rows[-1]):
        ticks_needed = needed_ticks(reading, f"the TimedArray {array.name!r}, whose last row lasts for ever,")
        missing = -(-ticks_needed // every) - len(rows)
        rows = np.vstack([rows, np.repeat(rows[-1:], max(missing, 0), axis=0)])
    values = np.broadcast_to(rows, (len(rows), len(group))) if rows.shape[1] == 1 else rows[:, : len(group)]
    return CurrentInput(group.name, variable, np.array(values), every)


def _grid(array_dt: float, reading: Reading) -> tuple[int | None, int]:
    """(ticks a row, rows that are over), or (None, 0) where rows do not begin and end with ticks."""
    every = round(array_dt / reading.dt)
    aligned = every >= 1 and abs(every * reading.dt - array_dt) < 1e-9 * array_dt and reading.start % every == 0
    return (every, reading.start // every) if aligned else (None, 0)


def _ticks_until(rows: int, array: TimedArray, reading: Reading) -> int:
    end = int(np.ceil(rows * array.dt / reading.dt)) - reading.start
    return max(end, 1) if reading.ticks is None else reading.ticks


def _row(ticks: IntArray, array: TimedArray, rows: int, dt: float) -> IntArray:
    """The row that Brian2 reads at each tick: it divides with a finer grid to keep clear of rounding."""
    finer = max(int(2 ** np.ceil(np.log2(8 / dt * array.dt))), 1)
    read = np.round(ticks * dt / (array.dt / finer)) / finer
    return np.asarray(np.clip(read.astype(np.int64), 0, rows - 1), dtype=np.int64)


# --------------------------------------------------------------------------------------------- run_regularly


@dataclass(frozen=True, slots=True, eq=False)
class Regular:
    """One run_regularly.

    Args:
        name, code: its own.
        at_start: whether it runs at the start of a tick, or at the end.
        every: ticks between two runs.
        order: where it stands among others.
        only: the neurons of the subgroup that it runs on, (first, behind the last); None: all.
    """

    name: str
    code: str
    at_start: bool
    every: int
    order: tuple[int, int, str]
    only: tuple[int, int] | None = None


def regular_code(owners: Iterable[Group], reading: Reading) -> list[Regular]:
    """The run_regularly operations of a group and of subgroups of it, in the order in which Brian2 runs them."""
    from brian2.groups.group import CodeRunner

    found = []
    for owner in owners:
        only = (int(owner.start), int(owner.stop)) if type(owner).__name__ == "Subgroup" else None
        for part in owner.contained_objects:
            if type(part) is not CodeRunner or not part.active:
                continue
            slots = (*AT_START, *AT_END)
            if part.when not in slots:
                refuse(f"{part.name!r} in the slot {part.when!r}", f"{', '.join(slots)} are carried over")
            every = reading.ticks_of(float(part.clock.dt_), repr(part.name))
            order = (slots.index(part.when), part.order, part.name)
            found.append(Regular(part.name, part.abstract_code, part.when in AT_START, every, order, only))
    return sorted(found, key=lambda item: item.order)


def operation_of(
    group: str, item: Regular, renames: Renames, declared: tuple[Collection[str], Collection[str]], reading: Reading
) -> Operation:
    """The operation of a circuit that does the same; what is not due, or outside a subgroup, keeps its values.

    ``declared``: all variables, and those that neurons share.
    """
    variables, shared = declared
    written = assigned(item.code)
    if written & set(shared) and written - set(variables) and identifiers(item.code) & {"rand", "randn", "poisson"}:
        refuse(f"{item.name!r}, which draws names of its own for shared variables", "draw the variables themselves")
    names = dict(renames.names)
    conditions = []
    if item.only is not None:
        first, stop = item.only
        conditions.append(f"(i >= {first} and i < {stop})")
        names |= {"i": f"(i - {first})", "N": str(stop - first)}
    late = reading.start % item.every != 0
    if late:
        conditions.append(f"((t_in_timesteps + {reading.start}) % {item.every} == 0)")
    code = rewritten(drawn_for_all(item.code, shared), Renames(names, renames.calls))
    if conditions:
        code = gated(code, f"({' and '.join(conditions)})", variables)
    return Operation(item.name, group, code, 1 if late else item.every, item.at_start)
