"""Neuron and synapse models: one file each of Brian2 equation text and parameters."""

from __future__ import annotations

from neuro.models.adaptive_lif import ADAPTIVE_LIF
from neuro.models.adex import ADEX
from neuro.models.balanced_resonate_and_fire import balanced_resonate_and_fire
from neuro.models.base import Method, NeuronModel, SynapseModel
from neuro.models.conductance_lif import CONDUCTANCE_LIF
from neuro.models.homeostatic_lif import HOMEOSTATIC_LIF
from neuro.models.inhibitory_plasticity import inhibitory_current_plasticity, inhibitory_plasticity
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.izhikevich import IZHIKEVICH
from neuro.models.lif import LIF_ALPHA, LIF_DELTA, LIF_EXPONENTIAL
from neuro.models.multiplicative_stdp import multiplicative_stdp, power_law_stdp, van_rossum_stdp
from neuro.models.nearest_neighbour_stdp import nearest_neighbour_stdp
from neuro.models.plateau_lif import PLATEAU_LIF, plateau_lif
from neuro.models.poisson import POISSON
from neuro.models.regular import REGULAR
from neuro.models.resonate_and_fire import RESONATE_AND_FIRE
from neuro.models.resonator import RESONATOR
from neuro.models.reward_modulated_stdp import REWARD_STEP, reward_modulated_stdp
from neuro.models.static_synapse import static_synapse
from neuro.models.stdp import pair_stdp
from neuro.models.symmetric_stdp import symmetric_stdp
from neuro.models.triplet_stdp import VISUAL_CORTEX, VISUAL_CORTEX_MINIMAL, minimal_triplet_stdp, triplet_stdp
from neuro.models.tsodyks_markram import tsodyks_markram

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
    "RESONATOR",
    "REWARD_STEP",
    "SynapseModel",
    "VISUAL_CORTEX",
    "VISUAL_CORTEX_MINIMAL",
    "balanced_resonate_and_fire",
    "inhibitory_current_plasticity",
    "inhibitory_plasticity",
    "minimal_triplet_stdp",
    "multiplicative_stdp",
    "nearest_neighbour_stdp",
    "pair_stdp",
    "plateau_lif",
    "power_law_stdp",
    "reward_modulated_stdp",
    "static_synapse",
    "symmetric_stdp",
    "triplet_stdp",
    "tsodyks_markram",
    "van_rossum_stdp",
]
