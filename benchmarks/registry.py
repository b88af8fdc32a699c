"""The benches, one line each."""

from __future__ import annotations

from benchmarks.form import Bench
from benchmarks.main import MAIN
from benchmarks.silicon import SILICON
from benchmarks.simulation import SIMULATION

BENCHES: tuple[Bench, ...] = (MAIN, SILICON, SIMULATION)
