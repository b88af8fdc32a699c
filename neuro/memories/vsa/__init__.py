"""Vector symbolic architectures of phasors: codes that bind and bundle, the memories made of them, their spikes."""

from neuro.memories.vsa.capacity import (
    CapacityWarning,
    Detection,
    raw_sum,
    recall_accuracy,
    spike_slots,
    unit_phasors,
)
from neuro.memories.vsa.fhrr import FHRR
from neuro.memories.vsa.holographic_memory import HolographicMemory
from neuro.memories.vsa.phasor_circuit import final_phasors, phasor_memory_circuit, turn_ticks
from neuro.memories.vsa.resonator_network import ResonatorNetwork
from neuro.memories.vsa.theta_gamma import ThetaGammaBuffer, orders, theta_gamma_circuit, theta_gamma_ticks
from neuro.memories.vsa.threshold_phasor_memory import ThresholdPhasorAssociativeMemory

__all__ = [
    "CapacityWarning",
    "Detection",
    "FHRR",
    "HolographicMemory",
    "ResonatorNetwork",
    "ThetaGammaBuffer",
    "ThresholdPhasorAssociativeMemory",
    "final_phasors",
    "orders",
    "phasor_memory_circuit",
    "raw_sum",
    "recall_accuracy",
    "spike_slots",
    "theta_gamma_circuit",
    "theta_gamma_ticks",
    "turn_ticks",
    "unit_phasors",
]
