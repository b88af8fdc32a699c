"""Plots: one call each, units on the labels, drawn on matplotlib axes that may be given and that are returned.

Without ``axes`` each call draws into a new figure, in colours that colour-blind readers tell apart.
``figure_of(axes).savefig("name.png")`` keeps it.
"""

from __future__ import annotations

from neuro.analysis.plots.axes import PALETTE, figure_of, new_axes
from neuro.analysis.plots.bars import plot_bars
from neuro.analysis.plots.spectrum import plot_spectrum
from neuro.analysis.plots.spikes import plot_intervals, plot_rate, plot_spikes
from neuro.analysis.plots.trace import plot_probe
from neuro.analysis.plots.weights import plot_degrees, plot_stdp_window, plot_weight_histogram, plot_weight_matrix

__all__ = [
    "PALETTE",
    "figure_of",
    "new_axes",
    "plot_bars",
    "plot_degrees",
    "plot_intervals",
    "plot_probe",
    "plot_rate",
    "plot_spectrum",
    "plot_spikes",
    "plot_stdp_window",
    "plot_weight_histogram",
    "plot_weight_matrix",
]
