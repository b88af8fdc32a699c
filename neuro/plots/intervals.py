"""Interval histogram: how long neurons wait between two spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput
from neuro.plots.axes import MILLISECONDS, PALETTE, chosen_populations, new_axes
from neuro.spike_statistics import inter_spike_intervals, interval_cv
from neuro.spikes import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_intervals(recording: Recording, population: str, *, bins: int = 50, axes: Axes | None = None) -> Axes:
    """A histogram of the inter-spike intervals of all neurons of a population, in ms, with their mean and mean CV.

    The CV is the mean over the neurons that have one, see :func:`neuro.spike_statistics.interval_cv`.

    Args:
        recording: of any simulator.
        population: which.
        bins: how many.
        axes: where to draw; a new figure by default.

    Raises:
        InvalidInput: the population is not in the recording, or no neuron fired twice.
        ToolError: matplotlib is not installed.
    """
    chosen_populations(recording, [population])
    spikes = recording.spikes[population]
    intervals = np.concatenate((*inter_spike_intervals(spikes, recording.dt), np.empty(0))) * MILLISECONDS
    if not intervals.size:
        raise InvalidInput(f"no neuron of {population!r} fired twice, so there is no interval; run longer")
    drawn = new_axes() if axes is None else axes
    drawn.hist(intervals, bins=_edges(intervals, bins, recording.dt * MILLISECONDS), color=PALETTE[0])
    irregular = interval_cv(spikes)
    words = f"mean {intervals.mean():.3g} ms"
    if not np.isnan(irregular).all():
        words += f"\nCV {np.nanmean(irregular):.2f}"
    drawn.axvline(float(intervals.mean()), color=PALETTE[1], linewidth=1.5, linestyle=(0, (4, 2)))
    drawn.text(0.98, 0.96, words, transform=drawn.transAxes, ha="right", va="top", color=PALETTE[1], linespacing=1.4)
    drawn.set_xlim(left=0)
    drawn.set_xlabel("inter-spike interval (ms)")
    drawn.set_ylabel(f"intervals of {population}")
    return drawn


def _edges(intervals: npt.NDArray[np.float64], bins: int, tick: float) -> list[float]:
    """Edges half a tick off the grid and whole ticks apart, so that each bin holds as many possible values."""
    width = max(1, int(np.ceil(intervals.max() / tick / bins))) * tick
    number = int(np.ceil((intervals.max() - tick / 2) / width))
    return [tick / 2 + k * width for k in range(number + 1)]
