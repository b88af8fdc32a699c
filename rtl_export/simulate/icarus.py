"""Icarus Verilog: runs the self-checking Verilog test bench of an exported core."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rtl_export import tools
from rtl_export.emit.folder import ExportedCore
from rtl_export.simulate.result import Outcome, SimulatorResult, read_result

ICARUS = "Icarus Verilog"
_COMPILE_SECONDS = 120.0


def simulate_icarus(core: ExportedCore, ticks: int, scratch: Path, seconds: float) -> SimulatorResult:
    """Compile and run; ``scratch`` is a folder for what the compiler writes, ``seconds`` limits the run.

    Raises:
        ToolError: the Verilog does not compile, or the run took too long.
    """
    if tools.find("iverilog") is None or tools.find("vvp") is None:
        return SimulatorResult(
            ICARUS, Outcome.NOT_FOUND, detail="iverilog and vvp are not on PATH; apt-get install iverilog"
        )
    return run_icarus(build_icarus(core, scratch), core, ticks, seconds)


def build_icarus(core: ExportedCore, scratch: Path, beside: Sequence[Path] = ()) -> Path:
    """Compile the core together with its test bench, and return what ``vvp`` runs.

    Args:
        core: to be compiled.
        scratch: a folder for the program.
        beside: more sources, each with one top module of its own, named as its file.

    Raises:
        ToolError: the Verilog does not compile.
    """
    program = scratch / "core.vvp"
    sources = [str(path.resolve()) for path in (core.tb / "testbench.v", *core.sources, *beside)]
    tops = [part for top in ("testbench", *(path.stem for path in beside)) for part in ("-s", top)]
    command = ["iverilog", "-g2005", "-Wall", *tops, "-o", str(program), *sources]
    tools.run_tool(f"{ICARUS}, compiling", command, folder=core.rtl, seconds=_COMPILE_SECONDS)
    return program


def run_icarus(
    program: Path, core: ExportedCore, ticks: int, seconds: float, *, stop: bool = False, rehearsals: int = 2
) -> SimulatorResult:
    """Run what was built against the vectors of its core.

    Args:
        program: from :func:`build_icarus`.
        core: whose vectors.
        ticks: how many.
        seconds: limit of the run.
        stop: no further than the first mismatch.
        rehearsals: how often an early tick is broken off, in turn by a reset and by ``init``, and the run begun anew;
            until the last of them all sides hesitate. They are compared, but not counted.

    Raises:
        ToolError: it failed or took too long.
    """
    command = ["vvp", "-n", str(program), f"+ticks={ticks}", f"+rehearsals={rehearsals}", *(["+stop"] if stop else [])]
    return read_result(ICARUS, tools.run_tool(f"{ICARUS}, running", command, folder=core.rtl, seconds=seconds), ticks)
