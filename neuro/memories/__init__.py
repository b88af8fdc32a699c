"""Associative memories: codes in, the items that fit them out."""

from neuro.memories.circuits import classify, label_from_spikes, recall_circuit, recall_ticks
from neuro.memories.cue_index import CueIndex, ExactCues
from neuro.memories.hebbian import HebbianMemory
from neuro.memories.hippocampal import HippocampalMemory, HippocampalSettings
from neuro.memories.label_readout import LabelReadout
from neuro.memories.memory import NOTHING, Memory, Recall
from neuro.memories.pointers import pointer_codes

__all__ = [
    "CueIndex",
    "ExactCues",
    "HebbianMemory",
    "HippocampalMemory",
    "HippocampalSettings",
    "LabelReadout",
    "Memory",
    "NOTHING",
    "Recall",
    "classify",
    "label_from_spikes",
    "pointer_codes",
    "recall_circuit",
    "recall_ticks",
]
