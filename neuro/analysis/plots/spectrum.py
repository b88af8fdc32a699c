"""Spectrum: power over frequency, with its peak marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.plots.axes import PALETTE, new_axes
from neuro.analysis.statistics import Spectrum
from neuro.errors import InvalidInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_spectrum(
    spectrum: Spectrum,
    *,
    band: tuple[float, float] | None = None,
    highest: float | None = None,
    unit: str = "Hz²/Hz",
    axes: Axes | None = None,
) -> Axes:
    """A power spectrum on a logarithmic axis over frequency in Hz, and the peak in a band, named by its frequency.

    The line at 0 Hz is left out: it holds no oscillation. Nothing is marked where the band holds no power.

    Args:
        spectrum: of :func:`neuro.analysis.statistics.population_spectrum`.
        band: lowest and highest frequency in Hz to look for the peak; no peak by default.
        highest: the last frequency to show, in Hz; all by default.
        unit: of the power, for the label.
        axes: where to draw; a new figure by default.

    Raises:
        InvalidInput: no line of the spectrum lies in the band, or below ``highest``.
        ToolError: matplotlib is not installed.
    """
    last = float(spectrum.frequencies[-1]) if highest is None else highest
    shown = (spectrum.frequencies > 0) & (spectrum.frequencies <= last)
    if not shown.any():
        raise InvalidInput(f"no line of the spectrum lies above 0 and up to {last:g} Hz; take a longer segment")
    peak = None if band is None else spectrum.peak(*band)
    drawn = new_axes() if axes is None else axes
    frequencies, power = spectrum.frequencies[shown], spectrum.power[shown]
    drawn.plot(frequencies, power, linewidth=1.4, color=PALETTE[0])
    if np.any(power > 0):
        drawn.set_yscale("log")
    if band is not None:
        drawn.axvspan(band[0], min(band[1], last), color="0.93", zorder=0, linewidth=0)
    if peak is not None and peak.power > 0:
        drawn.plot([peak.frequency], [peak.power], marker="o", markersize=7, color=PALETTE[1], linestyle="")
        drawn.annotate(
            f"{peak.frequency:.3g} Hz",
            (peak.frequency, peak.power),
            (8, 4),
            textcoords="offset points",
            color=PALETTE[1],
            fontweight="bold",
        )
        drawn.margins(y=0.12)
    drawn.set_xlim(0, last)
    drawn.set_xlabel("frequency (Hz)")
    drawn.set_ylabel(f"power ({unit})")
    return drawn
