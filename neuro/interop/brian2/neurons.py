"""NeuronGroup -> Population: equations, constants, states as they stand, timed arrays, run_regularly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import Value
from neuro.circuit.circuit import CurrentInput, Operation, Population
from neuro.interop.brian2.builtins import BUILT_IN_NAMES, built_ins
from neuro.interop.brian2.code import Renames, assigned, identifiers, rewritten
from neuro.interop.brian2.equations import PARAMETER, SUBEXPRESSION, declarations, expressions, reachable
from neuro.interop.brian2.integration import method_of, refractory_of
from neuro.interop.brian2.reading import Reading, outside_names, refuse, uniform_value
from neuro.interop.brian2.regular import direct_inputs, operations_of, regular_code
from neuro.models.base import NeuronModel

if TYPE_CHECKING:
    from brian2 import NeuronGroup, TimedArray


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
        operations: run_regularly, and the count of ticks where code reads the time.
        due: names of the operations that run before the first tick too.
        constants: parameters that nobody writes, name -> SI number or array.
    """

    population: Population
    inputs: tuple[CurrentInput, ...]
    operations: tuple[Operation, ...]
    due: tuple[str, ...]
    constants: Mapping[str, Value]


def read_neurons(group: NeuronGroup, usage: Usage, reading: Reading) -> ReadNeurons:
    """Carry a NeuronGroup over.

    Raises:
        UnsupportedByTarget, EquationError: a feature or name that can't be carried.
    """
    where = f"NeuronGroup {group.name!r}"
    _check(group, where)
    equations = group.user_equations
    regular = regular_code(group, reading)
    codes = [_threshold(group), _reset(group), *(item.code for item in regular)]
    refractory = group._refractory if isinstance(group._refractory, str) else None
    needed = reachable(equations, identifiers(*codes, refractory) | usage.read | usage.written)
    rates = expressions(equations, needed)
    inside = {*equations, *BUILT_IN_NAMES}
    used = identifiers(*codes, *rates)
    outside = outside_names(group, used - inside, reading)
    written = assigned(_reset(group)) | usage.written | {name for item in regular for name in assigned(item.code)}
    constants = _values(group, {name for name in needed - written if equations[name].type == PARAMETER})
    inputs, regular = direct_inputs(group, regular, outside.arrays, reading)
    texts = [_threshold(group), _reset(group), *(item.code for item in regular), *rates]
    arrays = {name: array for name, array in outside.arrays.items() if name in identifiers(*texts)}
    gated = any(item.gated(reading.start) for item in regular)
    names = built_ins(group, texts, arrays, {*used, *inside}, gated, reading)
    lines = declarations(equations, needed, constants, written, names.renames, where)
    model = _model(group, [*lines, *names.lines], names.renames, constants, arrays, reading)
    states = _values(group, {name for name in needed - set(constants) if equations[name].type != SUBEXPRESSION})
    initial = {name: values for name, values in states.items() if np.any(values)} | names.initial
    parameters = {**outside.constants, **constants, **names.parameters}
    return ReadNeurons(
        Population(group.name, len(group), model, parameters, initial),
        (*inputs, *names.inputs),
        operations_of(group, regular, names, arrays, reading),
        tuple(item.name for item in regular if item.due(reading.start)),
        constants,
    )


def _values(group: NeuronGroup, names: set[str]) -> dict[str, Value]:
    return {name: uniform_value(group.variables[name].get_value()) for name in sorted(names)}


def _threshold(group: NeuronGroup) -> str | None:
    text = group.events.get("spike")
    return None if text is None else str(text)


def _reset(group: NeuronGroup) -> str:
    return str(group.event_codes.get("spike") or "")


def _model(
    group: NeuronGroup,
    lines: list[str],
    renames: Renames,
    constants: Mapping[str, Value],
    arrays: Mapping[str, TimedArray],
    reading: Reading,
) -> NeuronModel:
    threshold = _threshold(group)
    time_read = renames.names["t"] in "\n".join(lines)
    return NeuronModel(
        "\n".join(lines),
        None if threshold is None else rewritten(threshold, renames),
        rewritten(_reset(group), renames),
        refractory_of(group, constants, reading),
        method_of(group, time_read, arrays, reading),
    )


def _check(group: NeuronGroup, where: str) -> None:
    others = [event for event in group.events if event != "spike"]
    if others:
        refuse(f"the custom event {others[0]!r} of {where}", "use a threshold and a population of its own")
    for name in group.user_equations:
        if getattr(group.variables.get(name), "dtype", None) == np.float32:
            refuse(f"the float32 variable {name!r} of {where}", "use Brian2's default, float64")
    if "not_refractory" in group.variables and not np.all(group.variables["not_refractory"].get_value()):
        refuse(f"{where} with neurons that are refractory now", "run it until none is, or read it before its run")
