"""One suite of circuits on all simulators: the equalities of docs/architecture.md."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.compiler.ir import Format, StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.errors import UnsupportedByTarget
from neuro.quantise.integers import quantise
from neuro.simulators.fixed_point import measure_ranges
from tests.conformance.checks import check_fixed, check_float
from tests.conformance.circuits import (
    CASES,
    DRIVES,
    Case,
    free,
    plastic,
    several_projections,
    trace_from_one,
)
from tests.conformance.support import DERIVED, MODELS, refusals
from tests.oracle import interpret


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_corner_is_equal_in_brian2_and_compiled(case: Case) -> None:
    recording = check_float(case.build(), case.ticks, native=case.native)
    neurons = [population.name for population in case.build().populations]
    fired = sum(len(recording.spikes[name]) for name in neurons)
    assert 0 < fired < sum(recording.spikes[name].size for name in neurons) * case.ticks / 2
    for name, ticks in case.spikes.items():
        spikes = recording.spikes[name]
        assert spikes.ticks[spikes.indices == 0].tolist() == list(ticks)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_corner_is_equal_in_fixed_point(case: Case) -> None:
    assert check_fixed(case.build(), case.ticks).spike_count > 0


def test_a_trace_that_starts_at_1_decays_as_often_in_integers() -> None:
    formats = {("sa", "w"): Format(18, -15), ("a", "v"): Format(18, -15)}
    recording = interpret(quantise(lower(trace_from_one()), {}, formats=formats).program, 20)
    assert recording.spikes["a"].ticks.tolist() == CASES["a trace that starts at 1"].spikes["a"]
    assert recording.probes["sa", "w"][0] == 2**15


@pytest.mark.parametrize("name", [*DRIVES, *DERIVED])
def test_every_model_is_equal_wherever_it_is_supported(name: str) -> None:
    circuit = MODELS[name]()
    assert check_float(circuit, 700, native=True).spike_count > 0
    if "fixed point" in refusals().get(name, []):
        with pytest.raises(UnsupportedByTarget, match="fixed point does not support"):
            quantise(lower(circuit), {})
    else:
        assert check_fixed(circuit, 700).spike_count > 0


def test_stdp_moves_weights_both_ways_and_keeps_them_in_bounds() -> None:
    recording = check_float(plastic(1), 300, native=True)
    change = recording.final["sa", "w"] - 12e-3
    assert change.min() < -0.1e-3
    assert change.max() > 0.1e-3
    assert recording.probes["aa", "w"].min() >= 0.0
    assert recording.probes["aa", "w"].max() <= 16e-3


def test_saturation_of_every_register_is_equal() -> None:
    """Registers so narrow that every one of them hits both or one of its ends."""
    circuit, ticks = several_projections(), 400
    lowered = lower(circuit)
    wide = quantise(lowered, measure_ranges(lowered, ticks))
    narrow = {key: Format(max(3, form.bits - 4), form.exponent) for key, form in wide.formats.items()}
    program = quantise(lowered, measure_ranges(lowered, ticks), formats=narrow).program
    recording = check_fixed(circuit, ticks, program)
    for (name, variable), values in recording.probes.items():
        form = narrow[name, variable]
        assert values.min() >= form.lowest
        assert values.max() <= form.highest
    assert _touched(program, recording.probes) >= {("a", "v"), ("a", "g"), ("b", "v")}


def _touched(program: StepProgram, probes: object) -> set[tuple[str, str]]:
    """States that stood at an end of their format at some tick."""
    touched = set()
    for part in program.populations:
        for state in part.states:
            values, form = probes[part.name, state.name], state.format  # type: ignore[index]
            assert form is not None
            if np.any((values == form.lowest) | (values == form.highest)):
                touched.add((part.name, state.name))
    return touched


VALUES = st.fixed_dictionaries(
    {
        "tau_m": st.lists(st.floats(2e-3, 50e-3), min_size=4, max_size=4),
        "tau_g": st.floats(1e-3, 20e-3),
        "weights": st.lists(st.floats(-10e-3, 40e-3), min_size=8, max_size=8),
        "back": st.floats(-5e-3, 5e-3),
        "delay_ticks": st.integers(0, 7),
        "rate": st.floats(0.01, 0.4),
        "limit": st.integers(1, 3),
        "seed": st.integers(0, 2**31),
    }
)


@pytest.mark.long
@settings(max_examples=10)
@given(VALUES)
def test_any_values_are_equal_in_brian2_and_compiled(values: dict[str, object]) -> None:
    check_float(free(**values), 300, native=True)  # type: ignore[arg-type]


@pytest.mark.long
@settings(max_examples=5)  # every example has formats, and so a kernel, of its own
@given(VALUES)
def test_any_values_are_equal_in_fixed_point(values: dict[str, object]) -> None:
    check_fixed(free(**values), 300)  # type: ignore[arg-type]


def test_a_changed_parameter_does_not_change_the_kernel() -> None:
    from neuro.simulators.compiled.kernel_source import print_kernel

    one = free(tau_m=[1e-2] * 4, tau_g=5e-3, weights=[1e-2] * 8, back=0, delay_ticks=0, rate=0.1, limit=1, seed=0)
    two = free(tau_m=[2e-2] * 4, tau_g=3e-3, weights=[2e-2] * 8, back=1e-3, delay_ticks=4, rate=0.2, limit=2, seed=1)
    assert print_kernel(lower(one)) == print_kernel(lower(two))


def test_the_suite_notices_a_changed_coefficient() -> None:
    """The checks can fail: one coefficient off by a part in a million is seen."""
    circuit = several_projections()
    lowered = lower(circuit)
    part = lowered.populations[0]
    bent = replace(part.coefficients[0], values=part.coefficients[0].values * (1 + 1e-6))
    changed = replace(
        lowered,
        populations=(replace(part, coefficients=(bent, *part.coefficients[1:])), *lowered.populations[1:]),
    )
    from neuro.simulators.compiled.simulator import run_program

    assert run_program(changed, 400).largest_difference(run_program(lowered, 400)) > 1e-9
