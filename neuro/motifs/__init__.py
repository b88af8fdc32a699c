"""Motifs are small circuits with one job each, made to be joined by :func:`neuro.circuit.compose`."""

from __future__ import annotations

from neuro.motifs.attractor import hopfield, hopfield_states, hopfield_weights
from neuro.motifs.competition import soft_winner_take_all, winner_take_all
from neuro.motifs.delay_learning import delay_selection, offset_train
from neuro.motifs.gamma_rhythm import ping, poisson_source
from neuro.motifs.layers import LIFLayer, layer_spikes, lif_layers, presentation_ticks
from neuro.motifs.patterns import EmbeddedPattern, embedded_pattern, pattern_finder
from neuro.motifs.phase_gating import pass_window, phase_gate
from neuro.motifs.resonators import resonator_bank
from neuro.motifs.tempotron_learning import TempotronFit, latency_patterns, tempotron, train_tempotron

__all__ = [
    "EmbeddedPattern",
    "LIFLayer",
    "TempotronFit",
    "delay_selection",
    "embedded_pattern",
    "hopfield",
    "hopfield_states",
    "hopfield_weights",
    "latency_patterns",
    "layer_spikes",
    "lif_layers",
    "offset_train",
    "pass_window",
    "pattern_finder",
    "phase_gate",
    "ping",
    "poisson_source",
    "presentation_ticks",
    "resonator_bank",
    "soft_winner_take_all",
    "tempotron",
    "train_tempotron",
    "winner_take_all",
]
