"""Verilog from quantised step programs: export, verify in simulators, synthesise.

``export`` writes a folder, ``verify`` runs what lies in it against its golden vectors, ``synthesise`` counts its
cells. The engines (Yosys, a C++ compiler, Icarus Verilog) are looked for when they are used.
"""

from __future__ import annotations

from rtl_export.export import export, record
from rtl_export.folder import ExportedCore, read_core
from rtl_export.netlist import CoreNetlist, netlist
from rtl_export.simulation import Outcome, SimulatorResult
from rtl_export.synthesise import SynthesisResult, synthesise
from rtl_export.verify import Simulator, require_equal, verify
from rtl_export.verilog import verilog_files

__all__ = [
    "CoreNetlist",
    "ExportedCore",
    "Outcome",
    "Simulator",
    "SimulatorResult",
    "SynthesisResult",
    "export",
    "netlist",
    "read_core",
    "record",
    "require_equal",
    "synthesise",
    "verify",
    "verilog_files",
]
