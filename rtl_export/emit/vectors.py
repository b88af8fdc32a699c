"""Vectors: everything that a host does to a core, and what must come back, as one text file of commands.

Every test bench reads the same file, so all simulators face one truth. Each command is a line of hexadecimal numbers:

    1 select count      then ``count`` words, one a line: written to a memory from address 0 on
    2                   ``init``; what starts at a value of its own is read before the first tick
    3 address           a spike of a source, for the next tick
    4 restart count     a tick; then the addresses of the ``count`` spikes that it must send, in their order
    5 select first count   then ``count`` words, one a line, that must be read from a memory
    6 select address word  one word written
    0                   the end
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neuro.arrays import BoolArray, IntArray
from neuro.compiler.ir import PopulationProgram, ProjectionProgram, Scope, StepProgram
from neuro.errors import InvalidInput
from neuro.spikes import Recording, Spikes
from rtl_export.core.core import Core
from rtl_export.core.host_memory import HostMemory
from rtl_export.core.names import variable_name
from rtl_export.core.population_core import PopulationCore
from rtl_export.core.projection_core import ProjectionCore
from rtl_export.core.words import Contents, Word

_WORDS_AT_ONCE = 1 << 18
"""Words that become text at once: many ticks of a small core, few of a large one."""


@dataclass(frozen=True, slots=True)
class Block:
    """Words of a memory that must be read after a tick, or before the first: values of shape (ticks, words)."""

    select: int
    first: int
    word: Word
    values: dict[str, IntArray]

    @property
    def count(self) -> int:
        """How many words per tick."""
        return int(next(iter(self.values.values())).shape[1])

    def commands(self, rows: slice) -> list[bytes]:
        """The commands that read them, one for each of these rows' ticks."""
        some = {name: values[rows] for name, values in self.values.items()}
        ticks = len(next(iter(some.values())))
        command = f"5 {self.select:x} {self.first:x} {self.count:x}\n".encode("ascii")
        # Each word takes as many digits, so one text of all rows falls apart into equal parts.
        text = self.word.hex_lines({name: values.ravel() for name, values in some.items()})
        size = len(text) // max(ticks, 1)
        return [command + text[row * size : (row + 1) * size] for row in range(ticks)]


def command_lines(core: Core, program: StepProgram, golden: Recording, ticks: int, every: int = 1) -> Iterator[bytes]:
    """The whole file.

    Args:
        core: of the program.
        program: with the stimulus.
        golden: a recording that probed every state that can change, at ticks 0, ``every``, 2 ``every``, ...
        ticks: how many.
        every: spikes are compared at every tick, registers before tick 0 and after ticks 0, ``every``, ...

    Raises:
        InvalidInput: the recording lacks a state, or did not probe it at those ticks.
    """
    blocks = _blocks(core, program, golden, every)
    yield from _load(core)
    yield b"2\n"
    for block in _blocks(core, program, _start(program, golden), 1):
        yield from block.commands(slice(1))
    stimulus = _Stimulus(core, program, ticks)
    sent = _sent(core, golden, ticks)
    restarts = _restarts(program, ticks)
    at_once = max(_WORDS_AT_ONCE // max(sum(block.count for block in blocks), 1), 1)
    reads: list[tuple[bytes, ...]] = []
    for tick in range(ticks):
        yield stimulus.lines(tick)
        spikes = sent[tick]
        yield b"4 %x %x\n" % (restarts[tick], spikes.size) + b"".join(b"%x\n" % value for value in spikes)
        if tick % every == 0:
            row = tick // every
            if row % at_once == 0:
                some = slice(row, row + at_once)
                reads = list(zip(*(block.commands(some) for block in blocks), strict=True))
            yield from reads[row % at_once]
    yield b"0\n"


def _blocks(core: Core, program: StepProgram, golden: Recording, every: int) -> list[Block]:
    """Every word that can be read."""
    blocks = [block for part in core.populations for block in _neurons(core, part, program, golden, every)]
    return blocks + [block for part in core.projections for block in _synapses(core, part, golden, every)]


def _start(program: StepProgram, golden: Recording) -> Recording:
    """What the same probes would hold had nothing happened yet: the start values, no spike, one row."""
    parts: dict[str, PopulationProgram | ProjectionProgram] = {part.name: part for part in program.populations}
    parts |= {part.name: part for part in program.projections}
    probes = {
        (name, variable): np.asarray(parts[name].state(variable).initial)[None, :]
        for name, variable in golden.probes
        if name in parts
    }
    silent = np.empty(0, np.int64)
    spikes = {part.name: Spikes(silent, silent, part.size) for part in program.populations}
    return Recording(golden.dt, 1, spikes, probes)


def _restarts(program: StepProgram, ticks: int) -> list[int]:
    """The restart bus at each tick: one bit for each restart of the program."""
    bus = [0] * ticks
    for bit, part in enumerate(program.restarts):
        for tick in np.unique(part.ticks[part.ticks < ticks]).tolist():
            bus[tick] |= 1 << bit
    return bus


def _select(core: Core, node: int, memory: HostMemory) -> int:
    return (node << core.host_select_width) | memory.select


def _load(core: Core) -> Iterator[bytes]:
    """Writes the contents of every memory of every core."""
    for node in range(core.cores):
        for memory in core.memories:
            contents = _contents(core, memory, node)
            if contents is not None:
                yield f"1 {_select(core, node, memory):x} {contents.rows:x}\n".encode("ascii") + contents.lines


def _contents(core: Core, memory: HostMemory, node: int) -> Contents | None:
    if memory.kind == "parameters":
        return core.population(memory.part).contents(node)
    if memory.kind in ("states", "row"):
        return None
    return core.projection(memory.part).contents(node).get(memory.kind)


class _Row:
    """A population's current input as words of its memory, of which only those that change are written."""

    def __init__(self, core: Core, memory: HostMemory, program: StepProgram) -> None:
        given = program.inputs[memory.number]
        population = program.population(given.population)
        form = population.state(given.variable).format
        values = np.asarray(given.values, np.int64)
        values = values if form is None else np.clip(values, form.lowest, form.highest)
        # Zero past its end.
        self.values = np.concatenate([values, np.zeros((1, population.size), np.int64)])
        self.every, self.mask = given.every, (1 << memory.word.width) - 1
        self.size = core.population(memory.part).size
        self.select, self.shift = memory.select, core.host_select_width
        self.held = np.zeros(population.size, np.int64)

    def lines(self, tick: int) -> str:
        """The words that change before a tick."""
        if tick % self.every:
            return ""
        row = self.values[min(tick // self.every, len(self.values) - 1)]
        changed = np.flatnonzero(row != self.held)
        self.held = row
        return "".join(
            f"6 {(i // self.size << self.shift) | self.select:x} {i % self.size:x} {value & self.mask:x}\n"
            for i, value in zip(changed.tolist(), row[changed].tolist(), strict=True)
        )


class _Stimulus:
    """Writes what changes before each tick: currents, and spikes of sources."""

    def __init__(self, core: Core, program: StepProgram, ticks: int) -> None:
        self.rows = [_Row(core, memory, program) for memory in core.memories if memory.kind == "row"]
        numbers = {name: number for number, name in enumerate(core.emitters)}
        heard = {ring.emitter for ring in core.rings if ring.external}
        self.sources = [
            (
                numbers[part.name] << core.spike_index_width,
                part.indices,
                np.searchsorted(part.ticks, np.arange(ticks + 1)).tolist(),
            )
            for part in program.sources
            if part.name in heard
        ]

    def lines(self, tick: int) -> bytes:
        """What comes before a tick."""
        lines = [row.lines(tick) for row in self.rows]
        for base, indices, starts in self.sources:
            lines += [f"3 {base | i:x}\n" for i in indices[starts[tick] : starts[tick + 1]].tolist()]
        return "".join(lines).encode("ascii")


def _sent(core: Core, golden: Recording, ticks: int) -> list[IntArray]:
    """The addresses of each tick's spikes in the order in which they are sent: by core, population, neuron."""
    keys: list[IntArray] = []
    for number, part in enumerate(core.populations):
        spikes = golden.spikes[part.name]
        node = spikes.indices // part.size
        address = (number << core.spike_index_width) | spikes.indices
        keys.append(np.stack([spikes.ticks, node, np.full_like(node, number), spikes.indices, address]))
    table = np.concatenate(keys, axis=1)
    table = table[:, np.lexsort(table[3::-1])]
    starts = np.searchsorted(table[0], np.arange(ticks + 1))
    return [table[4, starts[tick] : starts[tick + 1]] for tick in range(ticks)]


def _probe(golden: Recording, part: str, state: str, shape: tuple[int, int]) -> IntArray:
    probe = golden.probes.get((part, state))
    if probe is None or probe.shape != shape:
        given = "nothing" if probe is None else f"shape {probe.shape}"
        raise InvalidInput(
            f"the golden recording has {given} for {part}.{state}; it must probe every state that can change at every "
            f"compared tick, shape {shape} (rtl_export.record does)"
        )
    return np.asarray(probe, np.int64)


def _neurons(core: Core, part: PopulationCore, program: StepProgram, golden: Recording, every: int) -> Iterator[Block]:
    """The state words of a population."""
    population = program.population(part.name)
    shape = (-(-golden.ticks // every), population.size)
    values = {variable_name("state", state.name): _probe(golden, part.name, state.name, shape) for state in part.states}
    if part.counter_width or part.used_width:
        fired = _raster(golden.spikes[part.name], golden.ticks)
        restarted = np.zeros(golden.ticks, bool)
        for restart in program.restarts:
            if restart.population == part.name:
                restarted[restart.ticks[restart.ticks < golden.ticks]] = True
        if part.counter_width:
            values["counter"] = _counters(population, fired, restarted)[::every]
        if part.used_width:
            values["used"] = _used(fired, restarted)[::every]
    memory = next(m for m in core.memories if (m.part, m.kind) == (part.name, "states"))
    for node in range(core.cores):
        some = slice(node * part.size, (node + 1) * part.size)
        yield Block(_select(core, node, memory), 0, memory.word, {name: v[:, some] for name, v in values.items()})


def _synapses(core: Core, part: ProjectionCore, golden: Recording, every: int) -> Iterator[Block]:
    """The weights of a projection, and the traces of every neuron that has a synapse."""
    shape = (-(-golden.ticks // every), part.program.synapses)
    for node in range(core.cores):
        shard = part.shard(node)
        for memory in core.memories:
            if memory.part != part.name or not memory.readable or not shard.order.size:
                continue
            side = {"pre_traces": Scope.PRE, "post_traces": Scope.POST}.get(memory.kind)
            ends = shard.source if side is Scope.PRE else shard.column
            neurons, some = (None, shard.order) if side is None else _first_of_each(ends, shard.order)
            values = {
                field.name: _probe(golden, part.name, field.name.split("_", 1)[1], shape)[:, some]
                for field in memory.word.fields
            }
            select = _select(core, node, memory)
            if neurons is None:
                yield Block(select, 0, memory.word, values)
                continue
            for run in np.split(np.arange(neurons.size), np.flatnonzero(np.diff(neurons) != 1) + 1):
                cut = {name: rows[:, run] for name, rows in values.items()}
                yield Block(select, int(neurons[run[0]]), memory.word, cut)


def _first_of_each(ends: IntArray, order: IntArray) -> tuple[IntArray, IntArray]:
    """The neurons that have a synapse, ascending, and one synapse of each."""
    neurons, first = np.unique(ends, return_index=True)
    return neurons, order[first]


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
