"""Neuron and synapse models are Brian2 equation text with parameters, one file each."""

from __future__ import annotations

from neuro.models.adaptive_lif import ADAPTIVE_LIF
from neuro.models.adex import ADEX
from neuro.models.base import Method, NeuronModel, SynapseModel
from neuro.models.brf import balanced_resonate_and_fire
from neuro.models.conductance_lif import CONDUCTANCE_LIF
from neuro.models.homeostatic_lif import HOMEOSTATIC_LIF
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.izhikevich import IZHIKEVICH
from neuro.models.lif import LIF_ALPHA, LIF_DELTA, LIF_EXPONENTIAL
from neuro.models.plateau import PLATEAU_LIF, plateau_lif
from neuro.models.poisson import POISSON
from neuro.models.regular import REGULAR
from neuro.models.resonate_and_fire import RESONATE_AND_FIRE
from neuro.models.resonator import RESONATOR
from neuro.models.short_term_plasticity import tsodyks_markram
from neuro.models.static import static_synapse
from neuro.models.stdp import nearest_neighbour_stdp, pair_stdp, symmetric_stdp
from neuro.models.stdp_inhibitory import inhibitory_current_plasticity, inhibitory_plasticity
from neuro.models.stdp_reward import REWARD_STEP, reward_modulated_stdp
from neuro.models.stdp_triplets import VISUAL_CORTEX, VISUAL_CORTEX_MINIMAL, minimal_triplet_stdp, triplet_stdp
from neuro.models.stdp_weight_dependent import multiplicative_stdp, power_law_stdp, van_rossum_stdp

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
