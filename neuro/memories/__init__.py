"""Associative memories: codes in, the items that fit them out."""

from neuro.memories.attention import Activation, attention, margin, omega, potential
from neuro.memories.auto_associative import AutoAssociativeMemory, Completion
from neuro.memories.chain import Chain, ChainMemory
from neuro.memories.circuits import classify, label_from_spikes, recall_circuit, recall_ticks
from neuro.memories.cue_index import CueIndex, ExactCues
from neuro.memories.hebbian import HebbianMemory
from neuro.memories.hippocampal import HippocampalMemory
from neuro.memories.hippocampal_settings import HippocampalSettings
from neuro.memories.hopfield_capacity import hopfield_capacity
from neuro.memories.hopfield_circuit import HopfieldReading, hopfield_circuit
from neuro.memories.hopfield_recall import HopfieldRecall, Retrieval
from neuro.memories.item_circuit import item_by_winners, item_circuit, item_from_spikes
from neuro.memories.label_readout import LabelReadout
from neuro.memories.linear import LinearMemory
from neuro.memories.links import MemoryLinks
from neuro.memories.memory import NOTHING, Memory, Recall
from neuro.memories.modern_hopfield import MOST_STEPS, ModernHopfield
from neuro.memories.palimpsest import PalimpsestMemory, expected_recall, settled_density
from neuro.memories.pointer_memory import PointerMemory
from neuro.memories.pointers import pointer_codes
from neuro.memories.pseudo_inverse import PseudoInverseMemory
from neuro.memories.separation import Similarity, beta_for, separations
from neuro.memories.swarm import SwarmMemory
from neuro.memories.swarm_answers import Gate, SwarmCompletion
from neuro.memories.swarm_parameters import RhoRule, SwarmParameters
from neuro.memories.synaptic_operations import synaptic_operations

__all__ = [
    "Activation",
    "AutoAssociativeMemory",
    "Chain",
    "ChainMemory",
    "Completion",
    "CueIndex",
    "ExactCues",
    "Gate",
    "HebbianMemory",
    "HippocampalMemory",
    "HippocampalSettings",
    "HopfieldReading",
    "HopfieldRecall",
    "LabelReadout",
    "LinearMemory",
    "MOST_STEPS",
    "Memory",
    "MemoryLinks",
    "ModernHopfield",
    "NOTHING",
    "PalimpsestMemory",
    "PointerMemory",
    "PseudoInverseMemory",
    "Recall",
    "Retrieval",
    "RhoRule",
    "Similarity",
    "SwarmCompletion",
    "SwarmMemory",
    "SwarmParameters",
    "attention",
    "beta_for",
    "classify",
    "expected_recall",
    "hopfield_capacity",
    "hopfield_circuit",
    "item_by_winners",
    "item_circuit",
    "item_from_spikes",
    "label_from_spikes",
    "margin",
    "omega",
    "pointer_codes",
    "potential",
    "recall_circuit",
    "recall_ticks",
    "separations",
    "settled_density",
    "synaptic_operations",
]
