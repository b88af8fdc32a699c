"""Runs the cocotb bench of the buses in Icarus Verilog."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from neuro.compiler.ir import StepProgram
from rtl_export import ExportedCore, export, tools

ROOT = Path(__file__).parents[3]
_RESULT = re.compile(r"BUS sent=(\d+) received=(\d+) words=(\d+) wrong=(\d+)")


@dataclass(frozen=True)
class BusRun:
    """Spikes that went in and came out, words read back, ticks or reads that were wrong."""

    sent: int
    received: int
    words: int
    wrong: int


class Wrapper(Enum):
    """What is around the core; the value ends the name of its top."""

    AXI = "axi"
    WISHBONE = "wishbone"


def run_bus(
    program: StepProgram,
    folder: Path,
    *,
    ticks: int,
    every: int,
    pause: float,
    seconds: float,
    wrapper: Wrapper = Wrapper.AXI,
) -> BusRun:
    """Export a program, wrap it and replay its vectors with all sides pausing."""
    core = export(program, folder, ticks=ticks, every=every)
    log = run_bus_test(core, "tests.rtl_export.buses.bus_bench", wrapper, pause=pause, seconds=seconds)
    found = _RESULT.search(log)
    assert found is not None, log[-3000:]
    return BusRun(*map(int, found.groups()))


def run_bus_test(
    core: ExportedCore,
    module: str,
    wrapper: Wrapper = Wrapper.AXI,
    *,
    test: str = "",
    pause: float = 0.0,
    seconds: float,
) -> str:
    """Run a module of cocotb tests against an exported core behind a bus, and return the log."""
    top, compiled = f"{core.name}_{wrapper.value}", core.folder / "bus.vvp"
    sources = [*core.sources, *sorted((core.folder / "bus").glob("*.v"))]
    command = ["iverilog", "-g2005", "-s", top, "-o", str(compiled), *map(str, sources)]
    tools.run_tool("compiling", command, folder=core.folder, seconds=120)
    config = str(Path(sys.executable).parent / "cocotb-config")
    library, python, entry = (
        tools.run_tool("cocotb", [config, *words], folder=core.folder, seconds=60).strip()
        for words in (["--lib-name-path", "vpi", "icarus"], ["--libpython"], ["--pygpi-entry-point"])
    )
    environment = {
        "COCOTB_TEST_MODULES": module,
        "COCOTB_TEST_FILTER": rf"\b{test}$",
        "COCOTB_TOPLEVEL": top,
        "TOPLEVEL_LANG": "verilog",
        "GPI_USERS": f"{python};{entry}",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": str(ROOT),
        "SPIKELOOM_CORE": str(core.folder),
        "SPIKELOOM_PAUSE": str(pause),
        "SPIKELOOM_BUS": wrapper.value,
        "COCOTB_LOG_LEVEL": "INFO",
    }
    command = ["vvp", "-m", library, str(compiled)]
    return tools.run_tool("bus bench", command, folder=core.folder, seconds=seconds, environment=environment)
