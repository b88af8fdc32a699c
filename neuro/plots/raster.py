"""Raster: one dot a spike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuro.plots.axes import MILLISECONDS, chosen_populations, chosen_ticks, new_axes
from neuro.spikes import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_spikes(
    recording: Recording,
    populations: Sequence[str] | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
    axes: Axes | None = None,
    **marker: Any,
) -> Axes:
    """A raster: time in ms to the right, the populations stacked from top to bottom, one dot a spike.

    Args:
        recording: of any simulator.
        populations: which, in this order; all by default.
        start, stop: ticks to show, start <= n < stop; the whole run by default.
        axes: where to draw; a new figure by default.
        marker: passed on to ``Axes.scatter``, e.g. ``s=4, color="black"``.

    Raises:
        InvalidInput: a population is not in the recording, or no tick is left to show.
        ToolError: matplotlib is not installed.
    """
    names = chosen_populations(recording, populations)
    start, last = chosen_ticks(recording, start, stop)
    drawn = new_axes() if axes is None else axes
    neurons = sum(recording.spikes[name].size for name in names)
    # Dots of many neurons would run into each other.
    dot = float(np.clip(800 / max(neurons, 1), 0.6, 6.0))
    offset, middles = 0, []
    for name in names:
        spikes = recording.spikes[name].between(start, last)
        at = spikes.ticks * recording.dt * MILLISECONDS
        drawn.scatter(at, offset + spikes.indices, **{"s": dot, "linewidths": 0, **marker})
        middles.append(offset + (spikes.size - 1) / 2)
        offset += spikes.size
        if name != names[-1]:
            drawn.axhline(offset - 0.5, linewidth=0.8, color="0.8")
    drawn.set_xlim(start * recording.dt * MILLISECONDS, last * recording.dt * MILLISECONDS)
    drawn.set_ylim(max(offset, 1) - 0.5, -0.5)
    drawn.set_yticks(middles, [f"{name}\n({recording.spikes[name].size})" for name in names])
    drawn.tick_params(axis="y", length=0)
    drawn.set_xlabel("time (ms)")
    return drawn
