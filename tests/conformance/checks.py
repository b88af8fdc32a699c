"""The relations of docs/architecture.md, section "What must be equal", as functions on a circuit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuro.circuit.circuit import Circuit, Probe
from neuro.compiler.ir import FLUSH_BELOW, StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.quantise.integers import quantise
from neuro.simulators.brian2.lowered import run_program_in_brian2
from neuro.simulators.brian2.reference import Brian2Reference
from neuro.simulators.compiled.simulator import run_program
from neuro.spikes import Recording
from tests.oracle import interpret, probe_everything

FLOAT_TOLERANCE = 1e-9


def probed(program: StepProgram) -> StepProgram:
    """The program with every state of every neuron and synapse recorded at every tick."""
    return replace(program, probes=probe_everything(program))


def assert_same(given: Recording, expected: Recording, tolerance: float, pair: str) -> None:
    """Every spike identical; every state within a tolerance (0 for integers)."""
    assert given.mismatches(expected) == 0, f"{pair}: spikes differ"
    difference = given.largest_difference(expected)
    assert difference <= tolerance, f"{pair}: states differ by {difference}"


def event_driven(circuit: Circuit) -> set[tuple[str, str]]:
    """Variables that Brian2 brings up to date only when a spike asks for them, so that probes there are stale."""
    from brian2 import Equations

    parsed = {part.name: Equations(part.model.equations) for part in circuit.projections}
    return {(name, key) for name, lines in parsed.items() for key in lines if "event-driven" in lines[key].flags}


def check_float(circuit: Circuit, ticks: int, *, native: bool, lowered_tolerance: float = FLUSH_BELOW) -> Recording:
    """Brian2 (native text, or the lowered program where native breaks) = compiled = plain interpreter."""
    program = probed(lower(circuit))
    # Brian2 looks through a link at the value of that moment, which is newer at the end of a tick.
    traces = event_driven(circuit) | {(part.name, name) for part in circuit.populations for name in part.links}
    # What the compiler keeps for itself, such as a name of a block, Brian2 has in another form.
    probes = [
        Probe(p.of, p.variable) for p in program.probes if (p.of, p.variable) not in traces and "__" not in p.variable
    ]
    circuit = replace(circuit, probes=probes)
    compiled = run_program(program, ticks)
    assert_same(compiled, interpret(program, ticks), FLOAT_TOLERANCE, "compiled = interpreter")
    if native:
        brian2 = Brian2Reference().run(circuit, ticks)
        final = {key: values for key, values in brian2.final.items() if key not in traces}
        assert_same(compiled, replace(brian2, final=final), FLOAT_TOLERANCE, "compiled = Brian2")
    else:
        assert_same(compiled, run_program_in_brian2(program, ticks), lowered_tolerance, "compiled = lowered Brian2")
    return compiled


def check_fixed(circuit: Circuit, ticks: int, program: StepProgram | None = None) -> Recording:
    """Brian2 running the quantised program = fixed point = plain interpreter, to the last bit."""
    if program is None:
        lowered = probed(lower(circuit))
        seen = run_program(lowered, ticks).probes
        program = quantise(
            lowered, {key: float(np.abs(values).max(initial=0.0)) for key, values in seen.items()}
        ).program
    program = probed(program)
    fixed = run_program(program, ticks)
    assert_same(fixed, interpret(program, ticks), 0.0, "fixed point = interpreter")
    assert_same(fixed, run_program_in_brian2(program, ticks), 0.0, "fixed point = quantised Brian2")
    return fixed
