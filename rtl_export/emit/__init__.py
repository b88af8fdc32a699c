"""Emission: a core printed as Verilog, register maps, test vectors and the folder that holds them."""

from __future__ import annotations

from rtl_export.emit.buses import bus_files
from rtl_export.emit.folder import ExportedCore, read_core, write_core_manifest
from rtl_export.emit.neuron_module import neuron_verilog
from rtl_export.emit.template_filters import paths, widened
from rtl_export.emit.vectors import command_lines
from rtl_export.emit.verilog import render, verilog_files

__all__ = [
    "ExportedCore",
    "bus_files",
    "command_lines",
    "neuron_verilog",
    "paths",
    "read_core",
    "render",
    "verilog_files",
    "widened",
    "write_core_manifest",
]
