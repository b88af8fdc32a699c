"""Compiled: a circuit as one fused numba loop, in float64 or (quantised) int64.

The kernel's source is printed from the step program (:mod:`neuro.simulators.compiled.kernel_source`). Numbers are
arguments: a changed parameter never compiles again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from neuro.arrays import AnyArray
from neuro.checks import check_ticks, check_whole
from neuro.circuit.circuit import Circuit
from neuro.compiler.ir import PopulationProgram, ProjectionProgram, Scope, StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.errors import NumericalError
from neuro.simulators.compiled.kernel_arguments import chunk_ticks, kernel_memory, presynaptic, probe_memory
from neuro.simulators.compiled.kernel_lines import part_name
from neuro.simulators.compiled.kernel_literals import hoist_literals
from neuro.simulators.compiled.kernel_module import load_kernel
from neuro.simulators.compiled.kernel_names import state_label, with_free_names
from neuro.simulators.compiled.kernel_source import print_kernel
from neuro.spikes import Progress, Recording, Spikes

_Arrays = Mapping[str, AnyArray]
_MOST_THREADS = 1024
_PARTS = 16
"""Ranges of target neurons in a parallel kernel: a constant, so that results can't depend on the machine."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The compiled simulator: float64, equal to Brian2 spike for spike.

    Args:
        threads: on how many threads neurons and synapses are visited; worth it from some 10,000 neurons on. The
            results do not depend on it, not by a bit.
    """

    threads: int = 1

    def __post_init__(self) -> None:
        check_whole("threads", self.threads, 1, _MOST_THREADS)

    def run(self, circuit: Circuit, ticks: int, progress: Progress | None = None) -> Recording:
        """Lower and run a circuit for a number of ticks."""
        return run_program(lower(circuit), ticks, threads=self.threads, progress=progress)


def run_program(program: StepProgram, ticks: int, *, threads: int = 1, progress: Progress | None = None) -> Recording:
    """Run a float or quantised step program from its initial state.

    Args:
        program: what to run; quantised programs run in int64.
        ticks: how many ticks, >= 0.
        threads: as in :class:`Compiled`.
        progress: called after each chunk with the ticks done so far; False from it stops the run, and the
            recording holds the ticks done.

    Raises:
        NumericalError: a state became NaN or infinite; names neuron and tick.
        InvalidInput: ticks or threads out of range.
    """
    check_ticks(ticks)
    check_whole("threads", threads, 1, _MOST_THREADS)
    try:
        return KernelRun(program, threads).run(int(ticks), progress)
    except NotFiniteError as error:
        raise NumericalError(_first_bad_tick(program, error)) from None


class NotFiniteError(NumericalError):
    """A state stopped being finite between two ticks.

    Args:
        message: naming the state and the neuron.
        start, stop: it was finite after tick ``start`` - 1, not after ``stop`` - 1.
    """

    def __init__(self, message: str, start: int, stop: int) -> None:
        self.start, self.stop = start, stop
        super().__init__(f"{message} by tick {stop - 1}; check weights and time constants, or use a smaller dt")


def _first_bad_tick(program: StepProgram, error: NotFiniteError) -> str:
    """Run again, tick by tick where it went wrong."""
    again = KernelRun(program)
    again.run(error.start)
    for _ in range(error.start, error.stop):
        try:
            again.run(1)
        except NotFiniteError as found:
            return str(found).replace(" by tick ", " at tick ", 1)
    return str(error)


class KernelRun:
    """The memory of one run of a step program and the kernel that advances it; ``tick`` is the next one to run."""

    def __init__(self, program: StepProgram, threads: int = 1) -> None:
        parallel = threads > 1
        program = with_free_names(hoist_literals(program))
        source, self._names = print_kernel(program, parallel=parallel)
        self._advance = load_kernel(source).function("advance")
        self._threads = threads
        self.program = program
        given = kernel_memory(program, _PARTS if parallel else 0)
        self.memory = {name: value for name, value in given.items() if isinstance(value, np.ndarray)}
        self._numbers = {name: value for name, value in given.items() if name not in self.memory}
        self.tick = 0

    def run(self, ticks: int, progress: Progress | None = None) -> Recording:
        """Advance by a number of ticks; the recording's ticks count from this call's start, its spikes from tick 0."""
        first, last = self.tick, self.tick + ticks
        spikes: dict[str, list[tuple[AnyArray, AnyArray]]] = {part.name: [] for part in self.program.populations}
        values, base = probe_memory(self.program, first, last)
        memory, chunk = self.memory | values, chunk_ticks(self.program)
        given = {**memory, **self._numbers, **base}
        arguments = [given[name] for name in self._names]
        while self.tick < last:
            stop = min(self.tick + chunk, last)
            with _on_threads(self._threads):
                self._advance(self.tick, stop, *arguments)
            start, self.tick = self.tick, stop
            _collect(self.program, memory, spikes)
            _check_finite(self.program.populations, "p", memory, (start, stop))
            if progress is not None and progress(stop - first) is False:
                break
        # A synapse that is no number soon spoils its neuron; all of them are looked at once, they can be many.
        _check_finite(self.program.projections, "q", memory, (first, self.tick))
        return _recording(self.program, memory, spikes, first, self.tick)


@contextmanager
def _on_threads(threads: int) -> Iterator[None]:
    """Let numba use that many threads, as far as it started them, for a while."""
    if threads == 1:
        yield
        return
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(min(threads, before))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _collect(program: StepProgram, memory: _Arrays, spikes: dict[str, list[tuple[AnyArray, AnyArray]]]) -> None:
    for index, population in enumerate(program.populations):
        kept = memory[part_name("p", index, "kept")]
        count = int(kept[0])
        if count:
            ticks, indices = (memory[part_name("p", index, name)] for name in ("spike_ticks", "spike_indices"))
            spikes[population.name].append((ticks[:count].copy(), indices[:count].copy()))
        kept[0] = 0


def _check_finite(
    parts: Sequence[PopulationProgram | ProjectionProgram], kind: str, memory: _Arrays, ticks: tuple[int, int]
) -> None:
    for index, part in enumerate(parts):
        for state in part.states:
            values = memory[part_name(kind, index, state.name)]
            if values.dtype == np.float64 and not np.isfinite(values).all():
                bad = int(np.flatnonzero(~np.isfinite(values))[0])
                what = "neuron" if isinstance(part, PopulationProgram) else "synapse"
                raise NotFiniteError(f"{part.name}.{state_label(state.name)} of {what} {bad} is {values[bad]}", *ticks)


def numbered(program: StepProgram) -> Iterator[tuple[str, int, PopulationProgram | ProjectionProgram]]:
    """Everything that has states, with the kind and number that its arguments are named after."""
    for index, population in enumerate(program.populations):
        yield "p", index, population
    for index, projection in enumerate(program.projections):
        yield "q", index, projection


def _recording(
    program: StepProgram, memory: _Arrays, spikes: Mapping[str, list[tuple[AnyArray, AnyArray]]], first: int, last: int
) -> Recording:
    trains = {}
    for population in program.populations:
        parts = spikes[population.name]
        empty = np.zeros(0, np.int64)
        joined = [np.concatenate([part[side] for part in parts]) if parts else empty for side in (0, 1)]
        trains[population.name] = Spikes(joined[0], joined[1], population.size)
    for source in program.sources:
        trains[source.name] = Spikes(source.ticks, source.indices, source.size).between(first, last)
    probes = {}
    for index, probe in enumerate(program.probes):
        rows = -(-last // probe.every) - -(-first // probe.every)
        probes[probe.of, state_label(probe.variable)] = memory[part_name("m", index, "values")][:rows]
    return Recording(program.dt, last - first, trains, probes, final_states(program, memory))


def final_states(program: StepProgram, memory: _Arrays) -> dict[tuple[str, str], AnyArray]:
    """(part, variable) -> values now, one a neuron or synapse."""
    return {
        (part.name, state_label(state.name)): memory[part_name(kind, index, state.name)][_ends(part, state.name)].copy()
        for kind, index, part in numbered(program)
        for state in part.states
    }


def _ends(part: PopulationProgram | ProjectionProgram, name: str) -> slice | AnyArray:
    """Where the values of neurons or synapses lie: a synaptic state that neurons share lies with them."""
    if isinstance(part, PopulationProgram) or name not in part.shared:
        return slice(None)
    return presynaptic(part) if part.shared[name] is Scope.PRE else part.column
