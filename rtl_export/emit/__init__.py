"""Emission: a core printed as Verilog, register maps, test vectors and the folder that holds them."""

from __future__ import annotations

__all__: list[str] = []
