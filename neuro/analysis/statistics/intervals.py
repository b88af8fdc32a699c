"""Intervals: the times between spikes of a neuron, how irregular they are, and how much counts vary between windows."""

from __future__ import annotations

import numpy as np

from neuro.analysis.statistics.rates import binned_counts
from neuro.analysis.statistics.windows import Measure, seconds
from neuro.arrays import AnyArray, FloatArray, IntArray
from neuro.spikes import Spikes


def inter_spike_intervals(spikes: Spikes, dt: Measure) -> tuple[FloatArray, ...]:
    """Times between neighbouring spikes of each neuron in seconds: one array a neuron, in temporal order.

    A neuron of n spikes has n - 1 intervals, a silent one none. ``np.concatenate`` pools them; ``spikes.between``
    picks a range of ticks first.

    Raises:
        InvalidInput: dt is not > 0.
    """
    owners, intervals = _intervals(spikes)
    ends = np.cumsum(np.bincount(owners, minlength=spikes.size))[:-1]
    return tuple(np.split(intervals * seconds(dt, "dt"), ends)) if spikes.size else ()


def interval_cv(spikes: Spikes) -> FloatArray:
    """Coefficient of variation of the intervals of each neuron, shape (size,): CV = std(I) / mean(I).

    The standard deviation is that of the sample (divided by the number of intervals). 0 for a clock, 1 for a Poisson
    process. NaN for a neuron with fewer than two intervals (three spikes).

    Source: Softky and Koch, Journal of Neuroscience 13 (1993).
    """
    owners, intervals = _intervals(spikes)
    mean = _mean(owners, intervals, spikes.size, at_least=2)
    spread = _mean(owners, (intervals - mean[owners]) ** 2, spikes.size, at_least=2)
    return np.asarray(np.sqrt(spread) / mean)


def interval_cv2(spikes: Spikes) -> FloatArray:
    """Local irregularity of each neuron, shape (size,): CV2 = mean over j of 2 |I_j+1 - I_j| / (I_j+1 + I_j).

    Compares neighbouring intervals only, so a slow change of the rate hardly counts. 0 for a clock, 1 for a Poisson
    process. NaN for a neuron with fewer than two intervals (three spikes).

    Source: Holt, Softky, Koch and Douglas, Journal of Neurophysiology 75 (1996).
    """
    owners, relative = _relative_differences(spikes)
    return _mean(owners, 2 * np.abs(relative), spikes.size, at_least=1)


def local_variation(spikes: Spikes) -> FloatArray:
    """Local variation of each neuron, shape (size,): LV = mean over j of 3 (I_j+1 - I_j)^2 / (I_j+1 + I_j)^2.

    0 for a clock, 1 for a Poisson process, above 1 for bursts. NaN for a neuron with fewer than two intervals (three
    spikes).

    Source: Shinomoto, Shima and Tanji, Neural Computation 15 (2003).
    """
    owners, relative = _relative_differences(spikes)
    return _mean(owners, 3 * relative**2, spikes.size, at_least=1)


def fano_factors(spikes: Spikes, dt: Measure, window: Measure, *, stop: int, start: int = 0) -> FloatArray:
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


def _intervals(spikes: Spikes) -> tuple[IntArray, IntArray]:
    """Neuron and length in ticks of each interval, ordered by neuron, then time; both of shape (intervals,)."""
    order = np.argsort(spikes.indices, kind="stable")
    owners, ticks = spikes.indices[order], spikes.ticks[order]
    same = owners[1:] == owners[:-1]
    return owners[1:][same], np.diff(ticks)[same]


def _relative_differences(spikes: Spikes) -> tuple[IntArray, FloatArray]:
    """Neuron of each pair of neighbouring intervals, and their difference divided by their sum."""
    owners, intervals = _intervals(spikes)
    same = owners[1:] == owners[:-1]
    before, after = intervals[:-1][same], intervals[1:][same]
    return owners[1:][same], (after - before) / (after + before)


def _mean(owners: IntArray, values: AnyArray, size: int, at_least: int) -> FloatArray:
    """Mean of the values of each owner, shape (size,); NaN where there are fewer than ``at_least``."""
    number = np.bincount(owners, minlength=size)
    total = np.bincount(owners, weights=values, minlength=size)
    means: FloatArray = np.full(size, np.nan)
    np.divide(total, number, out=means, where=number >= at_least)
    return means
