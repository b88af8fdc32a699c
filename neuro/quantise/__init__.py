"""Quantisation turns a step program of floats into one of integers and says why each format is what it is."""

from __future__ import annotations

from neuro.quantise.formats import Rules
from neuro.quantise.integers import Quantised, quantise

__all__ = ["Quantised", "Rules", "quantise"]
