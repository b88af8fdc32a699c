"""STDP window: how much a pair of spikes changes a weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput
from neuro.plots.axes import MILLISECONDS, PALETTE, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FEW = 80


def plot_stdp_window(
    delays: npt.ArrayLike,
    changes: npt.ArrayLike,
    *,
    unit: str = "",
    scale: float = 1.0,
    axes: Axes | None = None,
) -> Axes:
    """The STDP window: change of weight against t_post - t_pre in ms; post before pre and pre before post apart.

    The halves are not joined, for the window jumps at 0; a delay of 0 belongs to the right half.

    Args:
        delays: t_post - t_pre in seconds, shape (pairs,), in any order.
        changes: of the weight, shape (pairs,).
        unit: of the change, for the label, e.g. ``"nS"``; nothing by default.
        scale: changes are multiplied by it, e.g. 1e9.
        axes: where to draw; a new figure by default.

    Source: the picture is that of Bi and Poo, Journal of Neuroscience 18 (1998), figure 7.

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
