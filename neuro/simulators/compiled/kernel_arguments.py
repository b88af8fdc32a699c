"""The arrays that a printed kernel works on, by argument name: states, coefficients, synapses in CSR, spike rings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

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
from neuro.simulators.compiled.kernel_lines import part_name
from neuro.simulators.compiled.kernel_module import KernelArgument

_Number = np.dtype[np.int64] | np.dtype[np.float64]
_CHUNK_SPIKES = 4_000_000
_NARROW = 1 << 16
_NO_LIMIT = np.iinfo(np.int64).max


def kernel_memory(program: StepProgram, parts: int = 0) -> dict[str, KernelArgument]:
    """Every array and number the kernel may ask for, by argument name; what probes write comes with each run.

    ``parts``: into how many ranges of target neurons a parallel kernel divides the synapses; 0 for the other kernel.
    """
    dtype: _Number = np.dtype(np.int64) if program.quantised else np.dtype(np.float64)
    depths = _ring_depths(program)
    memory: dict[str, KernelArgument] = {"dt": np.float64(program.dt)}
    for index, population in enumerate(program.populations):
        memory |= _named(
            "p", index, _population_memory(population, depths[population.name], dtype, chunk_ticks(program))
        )
    for index, source in enumerate(program.sources):
        memory |= _named("s", index, _source_memory(source, depths[source.name]))
    _remember(program, memory)
    for index, projection in enumerate(program.projections):
        memory |= _named("q", index, _projection_memory(projection, program.size_of(projection.target), dtype, parts))
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


def _named(kind: str, index: int, arrays: Mapping[str, KernelArgument]) -> dict[str, KernelArgument]:
    return {part_name(kind, index, name): array for name, array in arrays.items()}


def probe_memory(program: StepProgram, start: int, stop: int) -> tuple[dict[str, AnyArray], dict[str, int]]:
    """Room for what the probes read in ticks start <= n < stop, and the number of its first row."""
    synapses = {part.name: part.synapses for part in program.projections}
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
        longest = int(projection.delay.max(initial=0)) if projection.delay.ndim else int(projection.delay)
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
    projection: ProjectionProgram, targets: int, dtype: _Number, parts: int
) -> dict[str, KernelArgument]:
    pre = _neuron_numbers(presynaptic(projection), projection.row_start.size - 1)
    memory: dict[str, KernelArgument] = {"column": _neuron_numbers(projection.column, targets), "pre": pre}
    if projection.on_post:
        order = np.argsort(projection.column, kind="stable")
        counts = np.bincount(projection.column, minlength=targets)
        memory |= {
            "incoming": order.astype(np.uint32),
            # The sources lie beside the order, so that only the weight itself is looked up at random.
            "incoming_pre": pre[order],
            "post_rows": np.concatenate([[0], np.cumsum(counts)]).astype(np.uint64),
        }
    if projection.delay.ndim:
        delays, rows, order = _delay_groups(projection, targets, 1)
        memory |= {"delays": delays, "rows": rows[0], "order": order}
    else:
        memory |= {
            "delays": np.array([projection.delay], np.int64),
            # Unsigned like the indices: a loop over them need not ask for negative ones.
            "rows": projection.row_start.astype(np.uint64).reshape(1, -1),
        }
    if parts:
        _, rows, order = _delay_groups(projection, targets, parts)
        memory |= {"parts": np.int64(parts), "part_rows": rows, "part_order": order}
    memory |= {f"c_{c.name}": _number(c.values, dtype) for c in projection.coefficients}
    sizes = {Scope.PRE: projection.row_start.size - 1, Scope.POST: targets}
    for state in projection.states:
        side = projection.shared.get(state.name)
        if side is None:
            memory[state.name] = np.array(state.initial, dtype=dtype)
        else:
            start = state.initial[0] if state.initial.size else 0
            memory[state.name] = np.full(sizes[side], start, dtype=dtype)
    return memory


def _neuron_numbers(indices: AnyArray, size: int) -> AnyArray:
    """Indices of neurons as narrow as they can be: synapses are streamed from memory, and caches are small.

    Unsigned, so that the kernel need not ask whether they are negative.
    """
    return indices.astype(np.uint16 if size <= _NARROW else np.uint32)


def presynaptic(projection: ProjectionProgram) -> AnyArray:
    """Source of each synapse, shape (synapses,)."""
    return np.repeat(np.arange(projection.row_start.size - 1, dtype=np.int64), np.diff(projection.row_start))


def _delay_groups(projection: ProjectionProgram, targets: int, parts: int) -> tuple[AnyArray, AnyArray, AnyArray]:
    """The synapses by range of target neurons, delay and source, in ``parts`` equal ranges.

    Returns:
        The distinct delays, longest first, so that arrivals come in order of emission; where the rows of each range,
        delay and source begin, shape (parts, delays, sources + 1); the synapses in that order.
    """
    sources = projection.row_start.size - 1
    pre = presynaptic(projection)
    delay = np.broadcast_to(projection.delay, pre.shape)
    distinct = np.unique(delay)[::-1] if projection.delay.ndim else np.array([projection.delay], np.int64)
    part = projection.column * parts // max(targets, 1)
    group = np.searchsorted(-distinct, -delay)
    key = (part * distinct.size + group) * sources + pre
    counts = np.bincount(key, minlength=parts * distinct.size * sources)
    ends = np.cumsum(counts).reshape(parts, distinct.size, sources)
    starts = ends - counts.reshape(ends.shape)
    rows = np.concatenate([starts[..., :1], ends], axis=2)
    order = np.argsort(key, kind="stable")
    return distinct.astype(np.int64), rows.astype(np.uint64), order.astype(np.uint32)
