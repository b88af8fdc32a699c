"""The benches, one line each."""

from __future__ import annotations

from benchmarks.form import Bench
from benchmarks.main import MAIN
from benchmarks.simulation import SIMULATION
from benchmarks.training import TRAINING

BENCHES: tuple[Bench, ...] = (MAIN, SIMULATION, TRAINING)
