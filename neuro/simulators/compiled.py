"""Compiled: a circuit as one fused numba loop, in float64 or (quantised) int64.

The kernel's source is printed from the step program into a module named by its digest, below the cache folder
(``$SPIKELOOM_CACHE``, default ``~/.cache/spikeloom``), because numba caches only functions that live in a file.
Numbers are arguments: a changed parameter never compiles again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.checks import check_ticks
from neuro.circuit import Circuit
from neuro.errors import InvalidInput, NumericalError
from neuro.lowering import lower
from neuro.program import PopulationProgram, ProjectionProgram, Scope, SourceProgram, StepProgram
from neuro.simulators.kernel_lines import part_name
from neuro.simulators.kernel_source import print_kernel
from neuro.spikes import Recording, Spikes

Array = npt.NDArray[Any]
Progress = Callable[[int], None]
"""Called with the number of ticks done so far."""

_CHUNK_SPIKES = 4_000_000
_NO_LIMIT = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Compiled:
    """The compiled simulator: float64, equal to Brian2 spike for spike."""

    def run(self, circuit: Circuit, ticks: int, progress: Progress | None = None) -> Recording:
        """Lower and run a circuit for a number of ticks."""
        return run_program(lower(circuit), ticks, progress=progress)


def run_program(program: StepProgram, ticks: int, *, progress: Progress | None = None) -> Recording:
    """Run a float or quantised step program from its initial state.

    Args:
        program: what to run; quantised programs run in int64.
        ticks: how many ticks, >= 0.
        progress: called after each chunk with the ticks done so far.

    Raises:
        NumericalError: a state became NaN or infinite.
    """
    check_ticks(ticks)
    source, names = print_kernel(program)
    advance = _module(source).advance
    memory = _memory(program, int(ticks))
    spikes: dict[str, list[tuple[Array, Array]]] = {part.name: [] for part in program.populations}
    chunk = _chunk_ticks(program)
    for start in range(0, int(ticks), chunk):
        stop = min(start + chunk, int(ticks))
        advance(start, stop, *(memory[name] for name in names))
        _collect(program, memory, spikes)
        _check_finite(program, memory, stop)
        if progress is not None:
            progress(stop)
    return _recording(program, memory, spikes, int(ticks))


def _chunk_ticks(program: StepProgram) -> int:
    neurons = max((part.size for part in program.populations), default=1)
    return max(1, min(10_000, _CHUNK_SPIKES // max(neurons, 1)))


def cache_folder() -> Path:
    """Where printed kernels live: ``$SPIKELOOM_CACHE`` or ``~/.cache/spikeloom``."""
    return Path(os.environ.get("SPIKELOOM_CACHE") or Path.home() / ".cache" / "spikeloom")


def _module(source: str) -> ModuleType:
    name = f"spikeloom_kernel_{hashlib.sha256(source.encode()).hexdigest()[:24]}"
    if name in sys.modules:
        return sys.modules[name]
    path = cache_folder() / f"{name}.py"
    try:
        if not path.exists() or path.read_text() != source:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False) as file:
                file.write(source)
            Path(file.name).replace(path)
    except OSError as error:
        raise InvalidInput(
            f"the cache folder {path.parent} can't be written ({error.strerror}); set SPIKELOOM_CACHE"
        ) from None
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidInput(f"the kernel {path} can't be loaded; remove it and run again")
    module = importlib.util.module_from_spec(spec)
    # numba's cache looks its functions' module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


# --------------------------------------------------------------------------------------------------- memory


def _memory(program: StepProgram, ticks: int) -> dict[str, Any]:
    """Every array the kernel may ask for, by argument name."""
    dtype = np.dtype(np.int64) if program.quantised else np.dtype(np.float64)
    depths = _ring_depths(program)
    memory: dict[str, Any] = {}
    for index, population in enumerate(program.populations):
        memory |= _named(
            "p", index, _population_memory(population, depths[population.name], dtype, _chunk_ticks(program))
        )
    for index, source in enumerate(program.sources):
        memory |= _named("s", index, _source_memory(source, depths[source.name]))
    for index, projection in enumerate(program.projections):
        memory |= _named("q", index, _projection_memory(projection, program.size_of(projection.target), dtype))
    for index, stimulus in enumerate(program.inputs):
        values = np.ascontiguousarray(stimulus.values, dtype=dtype)
        memory |= _named("i", index, {"values": values, "every": np.int64(stimulus.every)})
    for index, restart in enumerate(program.restarts):
        population = program.population(restart.population)
        initial = {name: population.state(name).initial.astype(dtype) for name in restart.variables}
        memory |= _named("r", index, {"ticks": restart.ticks.astype(np.int64), "at": np.zeros(1, np.int64), **initial})
    for index, operation in enumerate(program.operations):
        values_by_name = {f"c_{c.name}": _number(c.values, dtype) for c in operation.coefficients}
        memory |= _named("o", index, {"every": np.int64(operation.every), **values_by_name})
    for index, probe in enumerate(program.probes):
        rows = -(-ticks // probe.every)
        size = _probed_size(program, probe.of)
        values = np.zeros((rows, size), dtype=dtype)
        memory |= _named("m", index, {"values": values, "every": np.int64(probe.every), "base": np.int64(0)})
    return memory


def _named(kind: str, index: int, arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {part_name(kind, index, name): array for name, array in arrays.items()}


def _number(values: Array, dtype: np.dtype[Any]) -> Any:
    return np.ascontiguousarray(values, dtype=dtype) if values.ndim else dtype.type(values)


def _ring_depths(program: StepProgram) -> dict[str, int]:
    """Ticks of spikes to remember per population or source: the longest delay that leaves it, plus one."""
    depths = {part.name: 1 for part in program.neurons}
    for projection in program.projections:
        longest = int(projection.delay.max(initial=0)) if projection.delay.ndim else int(projection.delay)
        depths[projection.source] = max(depths[projection.source], longest + 1)
    return depths


def _population_memory(population: PopulationProgram, depth: int, dtype: np.dtype[Any], chunk: int) -> dict[str, Any]:
    size = population.size
    winners = population.winners
    limits = [_NO_LIMIT if limit is None else limit for limit in (winners.per_tick, winners.quota)]
    memory: dict[str, Any] = {
        "size": np.int64(size),
        "ring": np.zeros((depth, size), np.int64),
        "counts": np.zeros(depth, np.int64),
        "fire": np.zeros(size, np.bool_),
        "margin": np.zeros(size, dtype),
        "used": np.zeros(1, np.int64),
        "limits": np.array(limits, np.int64),
        "refractory": np.zeros(size, np.int64),
        "spike_ticks": np.zeros(chunk * size, np.int64),
        "spike_indices": np.zeros(chunk * size, np.int64),
        "kept": np.zeros(1, np.int64),
    }
    if population.refractory is not None:
        memory["period"] = _number(population.refractory, np.dtype(np.int64))
    memory |= {f"c_{c.name}": _number(c.values, dtype) for c in population.coefficients}
    return memory | {state.name: np.array(state.initial, dtype=dtype) for state in population.states}


def _source_memory(source: SourceProgram, depth: int) -> dict[str, Any]:
    return {
        "ring": np.zeros((depth, source.size), np.int64),
        "counts": np.zeros(depth, np.int64),
        "ticks": source.ticks.astype(np.int64),
        "indices": source.indices.astype(np.int64),
        "at": np.zeros(1, np.int64),
    }


def _projection_memory(projection: ProjectionProgram, targets: int, dtype: np.dtype[Any]) -> dict[str, Any]:
    memory: dict[str, Any] = {"column": projection.column.astype(np.int64), "pre": _pre(projection)}
    if projection.on_post:
        order = np.argsort(projection.column, kind="stable")
        counts = np.bincount(projection.column, minlength=targets)
        memory |= {"incoming": order, "post_rows": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)}
    if projection.delay.ndim:
        memory |= _delay_groups(projection)
    else:
        memory |= {
            "delays": np.array([projection.delay], np.int64),
            "rows": projection.row_start.astype(np.int64).reshape(1, -1),
        }
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


def _pre(projection: ProjectionProgram) -> Array:
    """Source of each synapse."""
    return np.repeat(np.arange(projection.row_start.size - 1, dtype=np.int64), np.diff(projection.row_start))


def _delay_groups(projection: ProjectionProgram) -> dict[str, Array]:
    """Rows per distinct delay, longest first, so that arrivals come in order of emission."""
    sources = projection.row_start.size - 1
    pre = _pre(projection)
    order = np.lexsort((np.arange(pre.size), pre, -projection.delay))
    delays = np.unique(projection.delay)[::-1]
    rows = np.zeros((delays.size, sources + 1), np.int64)
    offset = 0
    for group, delay in enumerate(delays):
        counts = np.bincount(pre[projection.delay == delay], minlength=sources)
        rows[group, 0] = offset
        rows[group, 1:] = offset + np.cumsum(counts)
        offset = int(rows[group, -1])
    return {"delays": delays.astype(np.int64), "rows": rows, "order": order.astype(np.int64)}


def _probed_size(program: StepProgram, of: str) -> int:
    for projection in program.projections:
        if projection.name == of:
            return projection.synapses
    return program.size_of(of)


# -------------------------------------------------------------------------------------------------- results


def _collect(program: StepProgram, memory: dict[str, Any], spikes: dict[str, list[tuple[Array, Array]]]) -> None:
    for index, population in enumerate(program.populations):
        kept = memory[part_name("p", index, "kept")]
        count = int(kept[0])
        if count:
            ticks, indices = (memory[part_name("p", index, name)] for name in ("spike_ticks", "spike_indices"))
            spikes[population.name].append((ticks[:count].copy(), indices[:count].copy()))
        kept[0] = 0


def _check_finite(program: StepProgram, memory: dict[str, Any], done: int) -> None:
    if program.quantised:
        return
    for index, population in enumerate(program.populations):
        for state in population.states:
            values = memory[part_name("p", index, state.name)]
            bad = np.flatnonzero(~np.isfinite(values))
            if bad.size:
                raise NumericalError(
                    f"{population.name}.{state.name} of neuron {bad[0]} is {values[bad[0]]} by tick {done}; "
                    "check weights and time constants, or use a smaller dt"
                )


def _recording(
    program: StepProgram, memory: dict[str, Any], spikes: dict[str, list[tuple[Array, Array]]], ticks: int
) -> Recording:
    trains = {}
    for population in program.populations:
        parts = spikes[population.name]
        empty = np.zeros(0, np.int64)
        joined = [np.concatenate([part[side] for part in parts]) if parts else empty for side in (0, 1)]
        trains[population.name] = Spikes(joined[0], joined[1], population.size)
    for source in program.sources:
        count = int(np.searchsorted(source.ticks, ticks))
        trains[source.name] = Spikes(source.ticks[:count], source.indices[:count], source.size)
    final = {}
    for index, population in enumerate(program.populations):
        for state in population.states:
            final[population.name, state.name] = memory[part_name("p", index, state.name)]
    for index, projection in enumerate(program.projections):
        for state in projection.states:
            side = projection.shared.get(state.name)
            ends = {None: slice(None), Scope.PRE: _pre(projection), Scope.POST: projection.column}
            final[projection.name, state.name] = memory[part_name("q", index, state.name)][ends[side]]
    probes = {
        (probe.of, probe.variable): memory[part_name("m", index, "values")]
        for index, probe in enumerate(program.probes)
    }
    return Recording(program.dt, ticks, trains, probes, final)
