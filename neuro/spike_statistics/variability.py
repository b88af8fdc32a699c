"""Variability: how much the spike count of a neuron changes from window to window."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.spike_statistics.rates import binned_counts
from neuro.spikes import Spikes

FloatArray = npt.NDArray[np.float64]


def fano_factors(spikes: Spikes, dt: Any, window: Any, *, stop: int, start: int = 0) -> FloatArray:
    """Fano factor of the spike counts of each neuron, shape (size,): F = var(n) / mean(n).

    n are the counts in windows that follow each other without overlap; what fills no window is left out. The variance
    is that of the sample (divided by the number of windows). 1 for a Poisson process, towards 0 for a clock, CV^2 for
    a renewal process and long windows. NaN for a silent neuron.

    Args:
        spikes: of one population.
        dt: length of a tick in seconds.
        window: length of a window in seconds.
        start, stop: ticks, start <= n < stop.

    Source: Fano, Physical Review 72 (1947); Shadlen and Newsome, Journal of Neuroscience 18 (1998).

    Raises:
        InvalidInput: the window is no whole number of ticks, or does not fit into the range.
    """
    counts = binned_counts(spikes, dt, window, stop=stop, start=start)
    mean = counts.mean(axis=0)
    factors: FloatArray = np.full(spikes.size, np.nan)
    np.divide(counts.var(axis=0), mean, out=factors, where=mean > 0)
    return factors
