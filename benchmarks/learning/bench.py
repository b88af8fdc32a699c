"""Bench ``learning``: what each mechanism of the learned code, the composed circuit and spreading carries."""

from __future__ import annotations

from types import MappingProxyType

from benchmarks.form import Bench
from benchmarks.learning.circuit import CIRCUIT_ROWS
from benchmarks.learning.codes import CODES_ROWS
from benchmarks.learning.lab import SEEDS, LearningLab
from benchmarks.learning.spreading import SPREADING_ROWS

LEARNING = Bench("learning", LearningLab, MappingProxyType({**CODES_ROWS, **CIRCUIT_ROWS, **SPREADING_ROWS}), SEEDS)
