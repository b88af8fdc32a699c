"""Associative memories: codes in, the items that fit them out."""

from neuro.memories.attention import Activation, attention, margin, omega, potential
from neuro.memories.circuits import classify, label_from_spikes, recall_circuit, recall_ticks
from neuro.memories.hebbian import HebbianMemory
from neuro.memories.hopfield_capacity import hopfield_capacity
from neuro.memories.hopfield_circuit import HopfieldReading, hopfield_circuit
from neuro.memories.label_readout import LabelReadout
from neuro.memories.memory import NOTHING, Memory, Recall
from neuro.memories.modern_hopfield import MOST_STEPS, HopfieldRecall, ModernHopfield, Retrieval
from neuro.memories.pointers import pointer_codes
from neuro.memories.separation import Similarity, beta_for, separations
from neuro.memories.synaptic_operations import synaptic_operations

__all__ = [
    "Activation",
    "HebbianMemory",
    "HopfieldReading",
    "HopfieldRecall",
    "LabelReadout",
    "MOST_STEPS",
    "Memory",
    "ModernHopfield",
    "NOTHING",
    "Recall",
    "Retrieval",
    "Similarity",
    "attention",
    "beta_for",
    "classify",
    "hopfield_capacity",
    "hopfield_circuit",
    "label_from_spikes",
    "margin",
    "omega",
    "pointer_codes",
    "potential",
    "recall_circuit",
    "recall_ticks",
    "separations",
    "synaptic_operations",
]
