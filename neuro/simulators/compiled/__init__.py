"""The compiled simulator: one fused numba kernel for each structure of circuit."""

from __future__ import annotations

from neuro.simulators.compiled.batch import simulate_batch
from neuro.simulators.compiled.kernel_lines import Names, functions_for, print_expression
from neuro.simulators.compiled.kernel_module import load_kernel
from neuro.simulators.compiled.simulation import Checkpoint, Simulation
from neuro.simulators.compiled.simulator import Compiled, KernelRun, run_program

__all__ = [
    "Checkpoint",
    "Compiled",
    "KernelRun",
    "Names",
    "Simulation",
    "functions_for",
    "load_kernel",
    "print_expression",
    "run_program",
    "simulate_batch",
]
