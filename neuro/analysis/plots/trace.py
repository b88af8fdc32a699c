"""Trace: a probed variable over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.plots.axes import MILLISECONDS, name_lines, new_axes
from neuro.errors import InvalidInput
from neuro.spikes import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        neurons: which ones; the first four by default. Up to seven are named.
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
    shown = list(range(min(4, values.shape[1]))) if neurons is None else list(neurons)
    if shown and not 0 <= min(shown) <= max(shown) < values.shape[1]:
        raise InvalidInput(f"neurons {shown} of {of!r}; 0 to {values.shape[1] - 1} are allowed")
    drawn = new_axes() if axes is None else axes
    every = recording.ticks / max(len(values), 1)
    at = np.arange(len(values)) * every * recording.dt * MILLISECONDS
    for neuron in shown:
        name = f"neuron {neuron}" if len(shown) <= 7 else None
        drawn.plot(at, values[:, neuron] * scale, linewidth=1.2, label=name)
    drawn.set_xlim(0, max(recording.ticks, 1) * recording.dt * MILLISECONDS)
    drawn.set_xlabel("time (ms)")
    drawn.set_ylabel(f"{of}.{variable} ({unit})")
    name_lines(drawn)
    return drawn
