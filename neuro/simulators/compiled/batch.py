"""Batches: one circuit under many stimuli, in parallel over the batch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from neuro.checks import check_ticks, check_whole
from neuro.circuit.circuit import Circuit, Stimulus
from neuro.compiler.ir import StepProgram
from neuro.compiler.lower_circuit import lower, lower_stimuli
from neuro.errors import CircuitError
from neuro.simulators.compiled.simulator import run_program
from neuro.spikes import Progress, Recording

_MOST_WORKERS = 1024


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
