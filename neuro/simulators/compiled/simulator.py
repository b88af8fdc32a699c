"""Compiled: a circuit as one fused numba loop, in float64 or (quantised) int64.

The kernel's source is printed from the step program (:mod:`neuro.simulators.compiled.kernel_source`). Numbers are
arguments: a changed parameter never compiles again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from neuro.arrays import AnyArray
from neuro.checks import check_ticks, check_whole
from neuro.circuit.circuit import Circuit
from neuro.circuit.draws import DrawnValues
from neuro.compiler.ir import PopulationProgram, ProjectionProgram, Scope, StepProgram
from neuro.errors import InvalidInput, NumericalError
from neuro.simulators.compiled.arrangement import Arrangement
from neuro.simulators.compiled.drawn import DrawnProjection, lower_drawn
from neuro.simulators.compiled.kernel_arguments import (
    chunk_ticks,
    is_layout,
    kernel_memory,
    presynaptic,
    probe_memory,
)
from neuro.simulators.compiled.kernel_lines import part_name
from neuro.simulators.compiled.kernel_literals import hoist_literals
from neuro.simulators.compiled.kernel_module import KernelArgument, load_kernel
from neuro.simulators.compiled.kernel_names import state_key, state_label, with_free_names
from neuro.simulators.compiled.kernel_source import print_kernel
from neuro.simulators.compiled.shares import (
    Share,
    common_memory,
    fitting_threads,
    is_divisible,
    own_numbers,
    share_of,
    shares_of,
)
from neuro.simulators.compiled.unwritten import numbers_apart, written_states
from neuro.spikes import Progress, Recording, Spikes

_Arrays = Mapping[str, AnyArray]
_MOST_THREADS = 1024


@dataclass(frozen=True, slots=True)
class Compiled:
    """The compiled simulator: float64, equal to Brian2 spike for spike.

    Args:
        threads: on how many threads neurons and synapses are visited; None chooses by the circuit's size and the cores
            that this process may use. The results do not depend on it, not by a bit.
        single_precision: whether weights, and whatever else differs by synapse and no code writes, are kept in 32 bits:
            four bytes a synapse less, and less to stream. Each is rounded once, by a relative 6e-8; sums stay in
            float64. Spikes may differ from those of every other target then.
    """

    threads: int | None = None
    single_precision: bool = False

    def __post_init__(self) -> None:
        _check_threads(self.threads)
        if not isinstance(self.single_precision, bool):
            raise InvalidInput(f"single_precision is {self.single_precision!r}; True or False is allowed")

    def run(self, circuit: Circuit, ticks: int, progress: Progress | None = None) -> Recording:
        """Lower and run a circuit for a number of ticks."""
        program = lower_drawn(circuit)
        return run_program(
            program, ticks, threads=self.threads, single_precision=self.single_precision, progress=progress
        )


def _check_threads(threads: int | None) -> None:
    if threads is not None:
        check_whole("threads", threads, 1, _MOST_THREADS)


def run_program(
    program: StepProgram,
    ticks: int,
    *,
    threads: int | None = 1,
    single_precision: bool = False,
    progress: Progress | None = None,
) -> Recording:
    """Run a float or quantised step program from its initial state.

    Args:
        program: what to run; quantised programs run in int64.
        ticks: how many ticks, >= 0.
        threads, single_precision: as in :class:`Compiled`; quantised programs have no floats to narrow.
        progress: called after each chunk with the ticks done so far; False from it stops the run, and the
            recording holds the ticks done.

    Raises:
        NumericalError: a state became NaN or infinite; names neuron and tick.
        InvalidInput: ticks or threads out of range.
    """
    check_ticks(ticks)
    _check_threads(threads)
    try:
        return KernelRun(program, threads, single_precision=single_precision).run(int(ticks), progress)
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
    """The memory of one run of a step program and the kernel that advances it; ``tick`` is the next one to run.

    Args:
        program: what to run.
        threads: as in :class:`Compiled`; several run a share of the neurons each.
        settable: whether values that no code writes may be set from outside: then each has its place in memory.
        single_precision: as in :class:`Compiled`.
    """

    def __init__(
        self,
        program: StepProgram,
        threads: int | None = 1,
        *,
        settable: bool = False,
        single_precision: bool = False,
    ) -> None:
        self._given, self._settable = program, settable
        program = with_free_names(hoist_literals(program if settable else numbers_apart(program)))
        count = fitting_threads(program) if threads is None else threads if is_divisible(program) else 1
        source, self._names = print_kernel(program, parallel=count > 1)
        self._advance = load_kernel(source).function("advance")
        self.program = program
        self.tick = 0
        if count == 1:
            self.parts: tuple[_Part, ...] = (_Part(program, self._names, single_precision=single_precision),)
        else:
            shares = shares_of(program, count)
            common = common_memory(program, shares)
            self.parts = tuple(
                _Part(program, self._names, share, common, single_precision=single_precision) for share in shares
            )

    @property
    def memory(self) -> dict[str, AnyArray]:
        """The arrays of a run on one thread, by argument name."""
        return self.parts[0].memory

    def run(self, ticks: int, progress: Progress | None = None) -> Recording:
        """Advance by a number of ticks; the recording's ticks count from this call's start, its spikes from tick 0."""
        first, last = self.tick, self.tick + ticks
        spikes: dict[str, list[tuple[AnyArray, AnyArray]]] = {part.name: [] for part in self.program.populations}
        probes = [probe_memory(part.program, part.synapses, first, last) for part in self.parts]
        arguments = [part.arguments(self._names, *given) for part, given in zip(self.parts, probes, strict=True)]
        chunk = chunk_ticks(self.program)
        with ThreadPoolExecutor(max(len(self.parts) - 1, 1)) as pool:
            while self.tick < last:
                stop = min(self.tick + chunk, last)
                jobs = [pool.submit(self._advance, self.tick, stop, *given) for given in arguments[1:]]
                self._advance(self.tick, stop, *arguments[0])
                for job in jobs:
                    job.result()
                start, self.tick = self.tick, stop
                self._collect(spikes)
                for part in self.parts:
                    part.check_neurons((start, stop))
                if progress is not None and progress(stop - first) is False:
                    break
        # A synapse that is no number soon spoils its neuron; all of them are looked at once, they can be many.
        for part in self.parts:
            part.check_synapses((first, self.tick))
        return self._recording(spikes, [values for values, _ in probes], first)

    def final(self) -> Mapping[tuple[str, str], AnyArray]:
        """(part, variable) -> values now, one a neuron or synapse."""
        found: dict[tuple[str, str], AnyArray | DrawnValues] = {}
        for kind, index, part in numbered(self._given):
            for state in part.states:
                name = part_name(kind, index, state_key(state.name))
                if isinstance(part, PopulationProgram):
                    found[part.name, state.name] = np.concatenate([run.memory[name] for run in self.parts])
                elif self._settable or state.name in written_states(self._given, part):
                    found[part.name, state.name] = self._synaptic(part, index, state.name)
                elif isinstance(part, DrawnProjection) and state.name in part.drawn:
                    found[part.name, state.name] = part.drawn[state.name]
                else:
                    found[part.name, state.name] = state.initial
        return _FinalValues(found)

    def _synaptic(self, part: ProjectionProgram, index: int, name: str) -> AnyArray:
        """Values of a synaptic state; one that neurons share lies with them."""
        parts = [run.memory[part_name("q", index, state_key(name))] for run in self.parts]
        side = part.shared.get(name)
        if side is None:
            return self._canonical(index, parts)
        values: AnyArray = parts[0][presynaptic(part)] if side is Scope.PRE else np.concatenate(parts)[part.column]
        return values

    def numbers(self, of: str, name: str) -> AnyArray | slice:
        """The circuit's number of each value of a variable, in a run on one thread."""
        for index, part in enumerate(self.program.projections):
            if part.name == of and state_key(name) not in part.shared:
                return self.parts[0].numbers(index)
        return slice(None)

    def kept_arrays(self) -> dict[str, AnyArray]:
        """Copies of what changes in a run on one thread; synaptic values in the order of the circuit."""
        return {
            name: self._canonical(self._synaptic_arrays[name], [array])
            if name in self._synaptic_arrays
            else array.copy()
            for name, array in self.memory.items()
            if not is_layout(name)
        }

    def put(self, arrays: _Arrays) -> None:
        """Put such arrays back."""
        for name, array in arrays.items():
            where = self.parts[0].numbers(self._synaptic_arrays[name]) if name in self._synaptic_arrays else slice(None)
            self.memory[name][:] = array[where]

    @property
    def _synaptic_arrays(self) -> dict[str, int]:
        """Argument that holds one value a synapse -> the number of its projection."""
        return {
            part_name("q", index, state.name): index
            for index, part in enumerate(self.program.projections)
            for state in part.states
            if state.name not in part.shared
        }

    def _canonical(self, projection: int, parts: Sequence[AnyArray]) -> AnyArray:
        """Values of synapses in the order of the circuit; the last axis of each part's."""
        shape = (*parts[0].shape[:-1], self.program.projections[projection].synapses)
        joined = np.empty(shape, parts[0].dtype)
        for run, values in zip(self.parts, parts, strict=True):
            joined[..., run.numbers(projection)] = values
        return joined

    def _collect(self, spikes: dict[str, list[tuple[AnyArray, AnyArray]]]) -> None:
        for index, population in enumerate(self.program.populations):
            found = [run.spikes(index) for run in self.parts]
            ticks, indices = (np.concatenate([part[side] for part in found]) for side in (0, 1))
            if len(self.parts) > 1:
                order = np.argsort(ticks, kind="stable")
                ticks, indices = ticks[order], indices[order]
            if ticks.size:
                spikes[population.name].append((ticks, indices))

    def _recording(
        self, spikes: Mapping[str, list[tuple[AnyArray, AnyArray]]], rows: Sequence[_Arrays], first: int
    ) -> Recording:
        program, trains = self.program, {}
        for population in program.populations:
            parts = spikes[population.name]
            empty = np.zeros(0, np.int64)
            joined = [np.concatenate([part[side] for part in parts]) if parts else empty for side in (0, 1)]
            trains[population.name] = Spikes(joined[0], joined[1], population.size)
        for source in program.sources:
            trains[source.name] = Spikes(source.ticks, source.indices, source.size).between(first, self.tick)
        numbers = {part.name: index for index, part in enumerate(program.projections)}
        probes = {}
        for index, probe in enumerate(program.probes):
            seen = -(-self.tick // probe.every) - -(-first // probe.every)
            values = [arrays[part_name("m", index, "values")][:seen] for arrays in rows]
            if probe.of in numbers:
                probes[probe.of, state_label(probe.variable)] = self._canonical(numbers[probe.of], values)
            else:
                probes[probe.of, state_label(probe.variable)] = (
                    np.concatenate(values, axis=1) if len(values) > 1 else values[0]
                )
        return Recording(program.dt, self.tick - first, trains, probes, self.final())


class _Part:
    """The memory of one thread's share of a run: everything, where there is one thread."""

    def __init__(
        self,
        program: StepProgram,
        names: Sequence[str],
        share: Share | None = None,
        common: Mapping[str, KernelArgument] | None = None,
        *,
        single_precision: bool = False,
    ) -> None:
        self.program = program if share is None else share_of(program, share)
        self._share = share
        given = kernel_memory(self.program, names, share, single_precision=single_precision) | dict(common or {})
        if share is not None:
            given |= own_numbers(program, share)
        self.memory = {name: value for name, value in given.items() if isinstance(value, np.ndarray)}
        self._numbers = {name: value for name, value in given.items() if name not in self.memory}

    @property
    def synapses(self) -> dict[str, int]:
        """Projection -> how many of its synapses are this share's."""
        return {
            part.name: self.memory[part_name("q", index, "column")].size
            for index, part in enumerate(self.program.projections)
        }

    def arguments(self, names: Sequence[str], rows: _Arrays, base: Mapping[str, int]) -> list[KernelArgument]:
        """What the kernel takes, in order."""
        given = {**self.memory, **rows, **self._numbers, **base}
        return [given[name] for name in names]

    def first(self, population: str) -> int:
        """The first neuron of this share."""
        return 0 if self._share is None else self._share.bounds[population][0]

    def numbers(self, projection: int) -> AnyArray | slice:
        """The circuit's number of each synapse of this share."""
        part = self.program.projections[projection]
        first = self.first(part.target)
        return Arrangement.of(part, first, first + self.program.size_of(part.target)).numbers()

    def spikes(self, population: int) -> tuple[AnyArray, AnyArray]:
        """Ticks and neurons of the spikes since the last call."""
        kept, ticks, indices = (
            self.memory[part_name("p", population, name)] for name in ("kept", "spike_ticks", "spike_indices")
        )
        count = int(kept[0])
        kept[0] = 0
        return ticks[:count].copy(), indices[:count] + self.first(self.program.populations[population].name)

    def check_neurons(self, ticks: tuple[int, int]) -> None:
        """Raise NotFiniteError where a state of a neuron is no number."""
        for index, part in enumerate(self.program.populations):
            for state in part.states:
                bad = _first_bad(self.memory[part_name("p", index, state.name)])
                if bad is not None:
                    where = f"{part.name}.{state_label(state.name)} of neuron {self.first(part.name) + bad[0]}"
                    raise NotFiniteError(f"{where} is {bad[1]}", *ticks)

    def check_synapses(self, ticks: tuple[int, int]) -> None:
        """Raise NotFiniteError where a state of a synapse is no number."""
        for index, part in enumerate(self.program.projections):
            for name in (state.name for state in part.states if state.name in written_states(self.program, part)):
                bad = _first_bad(self.memory[part_name("q", index, name)])
                if bad is not None:
                    numbers = self.numbers(index) if name not in part.shared else slice(None)
                    synapse = bad[0] if isinstance(numbers, slice) else numbers[bad[0]]
                    raise NotFiniteError(f"{part.name}.{state_label(name)} of synapse {synapse} is {bad[1]}", *ticks)


class _FinalValues(Mapping[tuple[str, str], AnyArray]):
    """Values after a run; drawn ones that nobody wrote are made when somebody asks."""

    def __init__(self, values: Mapping[tuple[str, str], AnyArray | DrawnValues]) -> None:
        self._values = values

    def __getitem__(self, key: tuple[str, str]) -> AnyArray:
        return np.asarray(self._values[key])

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _first_bad(values: AnyArray) -> tuple[int, float] | None:
    if values.dtype != np.float64 or np.isfinite(values.sum()) or np.isfinite(values).all():
        return None
    bad = int(np.flatnonzero(~np.isfinite(values))[0])
    return bad, values[bad]


def numbered(program: StepProgram) -> Iterator[tuple[str, int, PopulationProgram | ProjectionProgram]]:
    """Everything that has states, with the kind and number that its arguments are named after."""
    for index, population in enumerate(program.populations):
        yield "p", index, population
    for index, projection in enumerate(program.projections):
        yield "q", index, projection
