"""On demand (`make proof`): other projects take an export up; what is not installed is skipped by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neuro.errors import ToolError
from rtl_export import ExportedCore, export, tools
from rtl_export.flows.mapping import Library
from rtl_export.simulate import verilator
from tests.rtl_export.liberty import tiny_library
from tests.rtl_export.programs import network

needs_librelane = pytest.mark.skipif(
    tools.find("librelane") is None, reason="pip install librelane==3.0.17, in an environment of its own, on PATH"
)
needs_fusesoc = pytest.mark.skipif(tools.find("fusesoc") is None, reason="pip install fusesoc==2.4.7")


def check_librelane(folder: Path) -> tuple[str, ...]:
    """What LibreLane says against an export's ``flows/config.json``, judged by its own variables; nothing is run."""
    # A script of its own: LibreLane's Python need not have Spikeloom.
    python = Path(tools.require("LibreLane", "librelane", "pip install librelane==3.0.17")).with_name("python")
    script, config = Path(__file__).with_name("librelane_check.py"), folder.resolve() / "flows" / "config.json"
    try:
        tools.run_tool("LibreLane", [str(python), str(script), str(config)], folder=config.parent, seconds=600.0)
    except ToolError as error:
        lines = str(error).splitlines()
        start = next((k for k, line in enumerate(lines) if line.endswith("variables checked")), None)
        if start is None:
            raise
        return tuple(lines[start + 1 :])
    return ()


def run_fusesoc(core: ExportedCore, target: str, scratch: Path) -> str:
    """FuseSoC's log of a target of the export's ``.core``: ``sim`` or ``lint``."""
    environment = {"HOME": str(scratch)}
    if (place := verilator.root()) is not None:
        environment |= verilator.environment(place)
    command = [tools.require("FuseSoC", "fusesoc", "pip install fusesoc==2.4.7"), "--cores-root", str(core.folder)]
    command += ["run", "--target", target, f"spikeloom:cores:{core.name}:0.1.0"]
    return tools.run_tool("FuseSoC", command, folder=scratch, seconds=600.0, environment=environment)


def sta_log(netlist: Path, library: Library, sdc: Path, scratch: Path) -> str:
    """What OpenSTA says of constraints and the setup of a netlist; it goes on where a port is not there."""
    lines = [f"read_liberty {library.path}", f"read_verilog {netlist}", "link_design t", f"read_sdc {sdc}"]
    script = _written(scratch / "check.tcl", "\n".join([*lines, "check_setup -verbose", "exit", ""]))
    command = [tools.require("OpenSTA", "sta", "apt-get install opensta"), "-no_init", "-no_splash", "-exit"]
    return tools.run_tool("OpenSTA", [*command, str(script)], folder=scratch, seconds=600.0)


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


@pytest.mark.skipif(tools.find("sta") is None, reason="apt-get install --no-install-recommends opensta")
@pytest.mark.long
def test_opensta_takes_the_constraints(core: ExportedCore, tmp_path: Path) -> None:
    library = Library.read(_written(tmp_path / "cells.lib", tiny_library()))
    sdc = core.folder / "flows" / f"{core.name}.sdc"
    netlist = tmp_path / "netlist.v"
    cells = "FLOP f (.C(clk), .D(a), .Q(c)); BUF g (.A(a), .Y(b));"
    text = f"module t (clk, a, b); input clk, a; output b; wire c; {cells} endmodule\n"
    netlist.write_text(text)
    assert not re.search("Warning|Error", sta_log(netlist, library, sdc, tmp_path))
    netlist.write_text(text.replace("clk", "clock"))
    assert "Warning" in sta_log(netlist, library, sdc, tmp_path)


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
