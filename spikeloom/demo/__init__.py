"""From real digits to proven Verilog: the whole path through the product, one file a stage."""

from __future__ import annotations

from spikeloom.demo.data import DigitsSettings, MemorySettings, read_settings
from spikeloom.demo.pipeline import run_demo
from spikeloom.demo.result import DigitsResult, metrics

__all__ = [
    "DigitsResult",
    "DigitsSettings",
    "MemorySettings",
    "metrics",
    "read_settings",
    "run_demo",
]
