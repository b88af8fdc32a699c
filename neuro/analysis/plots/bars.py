"""Bars: a few numbers, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.plots.axes import PALETTE, name_lines, new_axes
from neuro.errors import InvalidInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES_IN_A_ROW = 56  # letters that fit beside each other in a figure of the usual width


def plot_bars(
    values: Mapping[str, Mapping[str, float]],
    label: str,
    *,
    errors: Mapping[str, Mapping[str, float]] | None = None,
    digits: int = 3,
    axes: Axes | None = None,
) -> Axes:
    """Bars to compare: one group a category, in it one bar a series, each with its number.

    Args:
        values: series -> category -> number. A category that a series lacks, or has NaN for, has no bar.
        label: what is shown, with its unit, e.g. ``"rate (Hz)"``.
        errors: series -> category -> half the length of an error bar.
        digits: how many digits that count the numbers show.
        axes: where to draw; a new figure by default.

    Raises:
        InvalidInput: there is nothing to show.
        ToolError: matplotlib is not installed.

    >>> axes = plot_bars({"Brian2": {"E": 20.1, "I": 31.0}, "compiled": {"E": 20.1, "I": 31.0}}, "rate (Hz)")
    """
    categories = list(dict.fromkeys(name for series in values.values() for name in series))
    if not categories:
        raise InvalidInput("there are no bars to show; give series -> category -> number")
    drawn = new_axes() if axes is None else axes
    places, width = np.arange(len(categories)), 0.8 / len(values)
    for number, (name, series) in enumerate(values.items()):
        heights = [series.get(category, float("nan")) for category in categories]
        spread = (
            None if errors is None else [errors.get(name, {}).get(category, float("nan")) for category in categories]
        )
        at = places + (number - (len(values) - 1) / 2) * width
        color = PALETTE[number % len(PALETTE)]
        bars = drawn.bar(
            at,
            heights,
            width * 0.94,
            yerr=spread,
            label=name,
            color=color,
            error_kw={"elinewidth": 1.2, "ecolor": "0.25", "capsize": 3},
        )
        words = ["" if np.isnan(height) else f"{height:.{digits}g}".replace("-", "−") for height in heights]
        drawn.bar_label(bars, words, padding=2, fontsize=9 if len(values) * len(categories) <= 12 else 7)
    crowded = sum(len(category) for category in categories) > _NAMES_IN_A_ROW
    drawn.set_xticks(places, categories, rotation=30 if crowded else 0, ha="right" if crowded else "center")
    drawn.tick_params(axis="x", length=0)
    drawn.margins(y=0.1)
    drawn.axhline(0, color="0.3", linewidth=0.8)
    drawn.set_ylabel(label)
    name_lines(drawn)
    return drawn
