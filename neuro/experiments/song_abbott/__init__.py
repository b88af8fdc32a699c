"""Competition of synapses by STDP: weights part into two groups, and the output keeps its rate.

Three claims of the paper: additive STDP with slightly more depression pushes weights to the two ends; the rate of the
output then depends little on that of the inputs; and the window is that of the rule.
Source: Song, Miller & Abbott, Competitive Hebbian learning through spike-timing-dependent synaptic plasticity, Nature
Neuroscience 3 (2000) 919.
"""

from __future__ import annotations

from neuro.experiments.song_abbott.competition import SONG_ABBOTT, SongSettings, run_song_abbott
from neuro.experiments.song_abbott.neuron import Course, Plasticity, competing_circuit, run_course
from neuro.experiments.song_abbott.window import Window, measure_window

__all__ = [
    "Course",
    "Plasticity",
    "SONG_ABBOTT",
    "SongSettings",
    "Window",
    "competing_circuit",
    "measure_window",
    "run_course",
    "run_song_abbott",
]
