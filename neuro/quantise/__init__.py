"""Quantisation: a step program of floats becomes one of integers, each format with its reason."""

from __future__ import annotations

from neuro.quantise.formats import Key, Rules
from neuro.quantise.integers import Quantised, quantise

__all__ = [
    "Key",
    "Quantised",
    "Rules",
    "quantise",
]
