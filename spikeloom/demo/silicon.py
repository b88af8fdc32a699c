"""What the demo asks of silicon: its tools, the exported core, the verdicts of its simulators."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from neuro.errors import InvalidInput, ToolError
from rtl_export import RTLSimulator, SimulatorResult, build_core, export, verify
from rtl_export.tools import find, find_compiler
from spikeloom.demo.targets import Comparison, Integers, Shown

CORE, LEARNING_CORE = "retrieval_core", "learning_core"
"""Names of the top modules."""


def check_tools() -> None:
    """Raise ToolError, before anything is made, unless all that the experiment needs is installed."""
    missing = [name for name in ("matplotlib", "pyosys") if find_spec(name) is None]
    if missing:
        raise ToolError(f"the demo needs {' and '.join(missing)}; pip install 'spikeloom[report,rtl]'")
    if not installed_simulators():
        raise ToolError(
            "the demo simulates Verilog and found no C++ compiler; apt-get install g++, or set CXX to yours"
        )


def check_liberty(liberty: Path | None) -> None:
    """Raise InvalidInput, before anything is made, unless the file is a cell library."""
    if liberty is None:
        return
    try:
        with liberty.open("rb") as file:
            head = file.read(1 << 16)
    except OSError as error:
        raise InvalidInput(
            f"the cell library {liberty} can't be read ({error.strerror}); give a Liberty file"
        ) from None
    if re.search(rb"\blibrary\s*\(", head) is None:
        raise InvalidInput(f"{liberty} is no cell library: no 'library (...)' near its start; give a Liberty file")


def installed_simulators() -> tuple[RTLSimulator, ...]:
    """The Verilog simulators that can run here."""
    found = {
        RTLSimulator.CXXRTL: find_spec("pyosys") is not None and find_compiler() is not None,
        RTLSimulator.ICARUS: find("iverilog") is not None and find("vvp") is not None,
    }
    return tuple(simulator for simulator, there in found.items() if there)


def export_core(shown: Shown, integers: Integers, folder: Path, name: str, every: int = 1) -> None:
    """Write the core, its test benches and golden vectors of the whole run, registers at every so many ticks."""
    export(integers.program, folder, ticks=shown.ticks, golden=integers.recording, name=name, every=every)


def simulate_core(folder: Path, simulator: RTLSimulator, ticks: int | None = None) -> SimulatorResult:
    """The verdict of one simulator, on the first ticks or on all."""
    (result,) = verify(folder, ticks=ticks, simulators=(simulator,))
    return result


def rtl_comparison(shown: Shown, what: str, result: SimulatorResult) -> Comparison:
    """A simulator's verdict as a comparison."""
    return Comparison(
        f"fixed point, {what}",
        f"Verilog, {result.simulator}",
        "spikes and states identical",
        shown.neurons,
        result.ticks,
        result.spikes,
        result.states,
        result.mismatches,
    )


def most_clocks(integers: Integers) -> int:
    """The most clocks that a tick of the core can take."""
    return build_core(integers.program, CORE).most_clocks
