"""Silent and one-spike neurons give what the docstrings say, and what can't be used is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro.analysis import statistics as ours
from neuro.errors import InvalidInput
from tests.analysis.statistics.trains import DT, of

SPARSE = of([], [5], [1, 9], [1, 3, 5, 7, 9])
NOBODY = of()
NAN = float("nan")


def test_silent_and_one_spike_neurons() -> None:
    assert ours.firing_rates(SPARSE, DT, stop=10).tolist() == [0, 100, 200, 500]
    assert [len(intervals) for intervals in ours.inter_spike_intervals(SPARSE, DT)] == [0, 0, 1, 4]
    for measure in (ours.interval_cv, ours.interval_cv2, ours.local_variation):
        np.testing.assert_equal(measure(SPARSE), [NAN, NAN, NAN, 0.0])
    fano = ours.fano_factors(SPARSE, DT, 5e-3, stop=10)
    np.testing.assert_allclose(fano, [NAN, 0.5, 0.0, 0.25 / 2.5])
    correlations = ours.count_correlations(SPARSE, DT, 5e-3, stop=10)
    np.testing.assert_allclose(correlations, [[NAN] * 4, [NAN, 1, NAN, 1], [NAN] * 4, [NAN, 1, NAN, 1]])
    assert ours.mean_count_correlation(SPARSE, DT, 5e-3, stop=10) == pytest.approx(1.0)
    locking = ours.vector_strength(SPARSE, DT, 250.0)
    np.testing.assert_allclose(locking.strength, [NAN, 1.0, 1.0, 0.2], atol=1e-12)
    assert np.isnan(locking.phase[0])


def test_a_silent_population() -> None:
    silent = of([], [])
    assert np.isnan(ours.synchrony_index(silent, DT, 1e-3, stop=10))
    assert np.isnan(ours.mean_count_correlation(silent, DT, 1e-3, stop=10))
    assert np.isnan(ours.synchrony_chi_squared(np.zeros((10, 2))))
    spectrum = ours.population_spectrum(silent, DT, bin_width=DT, segment=8e-3, stop=20)
    assert not spectrum.power.any()
    peak = spectrum.peak(0, 500)
    assert np.isnan(peak.frequency)
    assert peak.power == 0
    assert not ours.instantaneous_population_rate(silent, DT, ours.GaussianKernel(2e-3), stop=10).any()
    correlogram = ours.cross_correlogram([], [1, 2], DT, bin_width=DT, max_lag=2e-3)
    assert correlogram.counts.tolist() == [0] * 5
    assert np.isnan(correlogram.rates).all()
    assert ours.autocorrelogram([4], DT, bin_width=DT, max_lag=2e-3).counts.tolist() == [0] * 5
    assert ours.van_rossum_distance([], [], DT, 1e-2) == ours.victor_purpura_distance([], [], DT, 1.0) == 0
    assert ours.victor_purpura_distance([], [3, 4], DT, 1.0) == ours.victor_purpura_distance([3, 4], [], DT, 1.0) == 2


def test_a_population_without_neurons() -> None:
    assert ours.firing_rates(NOBODY, DT, stop=5).shape == (0,)
    assert np.isnan(ours.population_rate(NOBODY, DT, stop=5))
    assert ours.binned_counts(NOBODY, DT, DT, stop=5).shape == (5, 0)
    assert ours.instantaneous_rates(NOBODY, DT, ours.ExponentialKernel(1e-3), stop=5).shape == (5, 0)
    assert np.isnan(ours.instantaneous_population_rate(NOBODY, DT, ours.ExponentialKernel(1e-3), stop=5)).all()
    assert ours.inter_spike_intervals(NOBODY, DT) == ()
    assert ours.interval_cv(NOBODY).shape == ours.fano_factors(NOBODY, DT, DT, stop=5).shape == (0,)
    assert ours.count_correlations(NOBODY, DT, DT, stop=5).shape == (0, 0)
    assert np.isnan(ours.population_spectrum(NOBODY, DT, bin_width=DT, segment=4e-3, stop=5).power).all()
    assert ours.vector_strength(NOBODY, DT, 10.0).strength.shape == (0,)
    assert ours.distance_matrix(NOBODY, lambda a, b: float(len(a) - len(b))).shape == (0, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ours.firing_rates(SPARSE, DT, stop=0), "ticks 0 to 0 hold nothing; 0 <= start < stop"),
        (lambda: ours.firing_rates(SPARSE, DT, start=-1, stop=5), "ticks -1 to 5 hold nothing"),
        (lambda: ours.firing_rates(SPARSE, DT, stop=5.0), r"stop 5\.0; whole ticks are allowed"),  # type: ignore[arg-type]
        (lambda: ours.firing_rates(SPARSE, 0, stop=5), "dt is 0; a time > 0 s is allowed"),
        (lambda: ours.firing_rates(SPARSE, "1 ms", stop=5), "dt is '1 ms'; a time > 0 s"),
        (lambda: ours.binned_counts(SPARSE, DT, 1.5e-3, stop=5), r"the bin width is 0\.0015 s, not a whole number"),
        (lambda: ours.binned_counts(SPARSE, DT, 6e-3, stop=5), "a bin is 6 ticks long, the range only 5"),
        (lambda: ours.instantaneous_rates(SPARSE, DT, ours.GaussianKernel(0), stop=5), "sigma of the kernel is 0"),
        (lambda: ours.instantaneous_rates(SPARSE, DT, ours.ExponentialKernel(-1), stop=5), "tau of the kernel is -1"),
        (lambda: ours.synchrony_chi_squared(np.zeros(5)), r"shape \(5,\); \(times, neurons\)"),
        (
            lambda: ours.population_spectrum(SPARSE, DT, bin_width=DT, segment=6e-3, stop=5),
            "the segment is 6 bins or 6 ticks long; 2 bins to 5 ticks are allowed",
        ),
        (lambda: ours.cross_correlogram([1], [2], DT, bin_width=2e-3, max_lag=3e-3), "the largest lag is 0.003 s"),
        (lambda: ours.van_rossum_distance([1], [2], DT, 0.0), r"tau is 0\.0; a time > 0 s"),
        (lambda: ours.victor_purpura_distance([1], [2], DT, -1.0), r"moving a spike is -1\.0; a number >= 0"),
        (lambda: ours.vector_strength(SPARSE, DT, 0.0), r"the frequency is 0\.0; a number of Hz > 0"),
        (lambda: ours.phase_locking(SPARSE, np.zeros(9)), r"shape \(9,\); one for each tick from 0 to 9"),
        (lambda: SPARSE.train(4), "there is no neuron 4; 0 to 3 are allowed"),
    ],
)
def test_what_cannot_be_used_is_named(call: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()


def test_brian2_quantities_are_taken() -> None:
    from brian2 import Hz, ms, second

    plain = ours.binned_counts(SPARSE, DT, 5e-3, stop=10)
    assert np.array_equal(ours.binned_counts(SPARSE, 1 * ms, 5 * ms, stop=10), plain)
    assert ours.firing_rates(SPARSE, 0.001 * second, stop=10).tolist() == [0, 100, 200, 500]
    assert ours.vector_strength(SPARSE, 1 * ms, 250 * Hz).strength[3] == pytest.approx(0.2)
    lags = ours.cross_correlogram([1], [2], 1 * ms, bin_width=1 * ms, max_lag=1 * ms).lags
    assert type(lags) is np.ndarray
    rate = ours.instantaneous_rates(SPARSE, 1 * ms, ours.GaussianKernel(2 * ms), stop=10)
    assert type(rate) is np.ndarray
    assert type(ours.population_spectrum(SPARSE, 1 * ms, bin_width=1 * ms, segment=4 * ms, stop=10).power) is np.ndarray
