"""Associative memories: codes in, the items that fit them out."""

from neuro.memories.auto_associative import AutoAssociativeMemory, Completion
from neuro.memories.chain import Chain, ChainMemory
from neuro.memories.circuits import classify, label_from_spikes, recall_circuit, recall_ticks
from neuro.memories.hebbian import HebbianMemory
from neuro.memories.item_circuit import item_by_winners, item_circuit, item_from_spikes, synaptic_operations
from neuro.memories.label_readout import LabelReadout
from neuro.memories.linear import LinearMemory
from neuro.memories.memory import NOTHING, Memory, Recall
from neuro.memories.palimpsest import PalimpsestMemory, expected_recall, settled_density
from neuro.memories.pointer_memory import PointerMemory
from neuro.memories.pointers import pointer_codes
from neuro.memories.pseudo_inverse import PseudoInverseMemory

__all__ = [
    "AutoAssociativeMemory",
    "Chain",
    "ChainMemory",
    "Completion",
    "HebbianMemory",
    "LabelReadout",
    "LinearMemory",
    "Memory",
    "NOTHING",
    "PalimpsestMemory",
    "PointerMemory",
    "PseudoInverseMemory",
    "Recall",
    "classify",
    "expected_recall",
    "item_by_winners",
    "item_circuit",
    "item_from_spikes",
    "label_from_spikes",
    "pointer_codes",
    "recall_circuit",
    "recall_ticks",
    "settled_density",
    "synaptic_operations",
]
