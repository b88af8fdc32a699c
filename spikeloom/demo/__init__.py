"""The demo: one circuit from embedding to answer, learned, asked, taken apart and proven in Verilog."""

from __future__ import annotations

from spikeloom.demo.data import read_examples, read_settings
from spikeloom.demo.pipeline import run_demo
from spikeloom.demo.result import DemoResult, metrics

__all__ = [
    "DemoResult",
    "metrics",
    "read_examples",
    "read_settings",
    "run_demo",
]
