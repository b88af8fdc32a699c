"""Spikes: as a raster, as rates over time, and as a histogram of inter-spike intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuro.analysis.plots.axes import MILLISECONDS, PALETTE, chosen_populations, chosen_ticks, name_lines, new_axes
from neuro.analysis.statistics import (
    GaussianKernel,
    Kernel,
    instantaneous_population_rate,
    inter_spike_intervals,
    interval_cv,
)
from neuro.errors import InvalidInput
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


def plot_rate(
    recording: Recording,
    populations: Sequence[str] | None = None,
    *,
    kernel: Kernel | None = None,
    start: int = 0,
    stop: int | None = None,
    axes: Axes | None = None,
) -> Axes:
    """The smoothed rate of an average neuron in Hz over time in ms, one line a population.

    Spikes before ``start`` and after ``stop`` count too, so the rate sinks only at the ends of the run.

    Args:
        recording: of any simulator.
        populations: which; all by default.
        kernel: what smooths, see :mod:`neuro.analysis.statistics`; a Gaussian of 5 ms by default.
        start, stop: ticks to show, start <= n < stop; the whole run by default.
        axes: where to draw; a new figure by default.

    Raises:
        InvalidInput: a population is not in the recording, or no tick is left to show.
        ToolError: matplotlib is not installed.
    """
    names = chosen_populations(recording, populations)
    start, last = chosen_ticks(recording, start, stop)
    smooth = GaussianKernel(5e-3) if kernel is None else kernel
    drawn = new_axes() if axes is None else axes
    at = np.arange(start, last) * recording.dt * MILLISECONDS
    for name in names:
        whole = instantaneous_population_rate(
            recording.spikes[name], recording.dt, smooth, stop=max(last, recording.ticks)
        )
        drawn.plot(at, whole[start:last], linewidth=1.5, label=name)
    drawn.set_xlim(start * recording.dt * MILLISECONDS, last * recording.dt * MILLISECONDS)
    drawn.set_ylim(bottom=0)
    drawn.set_xlabel("time (ms)")
    drawn.set_ylabel("rate (Hz)" if len(names) != 1 else f"rate of {names[0]} (Hz)")
    name_lines(drawn)
    return drawn


def plot_intervals(recording: Recording, population: str, *, bins: int = 50, axes: Axes | None = None) -> Axes:
    """A histogram of the inter-spike intervals of all neurons of a population, in ms, with their mean and mean CV.

    The CV is the mean over the neurons that have one, see :func:`neuro.analysis.statistics.interval_cv`.

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
