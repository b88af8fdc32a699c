"""The arrays that a printed kernel works on, by argument name: states, coefficients, synapses, spike rings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set

import numpy as np

from neuro.alias_tables import poisson_tables
from neuro.arrays import AnyArray
from neuro.compiler.ir import (
    TOTALS,
    OperationProgram,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    SourceProgram,
    StepProgram,
    totals,
)
from neuro.simulators.compiled.arrangement import Arrangement
from neuro.simulators.compiled.drawn import delay_range
from neuro.simulators.compiled.kernel_lines import part_name
from neuro.simulators.compiled.kernel_module import KernelArgument
from neuro.simulators.compiled.shares import Share
from neuro.simulators.compiled.unwritten import written_states

_Number = np.dtype[np.int64] | np.dtype[np.float64]
_CHUNK_SPIKES = 4_000_000
_LAYOUT = frozenset(("column", "delays", "incoming", "incoming_pre", "numbers", "place", "post_rows", "pre", "rows"))
_NO_LIMIT = np.iinfo(np.int64).max


def kernel_memory(
    program: StepProgram, names: Collection[str], share: Share | None = None, *, single_precision: bool = False
) -> dict[str, KernelArgument]:
    """Every array and number that the kernel asks for by name; what probes write comes with each run.

    Args:
        program: what runs; of a share, the share's own neurons (:func:`neuro.simulators.compiled.shares.share_of`).
        names: the kernel's arguments: synapses are laid out as far as it reads them.
        share: which neurons are the program's where several threads run a circuit; None for all of them.
        single_precision: whether float values of synapses that no code writes are kept in 32 bits.
    """
    dtype: _Number = np.dtype(np.int64) if program.quantised else np.dtype(np.float64)
    # Spikes of several shares are looked up in a ring that they have in common.
    depths = {part.name: 1 for part in program.populations} if share is not None else {}
    depths = {**_ring_depths(program), **depths}
    memory: dict[str, KernelArgument] = {"dt": np.float64(program.dt)}
    for index, population in enumerate(program.populations):
        memory |= _named(
            "p", index, _population_memory(population, depths[population.name], dtype, chunk_ticks(program))
        )
    for index, source in enumerate(program.sources):
        memory |= _named("s", index, _source_memory(source, depths[source.name]))
    _remember(program, memory)
    for index, projection in enumerate(program.projections):
        prefix = part_name("q", index, "")
        wanted = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
        first, stop = (0, program.size_of(projection.target)) if share is None else share.bounds[projection.target]
        arrangement = Arrangement.of(projection, first, stop)
        narrow = set()
        if single_precision and not program.quantised:
            narrow = {state.name for state in projection.states} - written_states(program, projection)
        memory |= _named("q", index, _projection_memory(arrangement, wanted, dtype, narrow))
    for index, stimulus in enumerate(program.inputs):
        values = np.ascontiguousarray(stimulus.values, dtype=dtype)
        memory |= _named("i", index, {"values": values, "every": np.int64(stimulus.every)})
    for index, restart in enumerate(program.restarts):
        population = program.population(restart.population)
        initial = {name: population.state(name).initial.astype(dtype) for name in restart.variables}
        memory |= _named("r", index, {"ticks": restart.ticks.astype(np.int64), "at": np.zeros(1, np.int64), **initial})
    for index, operation in enumerate(program.operations):
        memory |= _named("o", index, _operation_memory(operation, program, dtype))
    for index, probe in enumerate(program.probes):
        memory[part_name("m", index, "every")] = np.int64(probe.every)
    if "poisson_limits" in names:
        memory |= zip(("poisson_limits", "poisson_others"), poisson_tables(), strict=True)
    return memory


def _operation_memory(operation: OperationProgram, program: StepProgram, dtype: _Number) -> dict[str, KernelArgument]:
    memory: dict[str, KernelArgument] = {"every": np.int64(operation.every)}
    memory |= {f"c_{c.name}": _number(c.values, dtype) for c in operation.coefficients}
    calls = [call for part in operation.statements for call in totals(part.value)]
    for number, call in enumerate(calls):
        projection = program.projection(operation.of)
        end = projection.target if TOTALS[call.function] is Scope.POST else projection.source
        memory[f"total{number}"] = np.zeros(program.size_of(end), dtype)
    return memory


def _remember(program: StepProgram, memory: Mapping[str, KernelArgument]) -> None:
    """Put the spikes of the past into the rings, as far as delays reach."""
    parts = [("p", index, part.name) for index, part in enumerate(program.populations)]
    parts += [("s", index, part.name) for index, part in enumerate(program.sources)]
    for kind, index, name in parts:
        ring, counts = (np.asarray(memory[part_name(kind, index, array)]) for array in ("ring", "counts"))
        depth = counts.size
        for past in program.past:
            for tick in np.unique(past.ticks[past.ticks > -depth]) if past.of == name else ():
                fired = past.indices[past.ticks == tick]
                ring[tick % depth, : fired.size] = fired
                counts[tick % depth] = fired.size


def is_layout(name: str) -> bool:
    """Whether an argument is a table, or says how a projection's synapses lie: no run changes it."""
    if name.startswith("poisson_"):
        return True
    kind, _, rest = name.partition("_")
    return kind.startswith("q") and rest in _LAYOUT


def _named(kind: str, index: int, arrays: Mapping[str, KernelArgument]) -> dict[str, KernelArgument]:
    return {part_name(kind, index, name): array for name, array in arrays.items()}


def probe_memory(
    program: StepProgram, synapses: Mapping[str, int], start: int, stop: int
) -> tuple[dict[str, AnyArray], dict[str, int]]:
    """Room for what the probes read in ticks start <= n < stop, and the number of its first row.

    ``synapses``: how many of each projection's are the program's.
    """
    values, base = {}, {}
    for index, probe in enumerate(program.probes):
        first, last = (-(-tick // probe.every) for tick in (start, stop))
        width = synapses[probe.of] if probe.of in synapses else program.size_of(probe.of)
        rows = np.zeros((last - first, width), np.int64 if program.quantised else np.float64)
        values[part_name("m", index, "values")], base[part_name("m", index, "base")] = rows, first
    return values, base


def chunk_ticks(program: StepProgram) -> int:
    """Ticks that the spike buffers hold, were every neuron to fire in each."""
    neurons = max((part.size for part in program.populations), default=1)
    return max(1, min(10_000, _CHUNK_SPIKES // max(neurons, 1)))


def _number(values: AnyArray, dtype: _Number) -> KernelArgument:
    return np.ascontiguousarray(values, dtype=dtype) if values.ndim else dtype.type(values)


def _ring_depths(program: StepProgram) -> dict[str, int]:
    """Ticks of spikes to remember per population or source: the longest delay that leaves it, plus one."""
    depths = {part.name: 1 for part in program.neurons}
    for projection in program.projections:
        longest = delay_range(projection)[1]
        depths[projection.source] = max(depths[projection.source], longest + 1)
    return depths


def _population_memory(
    population: PopulationProgram, depth: int, dtype: _Number, chunk: int
) -> dict[str, KernelArgument]:
    size = population.size
    winners = population.winners
    # Whole blocks of 64 flags: the kernel skips 64 silent neurons at a time.
    fire = np.zeros(-(-size // 64) * 64, np.bool_)
    limits = [_NO_LIMIT if limit is None else limit for limit in (winners.per_tick, winners.max_winners)]
    memory: dict[str, KernelArgument] = {
        "size": np.int64(size),
        "ring": np.zeros((depth, size), np.int64),
        "counts": np.zeros(depth, np.int64),
        "fire": fire,
        "fire_words": fire.view(np.uint64),
        "margin": np.zeros(size, dtype),
        "used": np.zeros(1, np.int64),
        "limits": np.array(limits, np.int64),
        # The first tick at which a neuron is not refractory: nothing has to count down.
        "ready": np.full(size, -1, np.int64) if population.left is None else population.left - 1,
        "spike_ticks": np.zeros(chunk * size, np.int64),
        "spike_indices": np.zeros(chunk * size, np.int64),
        "kept": np.zeros(1, np.int64),
    }
    if population.refractory is not None:
        memory["period"] = _number(population.refractory, np.dtype(np.int64))
    memory |= {f"c_{c.name}": _number(c.values, dtype) for c in population.coefficients}
    memory |= {f"{link.variable}__from": link.index for link in population.links}
    return memory | {state.name: np.array(state.initial, dtype=dtype) for state in population.states}


def _source_memory(source: SourceProgram, depth: int) -> dict[str, KernelArgument]:
    return {
        "ring": np.zeros((depth, source.size), np.int64),
        "counts": np.zeros(depth, np.int64),
        "ticks": source.ticks.astype(np.int64),
        "indices": source.indices.astype(np.int64),
        "at": np.zeros(1, np.int64),
    }


def _projection_memory(
    arrangement: Arrangement, wanted: Set[str], dtype: _Number, narrow: Set[str]
) -> dict[str, KernelArgument]:
    projection = arrangement.projection
    memory: dict[str, KernelArgument] = {"delays": arrangement.delays, "rows": arrangement.rows}
    memory["column"] = arrangement.columns()
    if "pre" in wanted:
        memory["pre"] = arrangement.sources()
    if "place" in wanted:
        memory["place"] = arrangement.places()
    if "numbers" in wanted:
        numbers = arrangement.numbers()
        memory["numbers"] = np.arange(arrangement.synapses) if isinstance(numbers, slice) else numbers.astype(np.int64)
    if "incoming" in wanted:
        memory |= zip(("post_rows", "incoming", "incoming_pre"), arrangement.incoming(), strict=True)
    memory |= {f"c_{c.name}": _synaptic_number(c.values, arrangement, dtype) for c in projection.coefficients}
    sizes = {Scope.PRE: projection.row_start.size - 1, Scope.POST: arrangement.stop - arrangement.first}
    for state in projection.states:
        side = projection.shared.get(state.name)
        if side is None:
            memory[state.name] = arrangement.state(state.name, np.float32 if state.name in narrow else dtype)
        else:
            start = state.initial[0] if state.initial.size else 0
            memory[state.name] = np.full(sizes[side], start, dtype=dtype)
    return memory


def _synaptic_number(values: AnyArray, arrangement: Arrangement, dtype: _Number) -> KernelArgument:
    return arrangement.values(values, dtype) if values.ndim else dtype.type(values)


def presynaptic(projection: ProjectionProgram) -> AnyArray:
    """Source of each synapse, shape (synapses,)."""
    return np.repeat(np.arange(projection.row_start.size - 1, dtype=np.int64), np.diff(projection.row_start))
