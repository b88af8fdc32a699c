"""The benches, one line each."""

from __future__ import annotations

from benchmarks.form import Bench
from benchmarks.main import MAIN
from benchmarks.resonance import RESONANCE, RESONANCE_TRAINING
from benchmarks.simulation import SIMULATION

BENCHES: tuple[Bench, ...] = (MAIN, RESONANCE, RESONANCE_TRAINING, SIMULATION)
