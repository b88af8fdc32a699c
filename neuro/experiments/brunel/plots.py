"""The picture of the four regimes: rasters of some neurons above the activity of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.statistics import population_counts
from neuro.experiments.brunel.regimes import Observed
from neuro.spikes import Recording, Spikes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHOWN = 50
_BIN, _FINE = 1e-3, 2e-4
_SHORT = 0.05
_CYCLES, _LONGEST = 12, 0.4


def plot_regimes(seen: Sequence[Observed]) -> Axes:
    """As the paper's figure 8: one column a regime, 50 neurons above, the rate of all below."""
    from neuro.analysis.plots import PALETTE, figure_of, new_axes, plot_spikes

    figure = figure_of(new_axes(3.4 * len(seen), 4.6))
    figure.clear()
    grid = figure.subplots(2, len(seen), squeeze=False, sharex="col", height_ratios=(2, 1))
    for observed, (above, below) in zip(seen, grid.T, strict=True):
        start, stop = _window(observed)
        plot_spikes(_some(observed.recording), start=start, stop=stop, axes=above, s=5)
        above.set_yticks([])
        above.set_xlabel("")
        above.set_title(
            f"{observed.regime.name}: g = {observed.regime.inhibition:g}, drive {observed.regime.drive:g}\n"
            f"{observed.rate:.3g} Hz, CV {observed.cv:.2f}, m = {observed.modulation:.2g}",
            fontsize=10,
        )
        dt, spikes = observed.network.dt, observed.recording.spikes["neurons"]
        width = _FINE if stop - start < round(_SHORT / dt) else _BIN
        rate = population_counts(spikes, dt, width, stop=stop, start=start) / (width * spikes.size)
        at = (start * dt + np.arange(len(rate)) * width) * 1e3
        below.fill_between(at, rate, step="post", color=PALETTE[0], linewidth=0)
        below.set_ylim(bottom=0)
        below.set_xlabel("time (ms)")
    grid[0, 0].set_ylabel(f"{_SHOWN} neurons")
    grid[1, 0].set_ylabel("rate (Hz)")
    return figure.axes[0]


def plot_spectra(seen: Sequence[Observed]) -> Axes:
    """The spectrum of the population rate of each regime."""
    from neuro.analysis.plots import figure_of, new_axes, plot_spectrum

    figure = figure_of(new_axes(3.4 * len(seen), 3.2))
    figure.clear()
    row = figure.subplots(1, len(seen), squeeze=False)[0]
    for observed, axes in zip(seen, row, strict=True):
        highest = float(np.clip(5 * observed.frequency, 100.0, 1000.0))
        band = (0.8 * observed.frequency, 1.2 * observed.frequency) if observed.regime.synchronous else None
        plot_spectrum(observed.spectrum, band=band, highest=highest, axes=axes)
        axes.set_title(observed.regime.name, fontsize=10)
    return figure.axes[0]


def _window(observed: Observed) -> tuple[int, int]:
    """The ticks to show: some cycles at the end of the run."""
    length = _CYCLES / observed.frequency if observed.regime.synchronous else _LONGEST / 2
    shown = round(min(length, _LONGEST, observed.regime.observe) / _BIN) * round(_BIN / observed.network.dt)
    return observed.recording.ticks - shown, observed.recording.ticks


def _some(recording: Recording) -> Recording:
    spikes = recording.spikes["neurons"]
    kept = spikes.indices < _SHOWN
    return Recording(
        recording.dt, recording.ticks, {"neurons": Spikes(spikes.ticks[kept], spikes.indices[kept], _SHOWN)}
    )
