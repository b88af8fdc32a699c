"""Every synapse model is equal on all targets, or refused by name.

All of them learn in one circuit, so that each target compiles once; each is then compared for itself.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from neuro.circuit.circuit import Probe
from neuro.compiler.ir import StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.errors import UnsupportedByTarget
from neuro.quantise.integers import quantise
from neuro.simulators.brian2.lowered import run_program_in_brian2
from neuro.simulators.brian2.reference import Brian2Reference
from neuro.simulators.compiled.simulator import run_program
from neuro.spikes import Recording
from tests.conformance.checks import FLOAT_TOLERANCE, check_float, event_driven, probed
from tests.conformance.synapse_circuits import NO_INTEGERS, RULES, TICKS, inhibited, learning
from tests.oracle import interpret, probe_everything

INTEGERS = tuple(name for name in RULES if name not in NO_INTEGERS)
COMPILED_INTEGERS = ("pair", "nearest", "symmetric", "reward", "triplet", "tsodyks_markram")
"""The rules whose integer kernels are compiled here, one of each kind: a kernel costs about 2.5 s a rule."""
WATCHED = ("v", "w", "c", "x")
"""What is recorded at every tick; the traces are compared at the end."""


def watched(program: StepProgram) -> StepProgram:
    """The program with the watched variables recorded at every tick."""
    return replace(program, probes=tuple(p for p in probe_everything(program) if p.variable in WATCHED))


def integers(names: Sequence[str]) -> StepProgram:
    """The quantised program of a circuit of rules; its ranges come from the plain interpreter."""
    lowered = lower(learning(names))
    seen = interpret(lowered, TICKS, probe_everything(lowered)).probes
    return quantise(lowered, {key: float(np.abs(values).max()) for key, values in seen.items()}).program


@functools.cache
def float_runs() -> Mapping[str, Recording]:
    circuit = learning(list(RULES))
    program = watched(lower(circuit))
    native = Brian2Reference().run(replace(circuit, probes=[Probe(p.of, p.variable) for p in program.probes]), TICKS)
    stale = event_driven(circuit)
    return {
        "compiled": run_program(program, TICKS),
        "Brian2": replace(
            native,
            **{
                part: {key: values for key, values in getattr(native, part).items() if key not in stale}
                for part in ("probes", "final")
            },
        ),
        "lowered Brian2": run_program_in_brian2(program, TICKS),
        "interpreter": interpret(program, TICKS),
    }


@functools.cache
def integer_runs() -> Mapping[str, Recording]:
    program = watched(integers(INTEGERS))
    return {
        "compiled": run_program(watched(integers(COMPILED_INTEGERS)), TICKS),
        "Brian2": run_program_in_brian2(program, TICKS),
        "interpreter": interpret(program, TICKS),
        "interpreter of the compiled": interpret(watched(integers(COMPILED_INTEGERS)), TICKS),
    }


def _difference(of: str, given: Recording, expected: Recording) -> float:
    """The largest difference of any state of a part that both recorded, over time or at the end."""
    pairs = [
        (one[key], other[key])
        for one, other in ((given.probes, expected.probes), (given.final, expected.final))
        for key in one
        if key[0] == of and key in other
    ]
    assert len(pairs) >= 2
    return max(float(np.abs(one - other).max(initial=0.0)) for one, other in pairs)


@pytest.mark.parametrize("oracle", ["Brian2", "lowered Brian2", "interpreter"])
@pytest.mark.parametrize("name", ["a", *RULES])
def test_a_synapse_is_equal_in_floats(name: str, oracle: str) -> None:
    given, expected = float_runs()["compiled"], float_runs()[oracle]
    assert given.mismatches(expected) == 0
    assert _difference(name, given, expected) <= FLOAT_TOLERANCE


@pytest.mark.parametrize("name", ["a", *INTEGERS])
def test_a_synapse_is_equal_in_integers_of_brian2_and_interpreter(name: str) -> None:
    given, expected = integer_runs()["Brian2"], integer_runs()["interpreter"]
    assert given.mismatches(expected) == 0
    assert _difference(name, given, expected) == 0


@pytest.mark.parametrize("name", ["a", *COMPILED_INTEGERS])
def test_a_synapse_is_equal_in_fixed_point(name: str) -> None:
    given, expected = integer_runs()["compiled"], integer_runs()["interpreter of the compiled"]
    assert given.mismatches(expected) == 0
    assert _difference(name, given, expected) == 0


@pytest.mark.parametrize("name", RULES)
def test_a_synapse_learns_and_stays_in_bounds(name: str) -> None:
    recording = float_runs()["compiled"]
    assert len(recording.spikes["a"]) > 10
    moved = {"reward": "c", "tsodyks_markram": "x"}.get(name, "w")
    values = recording.probes[name, moved]
    assert np.abs(values[-1] - values[0]).max() > 0.02 * np.abs(values).max()
    if moved == "w":
        assert values.min() >= 0.0
        assert np.all(values <= RULES[name].parameters["w_max"])


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_learn_what_floats_learn(name: str) -> None:
    """A single synapse model in integers moves as in floats, within a twentieth of the range it covers."""
    lowered = lower(learning([name]))
    program = probed(lowered)
    ranges = interpret(program, TICKS).probes
    quantised = quantise(lowered, {key: float(np.abs(values).max()) for key, values in ranges.items()})
    rounded = interpret(probed(quantised.program), TICKS).probes
    moved = {"reward": "c", "tsodyks_markram": "x"}.get(name, "w")
    exact = ranges[name, moved]
    error = rounded[name, moved] * quantised.formats[name, moved].step - exact
    assert np.abs(error).max() <= 0.05 * np.ptp(exact)


@pytest.mark.parametrize("name", NO_INTEGERS)
def test_a_synapse_is_refused_by_integers(name: str) -> None:
    lowered = lower(learning([name]))
    with pytest.raises(UnsupportedByTarget, match=NO_INTEGERS[name]):
        quantise(lowered, {})


def test_inhibitory_conductances_are_equal_and_refused_by_integers() -> None:
    """The refusal is that of the conductance neuron: products too wide for exact integers."""
    recording = check_float(inhibited(), TICKS, native=True)
    weights = recording.probes["conductance", "w"]
    assert len(recording.spikes["a"]) > 10
    assert np.ptp(weights) > 1e-9
    ranges = {key: float(np.abs(values).max()) for key, values in recording.probes.items()}
    with pytest.raises(UnsupportedByTarget, match=r"an intermediate of .* bits in population 'a'"):
        quantise(lower(inhibited()), ranges)
