"""A model that nobody has written a circuit for runs on every target, as CONTRIBUTING.md says of a new one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuro.compiler.lower_circuit import lower
from neuro.models import Method, NeuronModel, SynapseModel
from neuro.quantise.integers import quantise
from neuro.simulators.fixed_point import measure_ranges
from rtl_export import Outcome, RTLSimulator, verify
from rtl_export.tools import find
from tests.conformance.checks import check_fixed, check_float
from tests.conformance.derived import TICKS, neuron_circuit
from tests.conformance.support import derived, support
from tests.oracle import interpret
from tests.rtl_export.simulators import exported

QUADRATIC = NeuronModel(
    equations="dv/dt = (v*(v - 1) - u + J) / tau : 1\ndu/dt = -u / (10*tau) : 1\nJ : 1\ntau : second (constant)",
    threshold="v > 4",
    reset="v = -1; u += 1",
    method=Method.EULER,
    parameters={"tau": 5e-3},
)
"""With an input variable."""

ADAPTING = NeuronModel(
    equations="""
    dv/dt = (g - w - v) / tau_m : volt (unless refractory)
    dg/dt = -g / tau_g : volt
    dw/dt = -w / tau_w : volt
    tau_m : second (constant)
    tau_g : second (constant)
    tau_w : second (constant)
    step : volt (constant)
    """,
    threshold="v > 10*mV",
    reset="v = 0*mV; w += step",
    refractory=1e-3,
    parameters={"tau_m": 10e-3, "tau_g": 4e-3, "tau_w": 50e-3, "step": 1e-3},
)
"""Driven by synapses alone."""

ANTI = SynapseModel(
    equations="""
    w : volt
    drecent/dt = -recent / tau : volt (event-driven)
    w_max : volt (constant)
    tau : second (constant)
    """,
    on_pre="g_post += w; recent += 0.2*mV",
    on_post="w = clip(w - recent, 0*mV, w_max)",
    parameters={"tau": 10e-3},
)

NEW: dict[str, NeuronModel | SynapseModel] = {"QUADRATIC": QUADRATIC, "ADAPTING": ADAPTING, "anti": ANTI}
LATER = ("ADAPTING", "anti")
"""Run with the long tests: a kernel and a Verilog model each."""


@pytest.mark.parametrize("name", ["QUADRATIC", *(pytest.param(name, marks=pytest.mark.long) for name in LATER)])
def test_a_new_model_runs_on_every_target(name: str, tmp_path: Path) -> None:
    circuit = derived(name, NEW[name])()
    assert support(circuit) == {}
    recording = check_float(circuit, TICKS, native=True)
    assert recording.spike_count > 0
    check_fixed(circuit, TICKS)
    program = lower(circuit)
    core = exported(quantise(program, measure_ranges(program, TICKS)).program, tmp_path / "core", 200)
    simulator = RTLSimulator.ICARUS if find("iverilog") and find("vvp") else RTLSimulator.CXXRTL
    (result,) = verify(core.folder, simulators=(simulator,))
    assert (result.outcome, result.ticks) == (Outcome.PASSED, 200), result.detail


@pytest.mark.parametrize("name", ["QUADRATIC", "ADAPTING"])
def test_a_new_neuron_starts_away_from_rest(name: str) -> None:
    program = lower(derived(name, NEW[name])())
    assert all(np.any(state.initial) for state in program.population("a").states if state.name != "J")
    assert len(interpret(program, 1).spikes["a"]) > 0


def test_a_neuron_that_no_drive_makes_fire_is_named_with_the_place_to_write() -> None:
    deaf = NeuronModel("dv/dt = (I - v)/(5*ms) : 1\nI : 1", threshold="v > 1 + abs(v)", reset="v = 0")
    with pytest.raises(AssertionError, match=r"no drive of I, v up to .*'\"DEAF\": X,' .* DRIVES in tests/conformance"):
        neuron_circuit("DEAF", deaf)


def test_a_synapse_that_does_not_fit_the_neurons_is_named_with_the_place_to_write() -> None:
    with pytest.raises(
        AssertionError, match=r"for odd .*: write a circuit of its own into BY_HAND in tests/conformance"
    ):
        derived("odd", SynapseModel("w : siemens", "g_e_post += w"))()
