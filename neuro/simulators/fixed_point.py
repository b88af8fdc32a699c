"""FixedPoint: a circuit in integers, the model that silicon is proven equal to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from neuro.circuit.circuit import Circuit
from neuro.compiler.ir import Assignment, Format, OperationProgram, ProbeProgram, StepProgram, Symbol
from neuro.compiler.lower_circuit import lower
from neuro.quantise.formats import Key, Rules
from neuro.quantise.integers import Quantised, quantise
from neuro.simulators.compiled.simulator import run_program
from neuro.spikes import Progress, Recording


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """The fixed-point simulator: formats from a float run of the same circuit, then int64.

    Args:
        formats: (part, variable) -> Format to use as given.
        rules: what the quantiser aims for.
    """

    formats: Mapping[Key, Format] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)

    def run(self, circuit: Circuit, ticks: int, progress: Progress | None = None) -> Recording:
        """Quantise a circuit by a float run of the same length and run it; probes are integer steps."""
        return run_program(self.quantise(circuit, ticks).program, ticks, progress=progress)

    def quantise(self, circuit: Circuit, ticks: int) -> Quantised:
        """The integer program of a circuit, calibrated on a float run of ``ticks`` ticks."""
        program = lower(circuit)
        return quantise(program, measure_ranges(program, ticks), formats=self.formats, rules=self.rules)


def measure_ranges(program: StepProgram, ticks: int) -> dict[Key, float]:
    """The largest absolute value of every state over a float run, by (part, variable).

    What synapses add up counts even where an operation takes it away again in the same tick.
    """
    program, peaks = with_peaks(program)
    operated = {operation.of for operation in program.operations}
    probes = tuple(ProbeProgram(part.name, state.name, 1) for part in program.populations for state in part.states)
    probes += tuple(
        ProbeProgram(part.name, state.name, 1)
        for part in program.projections
        for state in part.states
        if part.update or part.on_post or part.name in operated
    )
    recording = run_program(replace(program, probes=probes), ticks)
    return largest_values(recording, peaks)


def largest_values(recording: Recording, peaks: Mapping[Key, str]) -> dict[Key, float]:
    """The largest absolute value of every probed state, that of its copy (:func:`with_peaks`) included."""
    largest = {key: float(np.abs(values).max(initial=0.0)) for key, values in recording.probes.items()}
    for (part, peak), name in peaks.items():
        largest[part, name] = max(largest[part, name], largest.pop((part, peak)))
    return largest


def with_peaks(program: StepProgram) -> tuple[StepProgram, dict[Key, str]]:
    """The program with a copy of each state that synapses and operations both write, taken before the operations.

    Returns:
        That program, and the copies: (population, name of the copy) -> the state.
    """
    summed = {(part.target, item.target.name) for part in program.projections for item in part.on_pre}
    peaks: dict[Key, str] = {}
    populations, copies = [], []
    for part in program.populations:
        changed = {
            item.target.name for other in program.operations if other.of == part.name for item in other.statements
        }
        both = [state for state in part.states if state.name in changed and (part.name, state.name) in summed]
        new = tuple(replace(state, name=f"{state.name}_peak") for state in both)
        populations.append(replace(part, states=(*part.states, *new)))
        if both:
            copy = tuple(
                Assignment(Symbol(peak.name), Symbol(state.name)) for peak, state in zip(new, both, strict=True)
            )
            copies.append(OperationProgram(f"{part.name}_peaks", part.name, 1, copy))
        peaks |= {(part.name, peak.name): state.name for peak, state in zip(new, both, strict=True)}
    changed_program = replace(program, populations=tuple(populations), operations=(*copies, *program.operations))
    return changed_program, peaks
