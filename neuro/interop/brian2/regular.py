"""run_regularly -> Operation: code at the end of a tick as it is, code at the start of one at the end of the last.

The start of tick n + 1 is the end of tick n, after everything else; what is due before the first tick changes the
initial values instead. Code that is due every k-th tick only is multiplied by whether it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neuro.circuit.circuit import CurrentInput, Operation
from neuro.interop.brian2.builtins import BuiltIns, timed_input
from neuro.interop.brian2.code import gated, identifiers, read_once, rewritten
from neuro.interop.brian2.reading import Reading, refuse

if TYPE_CHECKING:
    from brian2 import NeuronGroup, TimedArray

_AT_START = ("before_start", "start", "after_start", "before_groups")
_AT_END = ("after_resets", "before_end", "end", "after_end")


@dataclass(frozen=True, slots=True, eq=False)
class Regular:
    """One run_regularly: its name and code, whether it runs at the start of a tick, every how many ticks."""

    name: str
    code: str
    at_start: bool
    every: int
    order: tuple[int, int, str]

    def gated(self, start: int) -> bool:
        """Whether the count of ticks says when it is due."""
        return self.every > 1 and (self.at_start or start % self.every != 0)

    def due(self, start: int) -> bool:
        """Whether it runs before the first tick."""
        return self.at_start and start % self.every == 0


def regular_code(group: NeuronGroup, reading: Reading) -> list[Regular]:
    """The run_regularly operations of a group, in the order in which Brian2 runs them."""
    from brian2.groups.group import CodeRunner

    found = []
    for part in group.contained_objects:
        if type(part) is not CodeRunner or not part.active:
            continue
        slots = (*_AT_START, *_AT_END)
        if part.when not in slots:
            refuse(f"{part.name!r} in the slot {part.when!r}", f"{', '.join(slots)} are carried over")
        every = round(part.clock.dt_ / reading.dt)
        if every < 1 or abs(every * reading.dt - part.clock.dt_) > 1e-9 * part.clock.dt_:
            refuse(f"{part.name!r} every {part.clock.dt}", f"run it every whole multiple of {reading.dt:g} s")
        order = (slots.index(part.when), part.order, part.name)
        found.append(Regular(part.name, part.abstract_code, part.when in _AT_START, every, order))
    return sorted(found, key=lambda item: item.order)


def direct_inputs(
    group: NeuronGroup, regular: list[Regular], arrays: Mapping[str, TimedArray], reading: Reading
) -> tuple[list[CurrentInput], list[Regular]]:
    """(inputs, what is left): ``I = stimulus(t, i)`` at the start of every tick is what a circuit calls an input."""
    inputs, left = [], []
    for item in regular:
        found = read_once(item.code) if item.at_start and item.every == 1 else None
        others = identifiers(*(other.code for other in regular if other is not item and other.at_start))
        if found is None or found[1] not in arrays or found[0] in others:
            left.append(item)
        else:
            inputs.append(timed_input(group, found[0], arrays[found[1]], reading))
    return inputs, left


def operations_of(
    group: NeuronGroup, regular: list[Regular], names: BuiltIns, arrays: Mapping[str, TimedArray], reading: Reading
) -> tuple[Operation, ...]:
    """Operations at the end of ticks: Brian2's own ones, the count of ticks, then those of the next start."""
    ends = [_operation(group, item, names, reading) for item in regular if not item.at_start]
    starts = []
    for item in regular:
        if item.at_start:
            if identifiers(item.code) & set(arrays):
                refuse(f"a timed array in {item.name!r} at the start of a tick", "give run_regularly when='end'")
            starts.append(_operation(group, item, names, reading))
    count = [Operation(f"{group.name}_clock", group.name, f"{names.tick} += 1")] if names.timed else []
    return (*ends, *count, *starts)


def _operation(group: NeuronGroup, item: Regular, names: BuiltIns, reading: Reading) -> Operation:
    code = rewritten(item.code, names.renames)
    if item.gated(reading.start):
        return Operation(item.name, group.name, gated(code, f"{names.tick} % {item.every} == 0"))
    return Operation(item.name, group.name, code, 1 if item.at_start else item.every)
