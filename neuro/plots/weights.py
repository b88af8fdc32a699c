"""Weights: who is connected how strongly, and how the weights are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.connections import Connections
from neuro.errors import InvalidInput
from neuro.plots.axes import PALETTE, figure_of, name_lines, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NO_SYNAPSE = "0.85"


def plot_weight_matrix(
    connections: Connections,
    weights: npt.ArrayLike,
    *,
    unit: str = "",
    scale: float = 1.0,
    axes: Axes | None = None,
) -> Axes:
    """The weight matrix: sources downward, targets to the right, the weight as colour, grey where no synapse is.

    Weights of one sign run from 0 in one tone; weights of both signs are blue below 0 and red above. Synapses
    of one pair of neurons are added up.

    Args:
        connections: of a projection.
        weights: one for all, or one a synapse, shape (synapses,), e.g. ``recording.final["projection", "w"]``.
        unit: of the weight, for the label, e.g. ``"mV"``; nothing by default.
        scale: weights are multiplied by it, e.g. 1e3.
        axes: where to draw; a new figure by default.

    Raises:
        InvalidInput: the weights do not fit the synapses, or there are no neurons.
        ToolError: matplotlib is not installed.
    """
    values = np.asarray(weights, dtype=np.float64) * scale
    if values.shape not in ((), (connections.synapses,)):
        raise InvalidInput(f"weights of shape {values.shape}; () or ({connections.synapses},) is allowed")
    if not connections.sources or not connections.targets:
        raise InvalidInput(f"{connections.sources} sources and {connections.targets} targets; 1 of each is needed")
    matrix = np.zeros((connections.sources, connections.targets))
    present = np.zeros(matrix.shape, dtype=bool)
    place = (connections.pre(), np.asarray(connections.column))
    np.add.at(matrix, place, values)
    present[place] = True
    drawn = new_axes(5.6, 4.6) if axes is None else axes
    colors, low, high = _colors(float(np.min(matrix, initial=0.0)), float(np.max(matrix, initial=0.0)))
    square = connections.sources == connections.targets
    image = drawn.imshow(
        np.where(present, matrix, np.nan),
        cmap=colors,
        vmin=low,
        vmax=high,
        aspect="equal" if square else "auto",
        interpolation="nearest",
    )
    drawn.set_facecolor(_NO_SYNAPSE)
    drawn.spines[:].set_visible(False)
    _whole_ticks(drawn)
    drawn.set_xlabel("target neuron")
    drawn.set_ylabel("source neuron")
    bar = figure_of(drawn).colorbar(image, ax=drawn, label="weight" + (f" ({unit})" if unit else ""))
    bar.outline.set_visible(False)
    return drawn


def plot_weight_histogram(
    weights: npt.ArrayLike,
    *,
    before: npt.ArrayLike | None = None,
    bins: int = 40,
    unit: str = "",
    scale: float = 1.0,
    axes: Axes | None = None,
) -> Axes:
    """A histogram of weights, and the outline of another one before learning.

    Args:
        weights: any shape.
        before: weights to compare with, any shape.
        bins: how many.
        unit: of the weight, for the label, e.g. ``"mV"``; nothing by default.
        scale: weights are multiplied by it, e.g. 1e3.
        axes: where to draw; a new figure by default.

    Raises:
        InvalidInput: there are no weights.
        ToolError: matplotlib is not installed.
    """
    now = np.asarray(weights, dtype=np.float64).ravel() * scale
    then = np.empty(0) if before is None else np.asarray(before, dtype=np.float64).ravel() * scale
    if not now.size:
        raise InvalidInput("there are no weights; a projection with synapses is needed")
    drawn = new_axes() if axes is None else axes
    edges = np.histogram_bin_edges(np.concatenate((now, then)), bins).tolist()
    drawn.hist(now, bins=edges, color=PALETTE[0], alpha=0.85, label="after")
    if before is not None:
        drawn.hist(then, bins=edges, histtype="step", color=PALETTE[1], linewidth=1.8, label="before")
        name_lines(drawn)
    drawn.margins(x=0.02)
    drawn.set_xlabel("weight" + (f" ({unit})" if unit else ""))
    drawn.set_ylabel("synapses")
    return drawn


def _colors(lowest: float, highest: float) -> tuple[str, float, float]:
    """Colour map and its ends: 0 is an end where all weights have one sign, else the middle."""
    if lowest < 0 < highest:
        reach = max(-lowest, highest)
        return "RdBu_r", -reach, reach
    return ("viridis_r", lowest, 0.0) if lowest < 0 else ("viridis", 0.0, highest or 1.0)


def _whole_ticks(axes: Axes) -> None:
    """Marks at whole neurons only."""
    from matplotlib.ticker import MaxNLocator

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=6, integer=True))
