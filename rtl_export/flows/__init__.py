"""Flows: what becomes of exported Verilog outside: lint, cells, timing, power, proofs, FPGA, projects of other tools.

Every program is started through :mod:`rtl_export.tools` with a time limit; what is missing is named.
"""

from __future__ import annotations

__all__: list[str] = []
