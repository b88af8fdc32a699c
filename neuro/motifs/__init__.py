"""Motifs: small circuits with one job each, made to be composed (:func:`neuro.composition.compose`)."""

from neuro.motifs.delay_selection import delay_selection, offset_train
from neuro.motifs.embedded_pattern import EmbeddedPattern, embedded_pattern
from neuro.motifs.hopfield import hopfield, hopfield_states, hopfield_weights
from neuro.motifs.lif_layers import LIFLayer, layer_spikes, lif_layers, presentation_ticks
from neuro.motifs.pattern_finder import pattern_finder
from neuro.motifs.phase_gate import pass_window, phase_gate
from neuro.motifs.ping import ping
from neuro.motifs.poisson import poisson_source
from neuro.motifs.resonator_bank import resonator_bank
from neuro.motifs.soft_winner_take_all import soft_winner_take_all
from neuro.motifs.tempotron import TempotronFit, latency_patterns, tempotron, train_tempotron
from neuro.motifs.winner_take_all import winner_take_all

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
