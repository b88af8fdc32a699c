"""The benches, one line each."""

from __future__ import annotations

from benchmarks.form import Bench
from benchmarks.main.bench import MAIN
from benchmarks.memory.bench import MEMORY
from benchmarks.resonance.bench import RESONANCE, RESONANCE_TRAINING
from benchmarks.search.bench import SEARCH, SEARCH_MILLION
from benchmarks.silicon.bench import SILICON
from benchmarks.simulation.bench import SIMULATION
from benchmarks.text.bench import TEXT
from benchmarks.training.bench import TRAINING

BENCHES: tuple[Bench, ...] = (
    MAIN,
    MEMORY,
    RESONANCE,
    RESONANCE_TRAINING,
    SEARCH,
    SEARCH_MILLION,
    SILICON,
    SIMULATION,
    TEXT,
    TRAINING,
)
