"""Plots of recordings: one call each, units on the labels, drawn on matplotlib axes that may be given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuro.errors import InvalidInput, ToolError
from neuro.spikes import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MILLISECONDS = 1e3


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
    names = list(recording.spikes) if populations is None else list(populations)
    unknown = sorted(set(names) - set(recording.spikes))
    if unknown:
        raise InvalidInput(f"no spikes of {unknown}; the recording has {sorted(recording.spikes)}")
    last = recording.ticks if stop is None else stop
    if not 0 <= start < last:
        raise InvalidInput(f"ticks {start} to {last} hold nothing; 0 <= start < stop is allowed")
    drawn = new_axes() if axes is None else axes
    offset, middles = 0, []
    for name in names:
        spikes = recording.spikes[name].between(start, last)
        at = spikes.ticks * recording.dt * _MILLISECONDS
        drawn.scatter(at, offset + spikes.indices, **{"s": 4, "linewidths": 0, **marker})
        middles.append(offset + spikes.size / 2)
        offset += spikes.size
        drawn.axhline(offset - 0.5, linewidth=0.5, color="0.8")
    drawn.set_xlim(start * recording.dt * _MILLISECONDS, last * recording.dt * _MILLISECONDS)
    drawn.set_ylim(max(offset, 1) - 0.5, -0.5)
    drawn.set_yticks(middles, [f"{name}\n({recording.spikes[name].size})" for name in names])
    drawn.set_xlabel("time (ms)")
    return drawn


def plot_probe(
    recording: Recording,
    of: str,
    variable: str,
    neurons: Sequence[int] | None = None,
    *,
    unit: str = "SI unit",
    scale: float = 1.0,
    axes: Axes | None = None,
) -> Axes:
    """A probed variable over time, one line a neuron.

    Args:
        recording: with a probe of the variable.
        of, variable: whose and which.
        neurons: which ones; the first eight by default.
        unit: for the label, e.g. ``"mV"``.
        scale: values are multiplied by it, e.g. 1e3.
        axes: where to draw; a new figure by default.

    Raises:
        InvalidInput: the variable was not probed, or a neuron does not exist.
        ToolError: matplotlib is not installed.
    """
    if (of, variable) not in recording.probes:
        known = sorted(f"{part}.{name}" for part, name in recording.probes)
        raise InvalidInput(f"no probe of {of}.{variable}; the recording has {known}")
    values = recording.probes[of, variable]
    shown = list(range(min(8, values.shape[1]))) if neurons is None else list(neurons)
    if shown and not 0 <= min(shown) <= max(shown) < values.shape[1]:
        raise InvalidInput(f"neurons {shown} of {of!r}; 0 to {values.shape[1] - 1} are allowed")
    drawn = new_axes() if axes is None else axes
    every = recording.ticks / max(len(values), 1)
    at = np.arange(len(values)) * every * recording.dt * _MILLISECONDS
    drawn.plot(at, values[:, shown] * scale, linewidth=1)
    drawn.set_xlabel("time (ms)")
    drawn.set_ylabel(f"{of}.{variable} ({unit})")
    return drawn


def new_axes(width: float = 6.4, height: float = 4.0) -> Axes:
    """Axes of a new figure of that size in inches, without a window.

    Raises:
        ToolError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as NewFigure
    except ImportError:
        raise ToolError("matplotlib is not installed; pip install 'spikeloom[report]'") from None
    figure = NewFigure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def figure_of(axes: Axes) -> Figure:
    """The whole figure that axes belong to."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise InvalidInput("the axes belong to no figure; make them with a figure's add_subplot")
    return figure
