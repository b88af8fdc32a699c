"""Brian2's built-in names in the code of neurons: the time ``t``, the index ``i``, the size ``N``, timed arrays.

The time is ``ticks_done * dt``, which is what Brian2 computes, with ``ticks_done`` counted by an operation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import IntArray, Value
from neuro.circuit.circuit import CurrentInput
from neuro.interop.brian2.code import Renames, free_name, identifiers, rewritten
from neuro.interop.brian2.reading import Reading, needed_ticks, unit_text

if TYPE_CHECKING:
    from brian2 import NeuronGroup, TimedArray

BUILT_IN_NAMES = frozenset({"t", "i", "N"})


@dataclass(frozen=True, slots=True, eq=False)
class BuiltIns:
    """What stands for the built-in names.

    Args:
        renames: how the code is rewritten.
        tick: name of the variable that counts ticks.
        timed: whether the count is needed.
        lines, parameters, initial, inputs: what the population gets for it.
    """

    renames: Renames
    tick: str
    timed: bool
    lines: list[str] = field(default_factory=list)
    parameters: dict[str, Value] = field(default_factory=dict)
    initial: dict[str, Value] = field(default_factory=dict)
    inputs: list[CurrentInput] = field(default_factory=list)


def built_ins(
    group: NeuronGroup,
    codes: Iterable[str | None],
    arrays: Mapping[str, TimedArray],
    taken: Collection[str],
    gated: bool,
    reading: Reading,
) -> BuiltIns:
    """Variables, parameters and inputs for the built-in names that the codes read.

    Args:
        group: a NeuronGroup.
        codes: all of its code that is used.
        arrays: name -> TimedArray.
        taken: names that are in use.
        gated: whether an operation asks for the count of ticks.
        reading: the reading.
    """
    calls = {name: free_name(f"{name}_now", taken) for name in arrays}
    read = identifiers(*(rewritten(code, Renames(calls=calls)) for code in codes if code))
    tick = free_name("ticks_done", taken)
    fixed = {"i": ("neuron_index", np.arange(len(group))), "N": ("neuron_count", len(group))}
    names = {name: free_name(word, taken) for name, (word, _) in fixed.items() if name in read}
    timed = gated or "t" in read
    found = BuiltIns(Renames({**names, "t": f"{tick} * dt"}, calls), tick, timed)
    if timed:
        found.lines.append(f"{tick} : 1")
        found.initial[tick] = float(reading.start)
    for name, word in names.items():
        found.lines.append(f"{word} : 1 (constant)")
        found.parameters[word] = np.asarray(fixed[name][1], dtype=np.float64)
    for name, array in arrays.items():
        found.lines.append(f"{calls[name]} : {unit_text(array.dim)}")
        found.inputs.append(timed_input(group, calls[name], array, reading))
    return found


def timed_input(group: NeuronGroup, variable: str, array: TimedArray, reading: Reading) -> CurrentInput:
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
