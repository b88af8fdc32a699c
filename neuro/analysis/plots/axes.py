"""Axes: new ones in the style that all plots share, and what several plots need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuro.errors import InvalidInput, ToolError
from neuro.spikes import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MILLISECONDS = 1e3

# Okabe and Ito (2008), for all kinds of colour vision: blue, vermillion, green, purple, orange, sky, black.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")


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
    figure = NewFigure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_prop_cycle(color=PALETTE)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def figure_of(axes: Axes) -> Figure:
    """The whole figure that axes belong to."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise InvalidInput("the axes belong to no figure; make them with a figure's add_subplot")
    return figure


def name_lines(axes: Axes) -> None:
    """A legend above the axes, where it covers nothing; none for fewer than two names."""
    handles, names = axes.get_legend_handles_labels()
    if len(names) > 1:
        columns = min(len(names), 4)
        axes.legend(
            handles,
            names,
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=columns,
            frameon=False,
            handlelength=1.2,
            columnspacing=1.2,
        )


def chosen_populations(recording: Recording, populations: Sequence[str] | None) -> list[str]:
    """The populations to draw; InvalidInput names those that the recording does not hold."""
    names = list(recording.spikes) if populations is None else list(populations)
    unknown = sorted(set(names) - set(recording.spikes))
    if unknown:
        raise InvalidInput(f"no spikes of {unknown}; the recording has {sorted(recording.spikes)}")
    return names


def chosen_ticks(recording: Recording, start: int, stop: int | None) -> tuple[int, int]:
    """The ticks to draw; InvalidInput where none is left."""
    last = recording.ticks if stop is None else stop
    if not 0 <= start < last:
        raise InvalidInput(f"ticks {start} to {last} hold nothing; 0 <= start < stop is allowed")
    return start, last
