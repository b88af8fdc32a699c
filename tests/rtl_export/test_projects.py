"""On demand (`make proof`): other projects take an export up; what is not installed is skipped by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neuro.errors import ToolError
from rtl_export import ExportedCore, export, tools
from rtl_export.flows.mapping import Library
from rtl_export.flows.projects import check_librelane, run_fusesoc
from rtl_export.flows.timing import check_constraints, sta_available
from tests.rtl_export.liberty import tiny_library
from tests.rtl_export.programs import network

needs_librelane = pytest.mark.skipif(
    tools.find("librelane") is None, reason="pip install librelane==3.0.17, in an environment of its own, on PATH"
)
needs_fusesoc = pytest.mark.skipif(tools.find("fusesoc") is None, reason="pip install fusesoc==2.4.7")


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> ExportedCore:
    return export(network(), tmp_path_factory.mktemp("projects") / "core", ticks=5)


@needs_librelane
@pytest.mark.long
def test_librelane_knows_every_variable(core: ExportedCore) -> None:
    assert check_librelane(core.folder) == ()


@needs_librelane
@pytest.mark.long
@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"FP_CORE_UTIL"', '"FP_CORE_UTILS"', "FP_CORE_UTILS: LibreLane has no variable of that name"),
        ('"CLOCK_PERIOD": 20.0', '"CLOCK_PERIOD": "soon"', "CLOCK_PERIOD: Value provided .* is invalid: 'soon'"),
        ("rtl/winners.v", "rtl/losers.v", "VERILOG_FILES: .*losers.v"),
    ],
)
def test_librelane_refuses_what_it_does_not_know(
    old: str, new: str, complaint: str, core: ExportedCore, tmp_path: Path
) -> None:
    text = (core.folder / "flows" / "config.json").read_text()
    assert text.count(old) == 1
    (tmp_path / "rtl").symlink_to(core.rtl)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / f"{core.name}.sdc").touch()
    (tmp_path / "flows" / "config.json").write_text(text.replace(old, new))
    (found,) = check_librelane(tmp_path)
    assert re.match(complaint, found)


@needs_fusesoc
@pytest.mark.long
def test_fusesoc_runs_the_vectors(core: ExportedCore, tmp_path: Path) -> None:
    log = run_fusesoc(core, "sim", tmp_path)
    assert "SPIKELOOM ticks=5 " in log
    assert " mismatches=0 hung=0" in log


@needs_fusesoc
@pytest.mark.long
def test_fusesoc_lints(core: ExportedCore, tmp_path: Path) -> None:
    assert "%Warning" not in run_fusesoc(core, "lint", tmp_path)


@pytest.mark.skipif(not sta_available(), reason="apt-get install --no-install-recommends opensta")
@pytest.mark.long
def test_opensta_takes_the_constraints(core: ExportedCore, tmp_path: Path) -> None:
    library = Library.read(_written(tmp_path / "cells.lib", tiny_library()))
    sdc = core.folder / "flows" / f"{core.name}.sdc"
    netlist = tmp_path / "netlist.v"
    cells = "FLOP f (.C(clk), .D(a), .Q(c)); BUF g (.A(a), .Y(b));"
    text = f"module t (clk, a, b); input clk, a; output b; wire c; {cells} endmodule\n"
    netlist.write_text(text)
    check_constraints(netlist, "t", [library], sdc, tmp_path)
    netlist.write_text(text.replace("clk", "clock"))
    with pytest.raises(ToolError, match="does not fit t"):
        check_constraints(netlist, "t", [library], sdc, tmp_path)


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
