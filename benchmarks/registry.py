"""The benches, one line each."""

from __future__ import annotations

from benchmarks.form import Bench
from benchmarks.main import MAIN
from benchmarks.memory import MEMORY
from benchmarks.resonance import RESONANCE, RESONANCE_TRAINING
from benchmarks.search import SEARCH, SEARCH_MILLION
from benchmarks.silicon import SILICON
from benchmarks.simulation import SIMULATION
from benchmarks.training import TRAINING

BENCHES: tuple[Bench, ...] = (
    MAIN,
    MEMORY,
    RESONANCE,
    RESONANCE_TRAINING,
    SEARCH,
    SEARCH_MILLION,
    SILICON,
    SIMULATION,
    TRAINING,
)
