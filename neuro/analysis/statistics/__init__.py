"""Spike statistics: numbers that describe the spikes of a run.

Each function takes :class:`neuro.spikes.Spikes` and the length of a tick, ``dt`` (``recording.dt``), in seconds. Where
the observed time matters, it takes the ticks ``start <= n < stop`` as well (``stop=recording.ticks`` for a whole run).
Widths, lags and time constants are in seconds; Brian2 quantities are accepted. What a silent or a one-spike neuron
gives is said in every docstring: a rate of 0, and NaN where a quantity is not defined.

>>> import numpy as np
>>> from neuro.spikes import Spikes
>>> spikes = Spikes(np.array([0, 10, 20, 30]), np.array([0, 0, 0, 0]), size=2)
>>> firing_rates(spikes, 1e-3, stop=40).tolist()
[100.0, 0.0]
>>> interval_cv(spikes).tolist()
[0.0, nan]
"""

from __future__ import annotations

from neuro.analysis.statistics.correlograms import autocorrelogram, cross_correlogram
from neuro.analysis.statistics.distances import distance_matrix, van_rossum_distance, victor_purpura_distance
from neuro.analysis.statistics.intervals import (
    fano_factors,
    inter_spike_intervals,
    interval_cv,
    interval_cv2,
    local_variation,
)
from neuro.analysis.statistics.phase import phase_locking, vector_strength
from neuro.analysis.statistics.rates import (
    ExponentialKernel,
    GaussianKernel,
    Kernel,
    binned_counts,
    firing_rates,
    instantaneous_population_rate,
    instantaneous_rates,
    population_counts,
    population_rate,
)
from neuro.analysis.statistics.spectrum import Spectrum, population_spectrum
from neuro.analysis.statistics.synchrony import (
    count_correlations,
    mean_count_correlation,
    synchrony_chi_squared,
    synchrony_index,
)

__all__ = [
    "ExponentialKernel",
    "GaussianKernel",
    "Kernel",
    "Spectrum",
    "autocorrelogram",
    "binned_counts",
    "count_correlations",
    "cross_correlogram",
    "distance_matrix",
    "fano_factors",
    "firing_rates",
    "instantaneous_population_rate",
    "instantaneous_rates",
    "inter_spike_intervals",
    "interval_cv",
    "interval_cv2",
    "local_variation",
    "mean_count_correlation",
    "phase_locking",
    "population_counts",
    "population_rate",
    "population_spectrum",
    "synchrony_chi_squared",
    "synchrony_index",
    "van_rossum_distance",
    "vector_strength",
    "victor_purpura_distance",
]
