"""Simulation: a circuit advanced step by step, with inputs from Python between the ticks, and checkpoints.

Batches: one circuit under many stimuli, in parallel over the batch.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray
from neuro.checks import check_ticks, check_whole, holds_whole, is_real
from neuro.circuit.circuit import Circuit, Stimulus
from neuro.compiler.ir import Format, StepProgram
from neuro.compiler.lower_circuit import lower, lower_stimuli
from neuro.errors import CircuitError, InvalidInput
from neuro.simulators.compiled.kernel_arguments import is_layout
from neuro.simulators.compiled.kernel_lines import SHARED_MODULE, part_name
from neuro.simulators.compiled.kernel_names import state_key, state_label
from neuro.simulators.compiled.kernel_source import print_kernel
from neuro.simulators.compiled.simulator import KernelRun, numbered, run_program
from neuro.spikes import Progress, Recording

_SHARED_IN_CHECKPOINTS = "from neuro.simulators._kernels import"
"""How the structure of a checkpoint names the shared functions, wherever they lie: this never changes."""

_MOST_WORKERS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Everything that the rest of a run depends on, as arrays.

    Args:
        tick: the next tick to run.
        structure: digest of the circuit's structure and sizes; only a simulation of the same can take it.
        arrays: name -> array; read-only copies.
    """

    tick: int
    structure: str
    arrays: Mapping[str, AnyArray]


class Simulation:
    """A compiled circuit that runs when told to: ``step`` for a closed loop, ``run`` for many ticks at once.

    A variable that is set keeps its value until it is set again or the circuit changes it. Running n ticks in any
    number of steps gives the same spikes as running them at once.

    Args:
        circuit: what to run, from its initial state.

    >>> from neuro import Circuit, Population
    >>> from neuro.models import LIF_DELTA
    >>> simulation = Simulation(Circuit(1e-3, [Population("cell", 1, LIF_DELTA)]))
    >>> fired = [simulation.step({("cell", "I"): 25e-3})["cell"].tolist() for _ in range(40)]
    >>> fired.index([0])
    32
    """

    def __init__(self, circuit: Circuit) -> None:
        self._run = KernelRun(lower(circuit), settable=True)

    @classmethod
    def of_program(cls, program: StepProgram) -> Simulation:
        """A simulation of a step program, float or quantised."""
        simulation = cls.__new__(cls)
        simulation._run = KernelRun(program, settable=True)
        return simulation

    @property
    def tick(self) -> int:
        """The next tick to run; as many have been run."""
        return self._run.tick

    def step(
        self,
        inputs: Mapping[tuple[str, str], npt.ArrayLike] | None = None,
        spikes: Mapping[str, npt.ArrayLike] | None = None,
    ) -> dict[str, AnyArray]:
        """Run one tick.

        Args:
            inputs: (population, variable) -> value before the tick, shape () or (size,), in SI units; in a quantised
                program in whole steps of the variable's format.
            spikes: spike source -> indices of the neurons that fire in this tick, besides its own list.

        Returns:
            population -> indices of the neurons that fired, ascending.

        Raises:
            InvalidInput: no such variable or source, or a shape or index that does not fit; nothing was run.
        """
        checked = {key: self._checked(*key, values) for key, values in (inputs or {}).items()}
        injected = {name: self._checked_spikes(name, indices) for name, indices in (spikes or {}).items()}
        for (of, variable), values in checked.items():
            self._state(of, variable)[0][:] = values
        for name, indices in injected.items():
            self._inject(name, indices)
        recording = self._run.run(1)
        return {part.name: recording.spikes[part.name].indices for part in self._run.program.populations}

    def run(self, ticks: int, progress: Progress | None = None) -> Recording:
        """Run a number of ticks; the recording's spikes carry the ticks of the whole simulation."""
        check_ticks(ticks)
        return self._run.run(int(ticks), progress)

    def get(self, of: str, variable: str) -> AnyArray:
        """A copy of a variable of a population or projection as it stands, one value a neuron or synapse.

        In SI units; in a quantised program int64 steps of the variable's format.
        """
        self._state(of, variable)
        return np.array(self._run.final()[of, variable])

    def set(self, of: str, variable: str, values: npt.ArrayLike) -> None:
        """Set a variable of a population or projection; shape () or one value a neuron or synapse.

        In SI units; in a quantised program whole steps of the variable's format.

        Raises:
            InvalidInput: no such variable, or values that do not fit: of another shape, not finite, beyond the format.
        """
        checked = self._checked(of, variable, values)
        self._state(of, variable)[0][:] = checked[self._run.numbers(of, variable)] if checked.ndim else checked

    def checkpoint(self) -> Checkpoint:
        """The state of the simulation, to go back to or to go on from elsewhere."""
        arrays = self._run.kept_arrays()
        for array in arrays.values():
            array.setflags(write=False)
        return Checkpoint(self._run.tick, self._structure(), arrays)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to a checkpoint of this circuit, or of one with the same structure and sizes.

        Raises:
            InvalidInput: the checkpoint is of another circuit; nothing was changed.
        """
        memory = self._run.memory
        own = {name: array.shape for name, array in memory.items() if not is_layout(name) and not _is_spike_list(name)}
        given = {name: array.shape for name, array in checkpoint.arrays.items() if name in own}
        if checkpoint.structure != self._structure() or given != own:
            raise InvalidInput("the checkpoint is of another circuit; restore it into a simulation of its own circuit")
        for name, array in checkpoint.arrays.items():
            if _is_spike_list(name):
                memory[name] = array.copy()
        self._run.put({name: checkpoint.arrays[name] for name in own})
        self._run.tick = checkpoint.tick

    # ------------------------------------------------------------------------------------------------ inside

    def _structure(self) -> str:
        program = self._run.program
        # Who waits in tick 0 changes no array: a checkpoint fits the same circuit of either kind.
        projections = tuple(replace(part, event_driven=frozenset()) for part in program.projections)
        text = print_kernel(replace(program, projections=projections), indexed=True)[0]
        text = text.replace(f"from {SHARED_MODULE} import", _SHARED_IN_CHECKPOINTS)
        return hashlib.sha256(text.encode()).hexdigest()

    def _state(self, of: str, variable: str) -> tuple[AnyArray, Format | None]:
        """The values of a variable where the kernel keeps them, and their format."""
        parts = {part.name: (kind, index, part) for kind, index, part in numbered(self._run.program)}
        if of not in parts:
            raise InvalidInput(f"no population or projection {of!r}; there are {[*parts]}")
        kind, index, part = parts[of]
        formats = {state_label(state.name): state.format for state in part.states}
        if variable not in formats:
            raise InvalidInput(f"{of!r} has no variable {variable!r}; it has {[*formats]}")
        return self._run.memory[part_name(kind, index, state_key(variable))], formats[variable]

    def _checked(self, of: str, variable: str, values: npt.ArrayLike) -> AnyArray:
        array, form = self._state(of, variable)
        given = np.asarray(values)
        if given.shape not in ((), array.shape):
            raise InvalidInput(f"{of}.{variable} is given shape {given.shape}; () or {array.shape} is allowed")
        if not is_real(given) or not np.all(np.isfinite(given)):
            raise InvalidInput(f"{of}.{variable} is given {values!r}; finite numbers are allowed")
        if form is not None and np.any((given != np.rint(given)) | (given < form.lowest) | (given > form.highest)):
            raise InvalidInput(
                f"{of}.{variable} is given {values!r}, but counts steps of {form.step:g} in this program; whole "
                f"numbers from {form.lowest} to {form.highest} are allowed: divide by {form.step:g} and round"
            )
        return given.astype(array.dtype)

    def _checked_spikes(self, name: str, indices: npt.ArrayLike) -> AnyArray:
        known = {source.name: source.size for source in self._run.program.sources}
        if name not in known:
            raise InvalidInput(f"no spike source {name!r}; there are {sorted(known)}")
        given = np.asarray(indices)
        if not holds_whole(indices):
            raise InvalidInput(f"spikes of {name!r} are {indices!r}; whole numbers are allowed")
        given = np.unique(given.astype(np.int64))
        if given.size and (given[0] < 0 or given[-1] >= known[name]):
            raise InvalidInput(f"spikes of {name!r} are {indices!r}; 0 to {known[name] - 1} are allowed")
        return given

    def _inject(self, name: str, indices: AnyArray) -> None:
        """Put spikes of the coming tick into a source's list, once each."""
        index = [source.name for source in self._run.program.sources].index(name)
        ticks, neurons, at = (part_name("s", index, part) for part in ("ticks", "indices", "at"))
        memory, now = self._run.memory, self.tick
        start = int(memory[at][0])
        due = int(np.searchsorted(memory[ticks], now, side="right"))
        fired = np.union1d(memory[neurons][start:due], indices)
        memory[ticks] = np.concatenate([np.full(fired.size, now, np.int64), memory[ticks][due:]])
        memory[neurons] = np.concatenate([fired, memory[neurons][due:]])
        memory[at][0] = 0


def _is_spike_list(name: str) -> bool:
    return name.startswith("s") and name.endswith(("_ticks", "_indices"))


def simulate_batch(
    circuit: Circuit,
    stimuli: Sequence[Sequence[Stimulus]],
    ticks: int,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Recording]:
    """Run a circuit once for each entry of a batch, each from the initial state, compiled.

    The kernel releases Python's lock, so entries run at the same time; the results do not depend on ``workers``.

    Args:
        circuit: its own stimuli are replaced by those of each entry.
        stimuli: one sequence of spike sources and current arrays an entry; all entries have sources of the same
            names and sizes, in the same order.
        ticks: how many ticks each.
        workers: threads; one a core by default.
        progress: called with the number of entries done; False from it stops after those that run.

    Returns:
        one Recording an entry, in order (those done, where ``progress`` stopped it).

    Raises:
        CircuitError: entries whose sources or inputs differ in name, size or variable.
    """
    check_ticks(ticks)
    count = os.cpu_count() or 1 if workers is None else workers
    check_whole("workers", count, 1, _MOST_WORKERS)
    if not stimuli:
        return []
    first = replace(circuit, stimuli=stimuli[0])
    program = lower(first)
    programs = [program, *(_entry(first, program, entry, at + 1) for at, entry in enumerate(stimuli[1:]))]
    done: list[Recording] = []
    with ThreadPoolExecutor(count) as pool:
        jobs = [pool.submit(run_program, entry, ticks) for entry in programs]
        for job in jobs:
            done.append(job.result())
            if progress is not None and progress(len(done)) is False:
                for rest in jobs:
                    rest.cancel()
                break
    return done


def _entry(first: Circuit, program: StepProgram, stimuli: Sequence[Stimulus], at: int) -> StepProgram:
    circuit = replace(first, stimuli=stimuli)
    given, expected = ([(part.name, part.size) for part in sources] for sources in (circuit.sources, first.sources))
    written, wanted = (
        [(part.population, part.variable) for part in inputs] for inputs in (circuit.inputs, first.inputs)
    )
    if (given, written) != (expected, wanted):
        raise CircuitError(
            f"entry {at} of the batch has sources {given} and inputs {written}; entry 0 has {expected} and {wanted}"
        )
    return lower_stimuli(program, circuit)
