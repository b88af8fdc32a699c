"""Modern Hopfield memory: attention over stored patterns, its capacity and its circuit."""

from __future__ import annotations

from neuro.memories.hopfield.attention_weights import (
    Activation,
    Similarity,
    attention,
    beta_for,
    margin,
    omega,
    potential,
    separations,
)
from neuro.memories.hopfield.capacity import hopfield_capacity
from neuro.memories.hopfield.circuit import HopfieldReading, hopfield_circuit
from neuro.memories.hopfield.modern_hopfield import MOST_STEPS, HopfieldRecall, ModernHopfield, Retrieval

__all__ = [
    "Activation",
    "HopfieldReading",
    "HopfieldRecall",
    "MOST_STEPS",
    "ModernHopfield",
    "Retrieval",
    "Similarity",
    "attention",
    "beta_for",
    "hopfield_capacity",
    "hopfield_circuit",
    "margin",
    "omega",
    "potential",
    "separations",
]
