"""Bench ``memory``: associative memories on real and random items, each beside exact cosine."""

from __future__ import annotations

from types import MappingProxyType

from benchmarks.form import Bench
from benchmarks.memory.data import SEEDS, MemoryLab
from benchmarks.memory.grid import GRID_ROWS
from benchmarks.memory.hebbian import HEBBIAN_ROWS
from benchmarks.memory.hippocampal import HIPPOCAMPAL_ROWS
from benchmarks.memory.hopfield import HOPFIELD_ROWS
from benchmarks.memory.swarm import SWARM_ROWS

_ROWS = {**HEBBIAN_ROWS, **HIPPOCAMPAL_ROWS, **HOPFIELD_ROWS, **SWARM_ROWS, **GRID_ROWS}
MEMORY = Bench("memory", MemoryLab, MappingProxyType(_ROWS), SEEDS)
