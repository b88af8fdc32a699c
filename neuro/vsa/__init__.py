"""Vector symbolic architectures of phasors: codes that bind and bundle, the memories made of them, their spikes."""

from neuro.vsa.capacity import (
    CapacityWarning,
    Detection,
    largest_load,
    raw_sum,
    recall_accuracy,
    spike_slots,
    unit_phasors,
)
from neuro.vsa.fhrr import FHRR
from neuro.vsa.holographic_memory import HolographicMemory
from neuro.vsa.phasor_circuit import phasor_memory_circuit, settled_phasors, turn_ticks
from neuro.vsa.resonator_network import Factors, ResonatorNetwork
from neuro.vsa.theta_gamma_buffer import ThetaGammaBuffer
from neuro.vsa.theta_gamma_circuit import orders, theta_gamma_circuit, theta_gamma_ticks
from neuro.vsa.threshold_phasor_memory import ThresholdPhasorAssociativeMemory

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
