"""The compiler turns a circuit's equations into the typed expressions of one time step, the same for every target."""

from __future__ import annotations

from neuro.compiler.expressions import evaluate
from neuro.compiler.ir import StepProgram
from neuro.compiler.lower_circuit import lower, lower_stimuli

__all__ = ["StepProgram", "evaluate", "lower", "lower_stimuli"]
