"""What the tests of this folder share: exporting with golden vectors from the plain interpreter, and Icarus."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuro.compiler.ir import StepProgram
from neuro.spikes import Recording
from rtl_export import ExportedCore, RTLSimulator, SimulatorResult, export, verify
from rtl_export.tools import find
from tests.oracle import interpret, probe_everything

TICKS = 120

needs_icarus = pytest.mark.skipif(
    find("iverilog") is None or find("vvp") is None,
    reason="Icarus Verilog is not on PATH (apt-get install iverilog); CI has it, and CXXRTL runs without it",
)


def golden(program: StepProgram, ticks: int = TICKS) -> Recording:
    """The golden recording, from the interpreter that shares no code with the targets."""
    return interpret(program, ticks, probe_everything(program))


def exported(program: StepProgram, folder: Path, ticks: int = TICKS) -> ExportedCore:
    """The program as Verilog in a folder, proven against the interpreter."""
    return export(program, folder, ticks=ticks, golden=golden(program, ticks))


def run_icarus(core: ExportedCore, ticks: int | None = None) -> SimulatorResult:
    """Icarus' verdict."""
    (result,) = verify(core.folder, ticks=ticks, simulators=(RTLSimulator.ICARUS,))
    return result
