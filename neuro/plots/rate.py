"""Rate: how often the neurons of a population fire over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuro.plots.axes import MILLISECONDS, chosen_populations, chosen_ticks, name_lines, new_axes
from neuro.spike_statistics import GaussianKernel, Kernel, instantaneous_population_rate
from neuro.spikes import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        kernel: what smooths, see :mod:`neuro.spike_statistics`; a Gaussian of 5 ms by default.
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
