"""Plots of the report, in the page's own style."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.encoders import overlap
from neuro.experiments.digits_to_verilog.data import Digits
from neuro.experiments.digits_to_verilog.recall import Codes, Recall
from neuro.plots import figure_of, new_axes
from neuro.report import Paint, figure_svg, plot_style

_FIRST, _SECOND = Paint.FIRST.value, Paint.SECOND.value


def recall_plot(recall: Recall) -> str:
    """Recall at 1 against noise, beside an exact search."""
    with plot_style():
        axes = new_axes(5.6, 3.7)
        noise = 100 * np.array(list(recall.at_1))
        exact = 100 * np.array(list(recall.exact_at_1.values()))
        mine = 100 * np.array(list(recall.at_1.values()))
        axes.plot(noise, exact, color=_FIRST, linewidth=1.5, linestyle=(0, (4, 3)), marker="o", markersize=3)
        axes.plot(noise, mine, color=_SECOND, linewidth=2.5, marker="o", markersize=5)
        _name_line(axes, noise, exact, "exact search\nover all codes", _FIRST, 8)
        _name_line(axes, noise, mine, "Hebbian\nmemory", _SECOND, -8)
        axes.set_xlabel("active units of the cue replaced (%)")
        axes.set_ylabel("stored digit recalled (%)")
        axes.set_ylim(min(0.0, float(mine.min())), 104)
        axes.yaxis.grid(visible=True, linewidth=0.8)
        axes.set_xlim(noise.min() - 1, noise.max() * 1.3 + 1)
        axes.set_xticks(noise)
        words = f"recall at 1 is {mine[0]:.1f} % without noise and {mine[-1]:.1f} % at {noise[-1]:.0f} % noise"
        return figure_svg(figure_of(axes), "recall", words)


def _name_line(
    axes: Any, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], name: str, color: str, lift: float
) -> None:
    """A line's name at its right end, in its colour."""
    axes.annotate(
        name,
        (x[-1], y[-1]),
        (9, lift),
        textcoords="offset points",
        color=color,
        fontsize=11,
        va="center",
    )


def similarity_plot(codes: Codes, stored: Digits) -> str:
    """Code overlap against the cosine of the centred images."""
    encoder = codes.encoder
    centred = stored.embeddings[:400] - np.asarray(encoder.mean)
    directions = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    pairs = np.triu_indices(len(directions), 1)
    cosine = (directions @ directions.T)[pairs]
    shared = overlap(codes.stored[:400], codes.stored[:400], encoder.units)[pairs]
    edges = np.arange(-0.6, 1.0001, 0.1)
    middles, bands = [], []
    for low, high in pairwise(edges.tolist()):
        inside = shared[(cosine >= low) & (cosine < high)]
        if inside.size >= 5:
            middles.append((low + high) / 2)
            bands.append(np.percentile(inside, [5, 50, 95]))
    band = np.array(bands).T
    with plot_style():
        axes = new_axes(5.6, 3.7)
        axes.fill_between(middles, band[0], band[2], color=_SECOND, alpha=0.16, linewidth=0)
        axes.plot(middles, band[1], color=_SECOND, linewidth=2.5, marker="o", markersize=4)
        chance = encoder.active**2 / encoder.units
        axes.axhline(chance, color=_FIRST, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.annotate(
            "two random codes",
            (0.99, chance),
            (0, 5),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            color=_FIRST,
            fontsize=11,
        )
        axes.set_xlabel("cosine of two images, mean image taken off")
        axes.set_ylabel(f"active units shared (of {encoder.active})")
        axes.yaxis.grid(visible=True, linewidth=0.8)
        axes.set_ylim(0, None)
        return figure_svg(
            figure_of(axes), "similarity", "the more alike two images are, the more units their codes share"
        )


def cells_plot(by_type: Mapping[str, int], most: int = 10) -> str:
    """How many cells of each kind, the most frequent first."""
    counts = sorted(by_type.items(), key=lambda item: (-item[1], item[0]))[:most]
    names = [name.strip("$_").removeprefix("sg13g2_") for name, _ in counts]
    values = [count for _, count in counts]
    with plot_style():
        axes = new_axes(5.4, 0.34 * len(names) + 0.5)
        axes.barh(names, values, color=_SECOND, height=0.62)
        axes.invert_yaxis()
        axes.spines[["bottom", "left"]].set_visible(False)
        axes.tick_params(length=0)
        axes.set_xticks([])
        for place, value in enumerate(values):
            axes.annotate(f"{value:,}", (value, place), (6, 0), textcoords="offset points", va="center", fontsize=11)
        axes.set_xlim(0, max(values, default=1) * 1.18)
        return figure_svg(figure_of(axes), "cells", f"{len(names)} kinds of cells, most often {', '.join(names[:3])}")
