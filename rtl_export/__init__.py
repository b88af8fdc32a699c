"""Verilog from quantised step programs: export, verify in simulators, synthesise.

``export`` writes a folder, ``verify`` runs what lies in it against its golden vectors, ``synthesise`` counts its
cells. The engines (Yosys, a C++ compiler, Icarus Verilog) are looked for when they are used.
"""

from __future__ import annotations

from rtl_export.core.core import Core, build_core
from rtl_export.emit.folder import ExportedCore, read_core
from rtl_export.emit.verilog import verilog_files
from rtl_export.exporter import export, record_run
from rtl_export.flows.synthesis import SynthesisResult, synthesise
from rtl_export.simulate.result import Outcome, SimulatorResult
from rtl_export.simulate.verification import RTLSimulator, require_equal, verify

__all__ = [
    "Core",
    "ExportedCore",
    "Outcome",
    "RTLSimulator",
    "SimulatorResult",
    "SynthesisResult",
    "build_core",
    "export",
    "read_core",
    "record_run",
    "require_equal",
    "synthesise",
    "verify",
    "verilog_files",
]
