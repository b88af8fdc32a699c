"""Figures: what each neuron has learned to see, and which digits are taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.analysis.plots import new_axes
from neuro.experiments.diehl_cook.readout import DiehlCookResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAPER, _GAP = "gray_r", 1


def mosaic(fields: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Small images of shape (fields, height, width) as tiles of one nearly square image, with gaps of NaN."""
    count, height, width = fields.shape
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    whole = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP), np.nan)
    for place, field in enumerate(fields):
        top, left = place // columns * (height + _GAP), place % columns * (width + _GAP)
        whole[top : top + height, left : left + width] = field
    return whole


def plot_receptive_fields(result: DiehlCookResult, axes: Axes | None = None) -> Axes:
    """The weights onto each neuron as a small image, ordered by the neurons' classes, each scaled to its largest.

    Raises:
        ToolError: matplotlib is not installed.
    """
    weights = result.training.learned.w.T
    order = np.argsort(result.readout.classes, kind="stable")
    fields = weights[order] / np.maximum(weights[order].max(axis=1, keepdims=True), 1e-12)
    drawn = new_axes(6.4, 6.4) if axes is None else axes
    drawn.imshow(mosaic(fields.reshape(-1, *result.shape)), cmap=_PAPER, vmin=0, vmax=1, interpolation="nearest")
    drawn.set_axis_off()
    return drawn


def plot_confusion(result: DiehlCookResult, axes: Axes | None = None) -> Axes:
    """How often each digit (rows) was named as each (columns): shade by share of the row, with the numbers.

    Raises:
        ToolError: matplotlib is not installed.
    """
    table = result.confusion
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    drawn = new_axes(5.6, 5.6) if axes is None else axes
    drawn.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for true, named in np.argwhere(table).tolist():
        shade = "white" if share[true, named] > 0.5 else "black"
        drawn.text(named, true, f"{table[true, named]}", ha="center", va="center", fontsize=8, color=shade)
    drawn.set_xticks(range(len(table)))
    drawn.set_yticks(range(len(table)))
    drawn.set_xlabel("named as")
    drawn.set_ylabel("digit")
    return drawn
