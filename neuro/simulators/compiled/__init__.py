"""The compiled simulator: one fused numba kernel for each structure of circuit."""

from __future__ import annotations

from neuro.simulators.compiled.simulation import Checkpoint, Simulation, simulate_batch
from neuro.simulators.compiled.simulator import Compiled, run_program

__all__ = ["Checkpoint", "Compiled", "Simulation", "run_program", "simulate_batch"]
