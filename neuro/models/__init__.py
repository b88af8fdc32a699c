"""Neuron and synapse models: one file each of Brian2 equation text and parameters."""

from __future__ import annotations

from neuro.models.base import Method, NeuronModel, SynapseModel
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.lif import LIF_DELTA, LIF_EXPONENTIAL
from neuro.models.static_synapse import static_synapse

__all__ = [
    "INTEGRATE_AND_FIRE",
    "LIF_DELTA",
    "LIF_EXPONENTIAL",
    "Method",
    "NeuronModel",
    "SynapseModel",
    "static_synapse",
]
