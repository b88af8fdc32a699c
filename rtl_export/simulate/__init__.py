"""Simulation of an exported core in CXXRTL, Icarus Verilog and Verilator, against its golden vectors."""

from __future__ import annotations

__all__: list[str] = []
