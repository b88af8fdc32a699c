"""The benches, one line each."""

from __future__ import annotations

from benchmarks.form import Bench
from benchmarks.main import MAIN

BENCHES: tuple[Bench, ...] = (MAIN,)
