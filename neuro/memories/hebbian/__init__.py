"""Hebbian memories over sparse codes, and their circuits."""

from __future__ import annotations

from neuro.memories.hebbian.auto_associative import AutoAssociativeMemory, Completion
from neuro.memories.hebbian.chain import Chain, ChainMemory
from neuro.memories.hebbian.circuits import (
    classify,
    label_from_spikes,
    recall_circuit,
    recall_ticks,
    synaptic_operations,
)
from neuro.memories.hebbian.hebbian import HebbianMemory
from neuro.memories.hebbian.items_by_spikes import item_by_winners, item_circuit, item_from_spikes
from neuro.memories.hebbian.label_readout import LabelReadout
from neuro.memories.hebbian.linear import LinearMemory
from neuro.memories.hebbian.palimpsest import PalimpsestMemory, expected_recall, settled_density
from neuro.memories.hebbian.pointer_memory import PointerMemory, pointer_codes
from neuro.memories.hebbian.pseudo_inverse import PseudoInverseMemory

__all__ = [
    "AutoAssociativeMemory",
    "Chain",
    "ChainMemory",
    "Completion",
    "HebbianMemory",
    "LabelReadout",
    "LinearMemory",
    "PalimpsestMemory",
    "PointerMemory",
    "PseudoInverseMemory",
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
