"""Ten runs from ten seeds, and one without learning."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from neuro.arrays import BoolArray
from neuro.compiler.ir import StepProgram
from neuro.compiler.lower_circuit import lower, lower_stimuli
from neuro.experiments.experiment import Experiment, Result
from neuro.experiments.masquelier.circuit import SLOT, Afferents, PatternSettings, finder
from neuro.experiments.masquelier.plots import draw_latencies, draw_pattern
from neuro.experiments.masquelier.result import PAPER, PatternResult, PatternRun, judged_rows
from neuro.progress import Stages
from neuro.simulators import Simulation

_CHUNK = 300
"""Slots that are drawn and run at once, to bound the memory."""


def run_masquelier(seed: int, progress: Stages) -> PatternResult:
    """Ten runs of 120 s with seeds from ``seed`` on, and one without learning."""
    return run_patterns(seed, progress, PatternSettings())


def run_patterns(seed: int, progress: Stages, settings: PatternSettings) -> PatternResult:
    """The experiment in another size."""
    seeds = tuple(range(seed, seed + settings.seeds))
    off = replace(settings, a_plus=0.0, a_minus=0.0)
    runs = []
    with progress.stage("Find the pattern", settings.seeds) as advance:
        for number, each in enumerate(seeds):
            runs.append(find_pattern(each, settings))
            advance(number + 1)
    with progress.stage("Without learning"):
        untaught = find_pattern(seed, off)
    return PatternResult(judged_rows(runs, untaught), seeds, tuple(runs), untaught)


def find_pattern(seed: int, settings: PatternSettings) -> PatternRun:
    """One run from one seed."""
    rng = np.random.default_rng(seed)
    afferents = Afferents(rng, settings.afferents, settings.jitter)
    shown = _presentations(rng, settings.slots)
    program: StepProgram | None = None
    before: Simulation | None = None
    spikes = []
    for start in range(0, settings.slots, _CHUNK):
        slots = shown[start : start + _CHUNK]
        circuit = finder(afferents.draw(slots), settings)
        program = lower(circuit) if program is None else lower_stimuli(program, circuit)
        simulation = Simulation.of_program(program)
        if before is not None:
            _go_on(before, simulation)
        recording = simulation.run(slots.size * SLOT)
        spikes.append(recording.spikes["finder"].ticks + start * SLOT)
        before = simulation
    weights = simulation.get("synapses", "w")
    return PatternRun(shown, np.concatenate(spikes), afferents.pattern, weights)


def _presentations(rng: np.random.Generator, slots: int) -> BoolArray:
    """A quarter of the slots, no two of them neighbours, each such set as likely as any other."""
    count = slots // 4
    shown = np.zeros(slots, dtype=bool)
    shown[np.sort(rng.choice(slots - count + 1, count, replace=False)) + np.arange(count)] = True
    return shown


def _go_on(before: Simulation, after: Simulation) -> None:
    """Carry the state over; at most the rest of a refractory time of 2 ms is lost."""
    for part, variables in (("finder", ("v", "g")), ("synapses", ("w", "older_trace", "pre_trace", "post_trace"))):
        for variable in variables:
            after.set(part, variable, before.get(part, variable))


def _run(seed: int, stages: Stages) -> Result:
    result = run_masquelier(seed, stages)
    pictures = {"latencies": partial(draw_latencies, result), "pattern": partial(draw_pattern, result)}
    return Result(result.rows, result.seeds, pictures)


MASQUELIER = Experiment(
    "masquelier", "STDP finds a repeating pattern in spike trains: at least 95 % hits, no false alarm", PAPER, _run
)
"""Ten seeds, none chosen."""
