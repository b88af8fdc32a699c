"""Associative memories: codes in, the items that fit them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuro.deferred import deferred_names as _deferred_names

if TYPE_CHECKING:
    from neuro.memories.base import NOTHING, Memory, RecallResult
    from neuro.memories.hebbian.auto_associative import AutoAssociativeMemory
    from neuro.memories.hebbian.chain import ChainMemory
    from neuro.memories.hebbian.circuits import (
        classify,
        item_by_winners,
        item_circuit,
        item_from_spikes,
        label_from_spikes,
        recall_circuit,
        recall_ticks,
        synaptic_operations,
    )
    from neuro.memories.hebbian.hebbian import HebbianMemory
    from neuro.memories.hebbian.label_readout import LabelReadout
    from neuro.memories.hebbian.linear import LinearMemory
    from neuro.memories.hebbian.palimpsest import PalimpsestMemory, expected_recall
    from neuro.memories.hebbian.pointer_memory import PointerMemory
    from neuro.memories.hebbian.pseudo_inverse import PseudoInverseMemory
    from neuro.memories.hippocampal.cue_index import CueIndex, ExactCues
    from neuro.memories.hippocampal.hippocampal import HippocampalMemory, HippocampalSettings
    from neuro.memories.hippocampal.links import MemoryLinks
    from neuro.memories.hopfield.attention_weights import Activation, Similarity, beta_for
    from neuro.memories.hopfield.capacity import hopfield_capacity
    from neuro.memories.hopfield.circuit import HopfieldReading, hopfield_circuit
    from neuro.memories.hopfield.modern_hopfield import ModernHopfield, Retrieval
    from neuro.memories.swarm.parameters import RhoRule, SwarmParameters
    from neuro.memories.swarm.swarm import Gate, SwarmCompletion, SwarmMemory

__all__ = [
    "Activation",
    "AutoAssociativeMemory",
    "ChainMemory",
    "CueIndex",
    "ExactCues",
    "Gate",
    "HebbianMemory",
    "HippocampalMemory",
    "HippocampalSettings",
    "HopfieldReading",
    "LabelReadout",
    "LinearMemory",
    "Memory",
    "MemoryLinks",
    "ModernHopfield",
    "NOTHING",
    "PalimpsestMemory",
    "PointerMemory",
    "PseudoInverseMemory",
    "RecallResult",
    "Retrieval",
    "RhoRule",
    "Similarity",
    "SwarmCompletion",
    "SwarmMemory",
    "SwarmParameters",
    "beta_for",
    "classify",
    "expected_recall",
    "hopfield_capacity",
    "hopfield_circuit",
    "item_by_winners",
    "item_circuit",
    "item_from_spikes",
    "label_from_spikes",
    "recall_circuit",
    "recall_ticks",
    "synaptic_operations",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = _deferred_names(__name__, __file__)
