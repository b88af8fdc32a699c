"""From Brian2's equation text to Verilog: the conformance suite's circuits, lowered, quantised and exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuro.errors import UnsupportedByTarget
from neuro.lowering import lower
from neuro.program import StepProgram
from neuro.quantise import quantise
from rtl_export import Outcome, netlist
from tests.conformance.circuits import CASES
from tests.conformance.synapse_circuits import NO_INTEGERS, RULES, learning
from tests.oracle import interpret, probe_everything
from tests.rtl_export.simulators import exported, needs_icarus, run_icarus

REFUSED = {
    "delays per synapse": "4 different delays within projection",
    "several projections and an adaptive threshold": "operation 'relax' on 'a'",
    "pair STDP": "plasticity in projection 'sa'",
    "pair STDP, delays per synapse": "plasticity in projection 'sa'",
}
"""What Verilog does not carry yet, and what it says."""


def integers(name: str) -> StepProgram:
    """The quantised program of a case; its ranges come from the plain interpreter."""
    program = lower(CASES[name].build())
    run = interpret(program, CASES[name].ticks, probe_everything(program))
    ranges = {key: float(np.max(np.abs(values), initial=0.0)) for key, values in run.probes.items()}
    return quantise(program, ranges).program


@needs_icarus
@pytest.mark.parametrize("name", [name for name in CASES if name not in REFUSED])
def test_a_circuit_runs_the_same_in_verilog(name: str, tmp_path: Path) -> None:
    program = integers(name)
    core = exported(program, tmp_path / "core", CASES[name].ticks)
    result = run_icarus(core)
    assert (result.outcome, result.ticks) == (Outcome.PASSED, CASES[name].ticks), result.detail
    assert result.states > 0


@pytest.mark.parametrize("name", REFUSED)
def test_a_circuit_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnsupportedByTarget, match=REFUSED[name]):
        netlist(integers(name))


@pytest.mark.parametrize("name", [name for name in RULES if name not in NO_INTEGERS])
def test_a_synapse_model_is_refused_by_name(name: str) -> None:
    lowered = lower(learning([name]))
    program = quantise(lowered, {}).program
    with pytest.raises(UnsupportedByTarget, match=f"plasticity in projection '{name}'"):
        netlist(program)
