"""CXXRTL: an exported core as C++ (Yosys' own translation), compiled together with the C++ test bench and run."""

from __future__ import annotations

from pathlib import Path

from neuro.errors import ToolError
from rtl_export import tools, yosys
from rtl_export.emit.folder import ExportedCore
from rtl_export.simulate.result import Outcome, SimulatorResult, read_result

CXXRTL = "CXXRTL"
_COMPILE_SECONDS = 300.0
# Registered reads become part of the memories, so a memory is read only while it is enabled. Modules stay apart: one
# C++ function for a whole core takes a compiler far longer than one for each module.
_PASSES = ("proc", "opt", "memory_dff", "memory_collect", "opt_clean")
# Higher levels double the compiler's time for a few per cent of the run's.
_FLAGS = ("-std=c++17", "-O1", "-w")


def simulate_cxxrtl(core: ExportedCore, ticks: int, scratch: Path, seconds: float) -> SimulatorResult:
    """Translate, compile and run; ``scratch`` is a folder for what is made, ``seconds`` limits the run.

    Raises:
        ToolError: a step failed or took too long.
    """
    if not yosys.yosys_available():
        return SimulatorResult(
            CXXRTL, Outcome.NOT_FOUND, detail="pyosys is not installed; pip install 'spikeloom[rtl]'"
        )
    if tools.find_compiler() is None:
        return SimulatorResult(CXXRTL, Outcome.NOT_FOUND, detail="no C++ compiler on PATH; apt-get install g++")
    return run_cxxrtl(build_cxxrtl(core, scratch), core, ticks, seconds)


def build_cxxrtl(core: ExportedCore, scratch: Path) -> Path:
    """Translate the core to C++, compile it together with its test bench, and return the program.

    Raises:
        ToolError: a step failed or took too long.
    """
    compiler = tools.find_compiler()
    if compiler is None:
        raise ToolError("no C++ compiler on PATH; apt-get install g++, or set CXX to yours")
    passes = [f"read_verilog {yosys.quoted(path)}" for path in core.sources]
    passes += [f"hierarchy -check -top {core.name}", *_PASSES]
    passes += [f"write_cxxrtl -g0 -noflatten {yosys.quoted(scratch / 'core.cc')}"]
    yosys.run_passes(f"{CXXRTL}, translating", passes, seconds=_COMPILE_SECONDS)
    program = scratch / "driver"
    command = [compiler, *_FLAGS, f"-I{yosys.include_folder()}", f"-I{scratch}", "-o", str(program)]
    driver = str((core.tb / "driver.cpp").resolve())
    tools.run_tool(f"{CXXRTL}, compiling", [*command, driver], folder=scratch, seconds=_COMPILE_SECONDS)
    return program


def run_cxxrtl(program: Path, core: ExportedCore, ticks: int, seconds: float) -> SimulatorResult:
    """Run a built program against the vectors of its core.

    Raises:
        ToolError: it failed or took too long.
    """
    command = [str(program), str(core.tb.resolve()), str(ticks)]
    log = tools.run_tool(f"{CXXRTL}, running", command, folder=program.parent, seconds=seconds)
    return read_result(CXXRTL, log, ticks)


def class_name(module: str) -> str:
    """CXXRTL's C++ name of a module or port."""
    return "p_" + module.replace("_", "__")
