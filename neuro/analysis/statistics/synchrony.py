"""Synchrony: whether neurons fire together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.analysis.statistics.rates import binned_counts, population_counts
from neuro.analysis.statistics.windows import Measure
from neuro.arrays import FloatArray, IntArray
from neuro.errors import InvalidInput
from neuro.spikes import Spikes


def count_correlations(spikes: Spikes, dt: Measure, bin_width: Measure, *, stop: int, start: int = 0) -> FloatArray:
    """Pearson correlation of the binned spike counts of each pair of neurons, shape (size, size).

    rho_ij = cov(n_i, n_j) / sqrt(var(n_i) var(n_j)). The diagonal is 1. A neuron whose count never changes (a silent
    one, above all) has NaN with everyone, itself included.

    Source: de la Rocha and others, Nature 448 (2007).

    Raises:
        InvalidInput: bin_width is no whole number of ticks, or no bin fits into the range.
    """
    scores = _standard_scores(binned_counts(spikes, dt, bin_width, stop=stop, start=start))
    return np.asarray(scores.T @ scores / len(scores))


def mean_count_correlation(spikes: Spikes, dt: Measure, bin_width: Measure, *, stop: int, start: int = 0) -> float:
    """Mean of :func:`count_correlations` over the pairs i < j of neurons whose counts change.

    Found from the variance of the summed standard scores, without the matrix of all pairs. 0 for independent neurons,
    1 where all do the same. NaN where fewer than two neurons have counts that change.

    Raises:
        InvalidInput: as for :func:`count_correlations`.
    """
    scores = _standard_scores(binned_counts(spikes, dt, bin_width, stop=stop, start=start))
    scores = scores[:, ~np.isnan(scores[0])]
    pairs = scores.shape[1] * (scores.shape[1] - 1)
    return float((scores.sum(axis=1).var() - scores.shape[1]) / pairs) if pairs else float("nan")


def synchrony_chi_squared(signals: npt.ArrayLike) -> float:
    """Golomb's synchrony measure: the variance of the mean signal over the mean variance of the signals.

    chi^2 = var_t(mean_i x_i(t)) / mean_i var_t(x_i(t)), from 0 to 1: 1 where all neurons do the same, and 1 / N
    for N independent ones, so compare at two sizes to tell weak synchrony from none. NaN where no signal changes.

    Args:
        signals: shape (times, neurons), any unit: membrane potentials (``recording.probes["E", "v"]``), smoothed
            rates or binned counts. Leave out the time that the network needs to settle.

    Source: Golomb and Rinzel, Physica D 72 (1994); Golomb, Scholarpedia 2(1):1347 (2007).

    Raises:
        InvalidInput: the signals are no matrix, or hold nothing.
    """
    values = np.asarray(signals, dtype=np.float64)
    if values.ndim != 2 or not values.size:
        raise InvalidInput(f"the signals have shape {values.shape}; (times, neurons), both >= 1, is allowed")
    single = values.var(axis=0).mean()
    return float(values.mean(axis=1).var() / single) if single > 0 else float("nan")


def synchrony_index(spikes: Spikes, dt: Measure, bin_width: Measure, *, stop: int, start: int = 0) -> float:
    """Synchrony index of a population: the variance of its binned spike count over the mean of it.

    S = var(n) / mean(n), where n sums over all neurons. 1 for independent Poisson neurons of any number, below 1 for
    independent regular ones, and up to the number of neurons times the mean count's own variability where they fire
    together. NaN for a silent population.

    Brunel's four regimes are told apart by two questions. Does the activity of the whole population stay level
    (asynchronous: S near 1) or swing (synchronous: S far above 1)? Do single neurons fire like clocks (regular:
    :func:`neuro.analysis.statistics.interval_cv` near 0) or like dice (irregular: near 1)? Take bins shorter than half
    a period of the fastest oscillation; 1 to 5 ms are usual.

    Source: the regimes are those of Brunel, Journal of Computational Neuroscience 8 (2000).

    Raises:
        InvalidInput: bin_width is no whole number of ticks, or no bin fits into the range.
    """
    counts = population_counts(spikes, dt, bin_width, stop=stop, start=start)
    return float(counts.var() / counts.mean()) if counts.any() else float("nan")


def _standard_scores(counts: IntArray) -> FloatArray:
    """Columns with mean 0 and variance 1; NaN in columns that never change."""
    centred = counts - counts.mean(axis=0)
    # A constant column must give exactly 0, whatever its mean is rounded to.
    constant = counts.min(axis=0) == counts.max(axis=0)
    spread = np.where(constant, np.nan, centred.std(axis=0))
    return np.asarray(centred / spread)
