"""Vector symbolic architectures of phasors: codes that bind and bundle, the memories made of them, their spikes."""

from neuro.memories.vsa.capacity import (
    CapacityWarning,
    Detection,
    largest_load,
    raw_sum,
    recall_accuracy,
    spike_slots,
    unit_phasors,
)
from neuro.memories.vsa.fhrr import FHRR
from neuro.memories.vsa.holographic_memory import HolographicMemory
from neuro.memories.vsa.phasor_circuit import phasor_memory_circuit, settled_phasors, turn_ticks
from neuro.memories.vsa.resonator_network import Factors, ResonatorNetwork
from neuro.memories.vsa.theta_gamma import ThetaGammaBuffer, orders, theta_gamma_circuit, theta_gamma_ticks
from neuro.memories.vsa.threshold_phasor_memory import ThresholdPhasorAssociativeMemory

__all__ = [
    "CapacityWarning",
    "Detection",
    "FHRR",
    "Factors",
    "HolographicMemory",
    "ResonatorNetwork",
    "ThetaGammaBuffer",
    "ThresholdPhasorAssociativeMemory",
    "largest_load",
    "orders",
    "phasor_memory_circuit",
    "raw_sum",
    "recall_accuracy",
    "settled_phasors",
    "spike_slots",
    "theta_gamma_circuit",
    "theta_gamma_ticks",
    "turn_ticks",
    "unit_phasors",
]
