"""The core: a quantised program as frozen data, between integers and Verilog text."""

from __future__ import annotations

from rtl_export.core.core import CoreNetlist, Ring, Unit, netlist
from rtl_export.core.datapath import STAGE_NS, Datapath, Signal
from rtl_export.core.expressions import Wire
from rtl_export.core.host_memory import HostMemory
from rtl_export.core.intervals import Interval
from rtl_export.core.names import STATIC_MODULES, check_core_name, signal_of, variable_name
from rtl_export.core.population_build import population_core
from rtl_export.core.population_core import PopulationCore
from rtl_export.core.projection_core import ProjectionCore
from rtl_export.core.support import check_cores
from rtl_export.core.traces import FIRST_TICK, TraceCore
from rtl_export.core.words import Contents, Field, Word

__all__ = [
    "Contents",
    "CoreNetlist",
    "Datapath",
    "FIRST_TICK",
    "Field",
    "HostMemory",
    "Interval",
    "PopulationCore",
    "ProjectionCore",
    "Ring",
    "STAGE_NS",
    "STATIC_MODULES",
    "Signal",
    "TraceCore",
    "Unit",
    "Wire",
    "Word",
    "check_core_name",
    "check_cores",
    "netlist",
    "population_core",
    "signal_of",
    "variable_name",
]
