"""The reference leaves Brian2 as the user had it, and its network is there to be looked into."""

from __future__ import annotations

import os
import signal
from typing import Any

import numpy as np
import pytest
from brian2 import mV, network_operation, prefs

from neuro.circuit.circuit import Circuit, CurrentInput, Population, Winners
from neuro.errors import InvalidInput, UnsupportedByTarget
from neuro.models import LIF_DELTA
from neuro.models.base import NeuronModel
from neuro.simulators import Brian2Lowered, Brian2Reference, simulate
from neuro.simulators.brian2.recorder import on_numpy, run_network
from neuro.simulators.brian2.reference import to_brian2

CIRCUIT = Circuit(
    1e-3, [Population("a", 2, LIF_DELTA)], stimuli=[CurrentInput("a", "I", np.array([[25.0, 30.0]]) * mV, every=50)]
)


def test_the_target_is_numpy_for_a_while() -> None:
    before = prefs.codegen.target

    def inside() -> None:
        with on_numpy():
            assert prefs.codegen.target == "numpy"
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        inside()
    assert prefs.codegen.target == before


def test_the_network_has_its_parts_by_name_and_units() -> None:
    with on_numpy():
        network = to_brian2(CIRCUIT)
    assert network.groups["a"].v[:] / mV == pytest.approx([-70.0, -70.0])
    assert network.groups["a"].v_threshold[:] / mV == pytest.approx([-50.0, -50.0])


@pytest.mark.parametrize("ticks", [-1, 1.5, True])
def test_bad_tick_counts_are_refused(ticks: Any) -> None:
    with pytest.raises(InvalidInput, match="a whole number >= 0 is allowed"):
        Brian2Reference().run(CIRCUIT, ticks)


def test_running_reports_progress() -> None:
    seen: list[int] = []
    Brian2Reference().run(CIRCUIT, 1200, seen.append)
    assert seen == [500, 1000, 1200]


def test_an_oscillation_that_brian2_can_not_solve_runs_lowered_with_gates_and_winners() -> None:
    """Brian2 has no exact form of complex eigenvalues; a gate in the threshold once hid the winners rule from sympy."""
    model = NeuronModel(
        "dv/dt = (I - v) / (10*ms) - u*omega : 1\ndu/dt = v*omega - u / (10*ms) : 1\nI : 1\nomega : hertz (constant)",
        threshold="v > 0.1 + 9*int(t_in_timesteps % 4 >= 2)",
        reset="v = 0",
    )
    population = Population("a", 5, model, parameters={"omega": 300.0}, winners=Winners(k=2))
    circuit = Circuit(1e-3, [population], stimuli=[CurrentInput("a", "I", np.arange(1.0, 6.0)[None], every=60)])
    with pytest.raises(UnsupportedByTarget, match=r"complex values.*run the lowered program with Brian2Lowered"):
        simulate(circuit, 60, on=Brian2Reference())
    fast, brian2 = simulate(circuit, 60), simulate(circuit, 60, on=Brian2Lowered())
    assert len(fast.spikes["a"]) > 5
    assert brian2.spikes["a"].mismatches(fast.spikes["a"]) == 0


@pytest.mark.parametrize("progress", [None, lambda _: True])
def test_ctrl_c_is_an_interrupt_not_half_a_recording(progress: Any) -> None:
    """Brian2 ends its run early and returns; the recording said that all ticks were done."""
    network = to_brian2(CIRCUIT)

    @network_operation(clock=network.clock)
    def interrupt(t: Any) -> None:
        if round(float(np.asarray(t)) * 1e3) == 20:
            os.kill(os.getpid(), signal.SIGINT)

    network.network.add(interrupt)
    with on_numpy(), pytest.raises(KeyboardInterrupt):
        run_network(network, 50, 1e-3, progress)
