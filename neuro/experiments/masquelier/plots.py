"""Pictures of what the neuron learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuro.experiments.masquelier.circuit import DT, SLOT
from neuro.experiments.masquelier.result import PatternResult
from neuro.spikes import Recording, Spikes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_latencies(result: PatternResult) -> Axes:
    """When in the pattern each spike came, spike after spike, in the first run; spikes outside stand at the bottom."""
    from neuro.analysis.plots import PALETTE, new_axes

    first = result.runs[0]
    inside = first.shown[first.spikes // SLOT]
    number = np.arange(first.spikes.size)
    axes = new_axes(7.0, 3.8)
    axes.axhspan(-5, -1, color="0.94", linewidth=0, zorder=0)
    axes.scatter(number[inside], first.spikes[inside] % SLOT, s=5, linewidths=0, color=PALETTE[0])
    # Spread in the strip, as they would hide each other in a line.
    strip = -1.5 - 3 * ((number[~inside] * 0.618) % 1)
    axes.scatter(number[~inside], strip, s=4, linewidths=0, color=PALETTE[1])
    axes.set_yticks([-3, 0, 10, 20, 30, 40, 50], ["outside", "0", "10", "20", "30", "40", "50"])
    axes.set_ylim(-5.5, SLOT)
    axes.set_xlim(0, max(number.size, 1))
    axes.set_xlabel("spike of the neuron, counted from the start")
    axes.set_ylabel("time in the pattern (ms)")
    axes.set_title(
        f"found after {first.found_after:.0f} s; last third: {first.hit_rate:.1%} hits, "
        f"{first.false_alarms} false alarms",
        loc="left",
        fontsize=11,
    )
    return axes


def draw_pattern(result: PatternResult) -> Axes:
    """The pattern of the first run, each spike in the colour of its synapse at the end, and when the neuron fires."""
    from neuro.analysis.plots import PALETTE, figure_of, new_axes, plot_spikes

    first = result.runs[0]
    involved = first.pattern.shape[1]
    at, index = np.nonzero(first.pattern)
    recording = Recording(DT, SLOT, {"pattern": Spikes(at, index, involved)})
    axes = plot_spikes(recording, axes=new_axes(7.0, 4.6), c=first.weights[index], cmap="viridis", s=7, vmin=0, vmax=1)
    figure_of(axes).colorbar(axes.collections[0], ax=axes, label="weight at the end").outline.set_visible(False)
    if not np.isnan(first.latency):
        axes.axvline(first.latency * 1e3, color=PALETTE[1], linewidth=2)
        axes.text(first.latency * 1e3 + 0.6, -0.012 * involved, "neuron fires", color=PALETTE[1], va="bottom")
    axes.set_xlabel("time in the pattern (ms)")
    axes.set_yticks([0, involved - 1], ["1", f"{involved:,}"])
    axes.set_ylabel("afferent in the pattern")
    return axes
