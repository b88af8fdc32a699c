"""Flows: what becomes of exported Verilog outside: lint, cells, timing, power, proofs, FPGA, projects of other tools.

Every program is started through :mod:`rtl_export.tools` with a time limit; what is missing is named.
"""

from rtl_export.flows.formal import Property, prove, prove_netlist
from rtl_export.flows.ice40 import Ice40Report, place_and_route
from rtl_export.flows.linting import LintResult, lint
from rtl_export.flows.mapping import Library, Mapped, map_to_cells
from rtl_export.flows.memories import Macro
from rtl_export.flows.ppa import PpaReport, measure_ppa
from rtl_export.flows.projects import librelane_config, project_files
from rtl_export.flows.timing import Power, Timing, power_of_netlist, time_netlist

__all__ = [
    "Ice40Report",
    "Library",
    "LintResult",
    "Macro",
    "Mapped",
    "Power",
    "PpaReport",
    "Property",
    "Timing",
    "librelane_config",
    "lint",
    "map_to_cells",
    "measure_ppa",
    "place_and_route",
    "power_of_netlist",
    "project_files",
    "prove",
    "prove_netlist",
    "time_netlist",
]
