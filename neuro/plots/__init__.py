"""Plots: one call each, units on the labels, drawn on matplotlib axes that may be given and that are returned.

Without ``axes`` each call draws into a new figure, in colours that colour-blind readers tell apart.
``figure_of(axes).savefig("name.png")`` keeps it.
"""

from __future__ import annotations

from neuro.plots.axes import PALETTE, figure_of, new_axes
from neuro.plots.bars import plot_bars
from neuro.plots.degrees import plot_degrees
from neuro.plots.intervals import plot_intervals
from neuro.plots.raster import plot_spikes
from neuro.plots.rate import plot_rate
from neuro.plots.spectrum import plot_spectrum
from neuro.plots.stdp import plot_stdp_window
from neuro.plots.trace import plot_probe
from neuro.plots.weights import plot_weight_histogram, plot_weight_matrix

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
