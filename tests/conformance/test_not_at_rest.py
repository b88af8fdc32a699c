"""Nothing need be at rest at tick 0: states, traces, refractory neurons and spikes under way.

The circuits in which the suite runs the shipped models on every target start like that; here it is shown that they do.
What a circuit can't say (counters and spikes in flight) is carried over in checkpoints and by Brian2's own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from brian2 import second

from neuro.circuit.circuit import Circuit, Probe
from neuro.compiler.ir import StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.quantise.integers import quantise
from neuro.simulators.brian2.lowered import run_program_in_brian2
from neuro.simulators.brian2.recorder import on_numpy
from neuro.simulators.brian2.reference import Brian2Reference, to_brian2
from neuro.simulators.compiled.simulation import Simulation
from neuro.simulators.compiled.simulator import run_program
from neuro.simulators.fixed_point import measure_ranges
from neuro.spikes import Recording
from tests.conformance.checks import FLOAT_TOLERANCE, assert_same, event_driven, probed
from tests.conformance.circuits import plastic
from tests.conformance.language_circuits import branches_under_way
from tests.conformance.support import MODELS
from tests.conformance.synapse_circuits import RULES, SYNAPSES, learning
from tests.oracle import interpret

STARTED = {**MODELS, "plateau_lif": branches_under_way}
"""Model -> the circuit in which every target runs it."""

RANDOM = ("POISSON",)
"""Models that fire at random, at tick 0 or not."""


@pytest.mark.parametrize("name", STARTED)
def test_a_shipped_model_starts_away_from_rest(name: str) -> None:
    """Every state is above or below 0 in some neuron or synapse, and neurons fire at tick 0."""
    circuit = STARTED[name]()
    program = lower(circuit)
    given = {(part.population, part.variable) for part in program.inputs}
    still = {
        (part.name, state.name)
        for part in program.stateful
        for state in part.states
        if not np.any(state.initial) and (part.name, state.name) not in given
    }
    where = "STARTS in tests/conformance/circuits.py, or BY_HAND in tests/conformance/support.py"
    assert still <= {("a", "I")}, f"{name} starts with {sorted(still)} at 0: give its circuit start values, see {where}"
    spikes = interpret(program, 1).spikes
    fired = any(len(spikes[part.name]) for part in program.populations)
    assert fired or name in RANDOM, f"no neuron of {name} fires at tick 0: start one above its threshold, see {where}"
    assert all(len(spikes[part.name]) for part in program.sources)


def scattered() -> Circuit:
    """Every rule with traces of each synapse's own, so that no neuron can keep them."""
    circuit = learning(list(RULES))
    rng = np.random.default_rng(10)

    def own(values: object) -> np.ndarray:
        return np.asarray(values) * rng.uniform(0.5, 1.5, SYNAPSES)

    projections = []
    for part, lowered in zip(circuit.projections, lower(circuit).projections, strict=True):
        traces = {item.target.name for item in lowered.update}
        values = {name: own(value) if name in traces else value for name, value in part.parameters.items()}
        projections.append(replace(part, parameters=values))
    return replace(circuit, projections=projections)


@pytest.mark.long
def test_traces_of_each_synapse_s_own_are_equal() -> None:
    """Compiled and in Verilog such traces run in ``traces_above_zero``; a kernel of all rules takes half a minute."""
    circuit, ticks = scattered(), 40
    program = probed(lower(circuit))
    assert not any(part.shared for part in program.projections)
    plain = interpret(program, ticks)
    assert_same(plain, run_program_in_brian2(program, ticks), FLOAT_TOLERANCE, "interpreter = lowered Brian2")
    stale = event_driven(circuit)
    probes = [Probe(p.of, p.variable) for p in program.probes if (p.of, p.variable) not in stale]
    native = Brian2Reference().run(replace(circuit, probes=probes), ticks)
    final = {key: values for key, values in native.final.items() if key not in stale}
    assert_same(plain, replace(native, final=final), FLOAT_TOLERANCE, "interpreter = Brian2")


STOP = 300


def broken_off(whole: Recording) -> int:
    """A tick at which a run of ``plastic`` is broken off: neurons are refractory, and spikes under way."""
    tick = int(whole.spikes["a"].ticks[8]) + 1
    assert len(whole.spikes["s"].between(tick - 3, tick)) > 0, "the longest delay is three ticks"
    return tick


def programs() -> dict[str, StepProgram]:
    """The floats and integers of ``plastic``, with every state probed."""
    lowered = lower(plastic([0, 1, 3]))
    return {
        "compiled": probed(lowered),
        "fixed point": probed(quantise(lowered, measure_ranges(lowered, STOP)).program),
    }


def test_a_run_goes_on_from_a_checkpoint_with_refractory_neurons_and_spikes_under_way() -> None:
    for name, program in programs().items():
        whole, first = run_program(program, STOP), Simulation.of_program(program)
        start = broken_off(whole)
        first.run(start)
        checkpoint = first.checkpoint()
        second = Simulation.of_program(program)
        second.restore(checkpoint)
        rest = second.run(STOP - start)
        for part in ("a", "s"):
            assert rest.spikes[part].mismatches(whole.spikes[part].between(start, STOP)) == 0, name
        for key, values in whole.probes.items():
            assert np.array_equal(rest.probes[key], values[start:]), (name, key)


def test_brian2_goes_on_from_what_it_stored_as_the_compiled_run_does() -> None:
    circuit = plastic([0, 1, 3])
    expected = run_program(programs()["compiled"], STOP)
    start = broken_off(expected)
    with on_numpy():
        built = to_brian2(circuit)
        built.network.run(start * circuit.dt * second, namespace={})
        built.network.store()
        for _ in range(2):
            built.network.restore()
            built.network.run((STOP - start) * circuit.dt * second, namespace={})
            for name, monitor in built.spikes.items():
                ticks = np.rint(np.asarray(monitor.t) / circuit.dt).astype(int)
                assert ticks.tolist() == expected.spikes[name].ticks.tolist()
                assert np.asarray(monitor.i).tolist() == expected.spikes[name].indices.tolist()
            weights = np.asarray(built.synapses["sa"].w)
            assert np.abs(weights - expected.final["sa", "w"]).max() <= FLOAT_TOLERANCE
