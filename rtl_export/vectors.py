"""Vectors: what the host writes in each tick, and what every register must hold after it, as text files.

Both test benches, Verilog and C++, read the same files, so two simulators face one truth.

``stimulus.hex``: for each tick a line "restart-bits writes", then one line "select index value" for each write.
``golden_<population>.hex``: for each tick and neuron one word: lowest bit "fired in this tick", above it the state
word (states, refractory counter, quota count).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput
from neuro.program import PopulationProgram, StepProgram
from neuro.spikes import Recording, Spikes
from rtl_export.names import variable_name
from rtl_export.netlist import CoreNetlist
from rtl_export.population_core import PopulationCore
from rtl_export.words import Word

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
_CHUNK_TICKS = 128


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What one population must hold at the end of each tick: field of the golden word -> shape (ticks, size)."""

    word: Word
    values: dict[str, IntArray]


def stimulus_lines(core: CoreNetlist, program: StepProgram, ticks: int) -> Iterator[bytes]:
    """The stimulus file, tick by tick. Only currents that change are written."""
    rows = {
        number: np.zeros(program.size_of(given.population), np.int64) for number, given in enumerate(program.inputs)
    }
    hosts = [(ring.emitter, ring.host) for ring in core.rings if ring.host is not None]
    given_spikes = {source.name: source for source in program.sources}
    for tick in range(ticks):
        writes = []
        for number, _ in enumerate(program.inputs):
            row = _row(program, number, tick)
            writes += [(number, int(i), int(row[i])) for i in np.flatnonzero(row != rows[number])]
            rows[number] = row
        for emitter, host in hosts:
            source = given_spikes[emitter]
            first, last = np.searchsorted(source.ticks, [tick, tick + 1])
            writes += [(host, int(i), 0) for i in source.indices[first:last]]
        restart = sum(1 << bit for bit, part in enumerate(program.restarts) if tick in part.ticks)
        mask = (1 << core.value_width) - 1
        lines = [
            f"{restart:x} {len(writes):x}\n",
            *(f"{s:x} {i:x} {value & mask:x}\n" for s, i, value in writes),
        ]
        yield "".join(lines).encode("ascii")


def _row(program: StepProgram, number: int, tick: int) -> IntArray:
    given = program.inputs[number]
    population = program.population(given.population)
    if tick // given.every >= given.values.shape[0]:
        return np.zeros(population.size, np.int64)
    form = population.state(given.variable).format
    row = np.asarray(given.values[tick // given.every], np.int64)
    return row if form is None else np.clip(row, form.lowest, form.highest)


def golden_lines(part: PopulationCore, program: StepProgram, golden: Recording, ticks: int) -> Iterator[bytes]:
    """The golden file of one population for the first ``ticks`` ticks, some at a time.

    Raises:
        InvalidInput: the recording lacks a state, or did not probe it at every tick.
    """
    expected = _expected(part, program, golden)
    for start in range(0, ticks, _CHUNK_TICKS):
        stop = min(start + _CHUNK_TICKS, ticks)
        yield expected.word.hex_lines(
            {name: values[start:stop].reshape(-1) for name, values in expected.values.items()}
        )


def _expected(part: PopulationCore, program: StepProgram, golden: Recording) -> Expected:
    population = program.population(part.name)
    fired = _raster(golden.spikes[part.name], golden.ticks)
    values = {"fired": fired.astype(np.int64)}
    for state in part.states:
        probe = golden.probes.get((part.name, state.name))
        if probe is None or probe.shape != fired.shape:
            given = "nothing" if probe is None else f"shape {probe.shape}"
            raise InvalidInput(
                f"the golden recording has {given} for {part.name}.{state.name}; it must probe every state at every "
                f"tick, shape {fired.shape} (rtl_export.record does)"
            )
        values[variable_name("state", state.name)] = np.asarray(probe, np.int64)
    restarted = np.zeros(golden.ticks, bool)
    for restart in program.restarts:
        if restart.population == part.name:
            restarted[restart.ticks[restart.ticks < golden.ticks]] = True
    if part.counter_width:
        values["counter"] = _counters(population, fired, restarted)
    if part.used_width:
        values["used"] = _used(fired, restarted)
    fields = [
        ("fired", 1, False),
        *((field.name, field.width, field.signed) for field in part.read_word.fields),
    ]
    return Expected(Word.of(fields), values)


def _raster(spikes: Spikes, ticks: int) -> BoolArray:
    raster = np.zeros((ticks, spikes.size), bool)
    raster[spikes.ticks, spikes.indices] = True
    return raster


def _counters(population: PopulationProgram, fired: BoolArray, restarted: BoolArray) -> IntArray:
    """Refractory counters at the end of each tick, from the spikes alone."""
    periods = np.broadcast_to(population.refractory if population.refractory is not None else 0, population.size)
    counters = np.zeros(fired.shape, np.int64)
    running = np.zeros(population.size, np.int64)
    for tick, spikes in enumerate(fired):
        running = np.zeros_like(running) if restarted[tick] else np.maximum(running - 1, 0)
        running = np.where(spikes, periods, running)
        counters[tick] = running
    return counters


def _used(fired: BoolArray, restarted: BoolArray) -> IntArray:
    """Spikes since the last restart at the end of each tick, the same for every neuron."""
    used = np.zeros(fired.shape, np.int64)
    total = 0
    for tick, spikes in enumerate(fired):
        total = (0 if restarted[tick] else total) + int(spikes.sum())
        used[tick] = total
    return used
