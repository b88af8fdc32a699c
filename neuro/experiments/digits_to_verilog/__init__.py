"""From real digits to proven Verilog: the whole path through the product, one file a stage."""

from __future__ import annotations

from neuro.experiments.digits_to_verilog.output import run_demo
from neuro.experiments.digits_to_verilog.result import DigitsResult, metrics
from neuro.experiments.digits_to_verilog.settings import DigitsSettings, MemorySettings, read_settings

__all__ = ["DigitsResult", "DigitsSettings", "MemorySettings", "metrics", "read_settings", "run_demo"]
