"""Associative memories: codes in, the items that fit them out."""

from neuro.memories.circuits import classify, label_from_spikes, recall_circuit, recall_ticks
from neuro.memories.hebbian import HebbianMemory
from neuro.memories.label_readout import LabelReadout
from neuro.memories.memory import NOTHING, Memory, Recall
from neuro.memories.pointers import pointer_codes
from neuro.memories.swarm import SwarmMemory
from neuro.memories.swarm_answers import Completion, Gate
from neuro.memories.swarm_parameters import RhoRule, SwarmParameters

__all__ = [
    "Completion",
    "Gate",
    "HebbianMemory",
    "LabelReadout",
    "Memory",
    "NOTHING",
    "Recall",
    "RhoRule",
    "SwarmMemory",
    "SwarmParameters",
    "classify",
    "label_from_spikes",
    "pointer_codes",
    "recall_circuit",
    "recall_ticks",
]
