"""Simulation of an exported core in CXXRTL, Icarus Verilog and Verilator, against its golden vectors."""

from __future__ import annotations

from rtl_export.simulate.cxxrtl import class_name
from rtl_export.simulate.result import Outcome, SimulatorResult, read_result
from rtl_export.simulate.verification import RTLSimulator, require_equal, verify

__all__ = [
    "Outcome",
    "RTLSimulator",
    "SimulatorResult",
    "class_name",
    "read_result",
    "require_equal",
    "verify",
]
