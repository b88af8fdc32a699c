"""The demo: from handwritten digits to proven Verilog, the whole path through the product."""

from __future__ import annotations

from spikeloom.demo.data import read_settings
from spikeloom.demo.pipeline import run_demo
from spikeloom.demo.result import DigitsResult, metrics

__all__ = [
    "DigitsResult",
    "metrics",
    "read_settings",
    "run_demo",
]
