"""Brian2 running the lowered program: numbers of an operation are its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuro.circuit.circuit import Circuit, Operation, Population, Probe
from neuro.models import INTEGRATE_AND_FIRE
from neuro.simulators import FixedPoint
from neuro.simulators.brian2.lowered import run_program_in_brian2
from neuro.simulators.compiled.simulator import run_program


def test_an_operation_s_numbers_are_not_taken_for_its_neurons() -> None:
    """Reset and operation both number their constants from k0 on; the bounds of the one were the zero of the other."""
    model = replace(
        INTEGRATE_AND_FIRE,
        equations=f"{INTEGRATE_AND_FIRE.equations}\ntheta : volt",
        reset="v = 0*volt; theta = theta + 3*mV",
    )
    fall = Operation("fall", "a", "theta = clip(theta - 2*mV, -5*mV, 5*mV)", every=2)
    start = {"v": np.array([0.0, 0.03])}
    circuit = Circuit(1e-3, [Population("a", 2, model, initial=start)], operations=[fall], probes=[Probe("a", "theta")])
    program = FixedPoint().quantise(circuit, 6).program
    fixed, brian2 = run_program(program, 6), run_program_in_brian2(program, 6)
    assert fixed.mismatches(brian2) == 0
    assert np.array_equal(fixed.probes["a", "theta"], brian2.probes["a", "theta"])
    assert fixed.probes["a", "theta"].min() < 0 < fixed.spike_count
