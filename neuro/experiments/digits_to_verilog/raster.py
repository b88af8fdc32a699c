"""Raster: the spikes of a few digits on their way through the circuit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.experiments.digits_to_verilog.targets import SiliconCircuit
from neuro.plots import plot_spikes
from neuro.report import Paint, figure_svg, plot_style
from neuro.spikes import Recording

_LINE = Paint.LINE.value
_LAYERS = (
    ("encoder", Paint.FIRST.value, 3.0),
    ("pointers", Paint.SECOND.value, 3.0),
    ("labels", Paint.THIRD.value, 1.6),
)
RASTER_DIGITS = 4


def raster_plot(silicon: SiliconCircuit, recording: Recording) -> str:
    """Spikes of a few presentations: encoder, pointers and labels, one above the other."""
    from matplotlib.figure import Figure
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    length, shown = silicon.presentation_ticks, min(RASTER_DIGITS, len(silicon.digits))
    first = _distinct(silicon.digits.labels.tolist(), shown)
    start, stop = first * length, (first + shown) * length
    with plot_style():
        figure = Figure(figsize=(12.6, 5.4))
        panels: Any = figure.subplots(3, 1, sharex=True, height_ratios=[part[2] for part in _LAYERS])
        for axes, (name, color, _) in zip(panels, _LAYERS, strict=True):
            size = 26 if name == "labels" else 7
            plot_spikes(recording, [name], start=start, stop=stop, axes=axes, s=size, color=color)
            axes.set_xlabel("")
            axes.set_ylabel(name, color=color)
            last = recording.spikes[name].size - 1
            axes.set_yticks([0, last], ["0", f"{last}"])
            axes.tick_params(length=0)
            for edge in range(1, shown):
                axes.axvline((first + edge) * length * recording.dt * 1e3 - 0.5, color=_LINE, linewidth=1)
        named = silicon.named(recording)
        panels[2].set_yticks(range(10), [str(digit) if digit % 3 == 0 else "" for digit in range(10)])
        panels[2].set_xlabel("time (ms)")
        for number in range(first, first + shown):
            at = ((number + 0.5) * length * recording.dt * 1e3 - 0.5, 1.2)
            truth, told = int(silicon.digits.labels[number]), int(named[number])
            panels[0].annotate(
                f"a {truth}, named {told}",
                at,
                (20, 0),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                va="center",
                fontsize=11,
            )
            picture = OffsetImage(_ink(silicon.digits.images[number]), zoom=3.4, interpolation="nearest")
            box = AnnotationBbox(
                picture, at, xycoords=("data", "axes fraction"), frameon=False, annotation_clip=False, pad=0
            )
            panels[0].add_artist(box)
        figure.align_ylabels(panels)
        figure.subplots_adjust(hspace=0.12)
        words = f"spikes of {shown} digits: the encoder's winners, the pointers they recall, and one label each"
        return figure_svg(figure, "raster", words).replace("<image ", '<image class="digit" ')


def _distinct(labels: list[int], count: int) -> int:
    """Where the first run of so many different digits begins; 0 if there is none."""
    starts = range(len(labels) - count + 1)
    return next((start for start in starts if len(set(labels[start : start + count])) == count), 0)


def _ink(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Black ink on nothing, as RGBA."""
    pixels = np.zeros((*image.shape, 4))
    pixels[..., 3] = image
    return pixels
