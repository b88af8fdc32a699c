"""Degrees: how many synapses neurons get and give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuro.connections import Connections
from neuro.errors import InvalidInput
from neuro.plots.axes import PALETTE, name_lines, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_BARS = 50


def plot_degrees(connections: Connections, *, axes: Axes | None = None) -> Axes:
    """Histograms of the in-degree of the targets and the out-degree of the sources, with mean and spread.

    Args:
        connections: of a projection.
        axes: where to draw; a new figure by default.

    Raises:
        InvalidInput: there are no sources or no targets.
        ToolError: matplotlib is not installed.
    """
    if not connections.sources or not connections.targets:
        raise InvalidInput(f"{connections.sources} sources and {connections.targets} targets; 1 of each is needed")
    incoming = np.bincount(np.asarray(connections.column), minlength=connections.targets)
    outgoing = np.diff(np.asarray(connections.row_start))
    drawn = new_axes() if axes is None else axes
    low, high = min(incoming.min(), outgoing.min()), max(incoming.max(), outgoing.max())
    step = int(np.ceil((high - low + 1) / _MOST_BARS))
    edges = (np.arange(low, high + step + 1, step) - 0.5).tolist()
    incoming_words, outgoing_words = (f"{degrees.mean():.4g} ± {degrees.std():.2g}" for degrees in (incoming, outgoing))
    drawn.hist(incoming, edges, color=PALETTE[0], alpha=0.7, label=f"in-degree, {incoming_words}")
    drawn.hist(outgoing, edges, histtype="step", color=PALETTE[1], linewidth=1.8, label=f"out-degree, {outgoing_words}")
    _whole_numbers(drawn)
    drawn.set_xlabel("synapses of a neuron")
    drawn.set_ylabel("neurons")
    name_lines(drawn)
    return drawn


def _whole_numbers(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=7, integer=True))
