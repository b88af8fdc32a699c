"""The core: a quantised program as frozen data, between integers and Verilog text; ``core.py`` is its top."""

from __future__ import annotations

__all__: list[str] = []
