"""Weights: their matrix, their histogram, the degrees of neurons, and the STDP window that changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.analysis.plots.axes import MILLISECONDS, PALETTE, figure_of, name_lines, new_axes
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NO_SYNAPSE = "0.85"
_MOST_BARS = 50
_FEW = 80
"""Pairs of an STDP window that are drawn as dots."""


def plot_weight_matrix(
    connections: Connections, weights: npt.ArrayLike, *, unit: str = "", scale: float = 1.0, axes: Axes | None = None
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
    _check_ends(connections)
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


def plot_degrees(connections: Connections, *, axes: Axes | None = None) -> Axes:
    """Histograms of the in-degree of the targets and the out-degree of the sources, with mean and spread.

    Args:
        connections: of a projection.
        axes: where to draw; a new figure by default.

    Raises:
        InvalidInput: there are no sources or no targets.
        ToolError: matplotlib is not installed.
    """
    _check_ends(connections)
    incoming = np.bincount(np.asarray(connections.column), minlength=connections.targets)
    outgoing = np.diff(np.asarray(connections.row_start))
    drawn = new_axes() if axes is None else axes
    low, high = min(incoming.min(), outgoing.min()), max(incoming.max(), outgoing.max())
    step = int(np.ceil((high - low + 1) / _MOST_BARS))
    edges = (np.arange(low, high + step + 1, step) - 0.5).tolist()
    incoming_words, outgoing_words = (f"{degrees.mean():.4g} ± {degrees.std():.2g}" for degrees in (incoming, outgoing))
    drawn.hist(incoming, edges, color=PALETTE[0], alpha=0.7, label=f"in-degree, {incoming_words}")
    drawn.hist(outgoing, edges, histtype="step", color=PALETTE[1], linewidth=1.8, label=f"out-degree, {outgoing_words}")
    _whole_ticks(drawn, 7)
    drawn.set_xlabel("synapses of a neuron")
    drawn.set_ylabel("neurons")
    name_lines(drawn)
    return drawn


def plot_stdp_window(
    delays: npt.ArrayLike, changes: npt.ArrayLike, *, unit: str = "", scale: float = 1.0, axes: Axes | None = None
) -> Axes:
    """The STDP window: change of weight against t_post - t_pre in ms; post before pre and pre before post apart.

    The halves are not joined, for the window jumps at 0; a delay of 0 belongs to the right half.

    Args:
        delays: t_post - t_pre in seconds, shape (pairs,), in any order.
        changes: of the weight, shape (pairs,).
        unit: of the change, for the label, e.g. ``"nS"``; nothing by default.
        scale: changes are multiplied by it, e.g. 1e9.
        axes: where to draw; a new figure by default.

    Source: the plot is that of Bi and Poo, Journal of Neuroscience 18 (1998), figure 7.

    Raises:
        InvalidInput: the arrays are no vectors of one length, or empty.
        ToolError: matplotlib is not installed.
    """
    at = np.asarray(delays, dtype=np.float64)
    change = np.asarray(changes, dtype=np.float64)
    if at.ndim != 1 or at.shape != change.shape or not at.size:
        raise InvalidInput(f"delays of shape {at.shape} and changes of {change.shape}; two vectors of one length >= 1")
    drawn = new_axes() if axes is None else axes
    order = np.argsort(at, kind="stable")
    at, change = at[order] * MILLISECONDS, change[order] * scale
    drawn.axhline(0, color="0.6", linewidth=0.8)
    drawn.axvline(0, color="0.6", linewidth=0.8)
    for half, color in ((at < 0, PALETTE[1]), (at >= 0, PALETTE[0])):
        marker = "o" if at.size <= _FEW else ""
        drawn.plot(at[half], change[half], color=color, linewidth=1.6, marker=marker, markersize=4)
        drawn.fill_between(at[half], change[half], color=color, alpha=0.15, linewidth=0)
    drawn.set_xlabel(r"$t_\mathrm{post} - t_\mathrm{pre}$ (ms)")
    drawn.set_ylabel("weight change" + (f" ({unit})" if unit else ""))
    for x, side, words in ((0.02, "left", "post before pre"), (0.98, "right", "pre before post")):
        drawn.text(x, 1.02, words, transform=drawn.transAxes, ha=side, va="bottom", color="0.35")
    return drawn


def _colors(lowest: float, highest: float) -> tuple[str, float, float]:
    """Colour map and its ends: 0 is an end where all weights have one sign, else the middle."""
    if lowest < 0 < highest:
        reach = max(-lowest, highest)
        return "RdBu_r", -reach, reach
    return ("viridis_r", lowest, 0.0) if lowest < 0 else ("viridis", 0.0, highest or 1.0)


def _whole_ticks(axes: Axes, most: int = 6) -> None:
    """Marks at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=most, integer=True))


def _check_ends(connections: Connections) -> None:
    if not connections.sources or not connections.targets:
        raise InvalidInput(f"{connections.sources} sources and {connections.targets} targets; 1 of each is needed")
