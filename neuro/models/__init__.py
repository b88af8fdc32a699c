"""Neuron and synapse models: one file each of Brian2 equation text and parameters."""

from __future__ import annotations

from neuro.models.adaptive_lif import ADAPTIVE_LIF
from neuro.models.adex import ADEX
from neuro.models.base import Method, NeuronModel, SynapseModel
from neuro.models.conductance_lif import CONDUCTANCE_LIF
from neuro.models.homeostatic_lif import HOMEOSTATIC_LIF
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.izhikevich import IZHIKEVICH
from neuro.models.lif import LIF_ALPHA, LIF_DELTA, LIF_EXPONENTIAL
from neuro.models.plateau_lif import PLATEAU_LIF
from neuro.models.poisson import POISSON
from neuro.models.regular import REGULAR
from neuro.models.resonate_and_fire import RESONATE_AND_FIRE
from neuro.models.static_synapse import static_synapse
from neuro.models.stdp import pair_stdp

__all__ = [
    "ADAPTIVE_LIF",
    "ADEX",
    "CONDUCTANCE_LIF",
    "HOMEOSTATIC_LIF",
    "INTEGRATE_AND_FIRE",
    "IZHIKEVICH",
    "LIF_ALPHA",
    "LIF_DELTA",
    "LIF_EXPONENTIAL",
    "Method",
    "NeuronModel",
    "PLATEAU_LIF",
    "POISSON",
    "REGULAR",
    "RESONATE_AND_FIRE",
    "SynapseModel",
    "pair_stdp",
    "static_synapse",
]
