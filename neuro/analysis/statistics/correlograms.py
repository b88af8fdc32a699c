"""Correlograms: how long before and after the spikes of one train those of another come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.analysis.statistics.windows import Measure, seconds, whole_ticks
from neuro.arrays import AnyArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Correlogram:
    """Pairs of spikes, counted by the time between them.

    Args:
        lags: shape (2 K + 1,), in seconds, from -max_lag to max_lag; positive where the target fires later.
        counts: shape (2 K + 1,), pairs of a reference and a target spike at each lag.
        rates: shape (2 K + 1,), in Hz: the target's rate at each lag from a reference spike, counts / (reference
            spikes * bin_width). NaN where the reference is silent.
    """

    lags: FloatArray
    counts: IntArray
    rates: FloatArray


def cross_correlogram(
    reference: npt.ArrayLike, target: npt.ArrayLike, dt: Measure, *, bin_width: Measure, max_lag: Measure
) -> Correlogram:
    """Cross-correlogram of two spike trains: C(k) = sum over bins b of n_reference(b) n_target(b + k).

    Spikes are binned first (bins of bin_width, from tick 0), so the correlogram of two trains is the mirror image of
    that of the trains exchanged. Nothing is corrected for the ends of the run. A silent train gives counts of 0.

    Args:
        reference, target: ticks, ascending, e.g. ``spikes.train(3)``; ``spikes.ticks`` is the whole population.
        dt: length of a tick in seconds.
        bin_width: in seconds.
        max_lag: in seconds, a whole number of bins.

    Source: Perkel, Gerstein and Moore, Biophysical Journal 7 (1967).

    Raises:
        InvalidInput: bin_width is no whole number of ticks, or max_lag none of bins.
    """
    width = whole_ticks(bin_width, dt, "the bin width")
    reach = whole_ticks(max_lag, bin_width, "the largest lag")
    ours, theirs = (np.asarray(ticks, dtype=np.int64) // width for ticks in (reference, target))
    first = np.searchsorted(theirs, ours - reach, side="left")
    number = np.searchsorted(theirs, ours + reach, side="right") - first
    # One row a pair: each reference spike as often as it has partners, and those partners in a row.
    partner = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number - first, number)
    lags = theirs[partner] - np.repeat(ours, number)
    return _correlogram(np.bincount(lags + reach, minlength=2 * reach + 1), len(ours), bin_width, reach)


def autocorrelogram(train: npt.ArrayLike, dt: Measure, *, bin_width: Measure, max_lag: Measure) -> Correlogram:
    """Autocorrelogram of a spike train: its cross-correlogram with itself, without each spike's pair with itself.

    Even in the lag. The rate far from 0 is that of the neuron. A train of one spike or none gives counts of 0.

    Args:
        train: ticks, ascending, e.g. ``spikes.train(3)``.
        dt: length of a tick in seconds.
        bin_width: in seconds.
        max_lag: in seconds, a whole number of bins.

    Raises:
        InvalidInput: as for :func:`cross_correlogram`.
    """
    whole = cross_correlogram(train, train, dt, bin_width=bin_width, max_lag=max_lag)
    reach, spikes = len(whole.lags) // 2, np.asarray(train).size
    counts = whole.counts.copy()
    counts[reach] -= spikes
    return _correlogram(counts, spikes, bin_width, reach)


def _correlogram(counts: AnyArray, spikes: int, bin_width: Measure, reach: int) -> Correlogram:
    width = seconds(bin_width, "the bin width")
    rates = counts / (spikes * width) if spikes else np.full(counts.shape, np.nan)
    lags = np.arange(-reach, reach + 1, dtype=np.float64) * width
    return Correlogram(lags, counts.astype(np.int64), rates)
