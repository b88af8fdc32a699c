"""The statistics equal those of Elephant, the field's own package, on the same spikes."""

from __future__ import annotations

import elephant.conversion
import elephant.kernels
import elephant.phase_analysis
import elephant.spectral
import elephant.spike_train_correlation
import elephant.spike_train_dissimilarity
import elephant.statistics
import neo
import numpy as np
import pytest
import quantities as pq

from neuro.analysis import statistics as ours
from neuro.spikes import Spikes
from tests.analysis.statistics.trains import DT, TICKS, bernoulli


@pytest.fixture(scope="module")
def spikes() -> Spikes:
    return bernoulli(seed=1, neurons=6)


@pytest.fixture(scope="module")
def trains(spikes: Spikes) -> list[neo.SpikeTrain]:
    return in_neo(spikes)


def in_neo(spikes: Spikes) -> list[neo.SpikeTrain]:
    # Half a tick late, so that Elephant's bins can't round a spike into the neighbouring one.
    return [
        neo.SpikeTrain((spikes.train(n) + 0.5) * DT * pq.s, t_start=0 * pq.s, t_stop=TICKS * DT * pq.s)
        for n in range(spikes.size)
    ]


def binned(trains: list[neo.SpikeTrain], bin_width: float) -> elephant.conversion.BinnedSpikeTrain:
    return elephant.conversion.BinnedSpikeTrain(trains, bin_size=bin_width * pq.s)


def test_rates(spikes: Spikes, trains: list[neo.SpikeTrain]) -> None:
    theirs = [float(elephant.statistics.mean_firing_rate(train).rescale("Hz")) for train in trains]
    np.testing.assert_allclose(ours.firing_rates(spikes, DT, stop=TICKS), theirs, rtol=1e-12)
    part = [float(elephant.statistics.mean_firing_rate(train, 1 * pq.s, 3 * pq.s).rescale("Hz")) for train in trains]
    np.testing.assert_allclose(ours.firing_rates(spikes, DT, start=1000, stop=3000), part, rtol=1e-12)
    assert ours.population_rate(spikes, DT, stop=TICKS) == pytest.approx(np.mean(theirs))


def test_binned_counts(spikes: Spikes, trains: list[neo.SpikeTrain]) -> None:
    theirs = binned(trains, 0.02).to_array().T
    counts = ours.binned_counts(spikes, DT, 0.02, stop=TICKS)
    assert np.array_equal(counts, theirs)
    assert np.array_equal(ours.population_counts(spikes, DT, 0.02, stop=TICKS), theirs.sum(axis=1))


@pytest.mark.parametrize(
    ("kernel", "theirs", "tolerance"),
    [
        # Elephant cuts a Gaussian at 5 sigma (6e-7 of the area), we at 6.
        (ours.GaussianKernel(0.02), elephant.kernels.GaussianKernel(20 * pq.ms), 1e-5),
        # Elephant samples the exponential, whose sum is then dt / (2 tau) = 1 % above 1; our samples add up to 1.
        (ours.ExponentialKernel(0.05), elephant.kernels.ExponentialKernel(50 * pq.ms), 0.02),
    ],
)
def test_instantaneous_rates(
    spikes: Spikes,
    trains: list[neo.SpikeTrain],
    kernel: ours.Kernel,
    theirs: elephant.kernels.Kernel,
    tolerance: float,
) -> None:
    expected = elephant.statistics.instantaneous_rate(
        trains, DT * pq.s, kernel=theirs, cutoff=20.0 if tolerance > 0.01 else 5.0, center_kernel=False
    ).magnitude
    rates = ours.instantaneous_rates(spikes, DT, kernel, stop=TICKS)
    assert rates.shape == expected.shape == (TICKS, spikes.size)
    assert np.abs(rates - expected).max() <= tolerance * expected.max()
    mean = ours.instantaneous_population_rate(spikes, DT, kernel, stop=TICKS)
    np.testing.assert_allclose(mean, rates.mean(axis=1), atol=1e-9)


def test_intervals(spikes: Spikes, trains: list[neo.SpikeTrain]) -> None:
    theirs = [elephant.statistics.isi(train).rescale("s").magnitude for train in trains]
    intervals = ours.inter_spike_intervals(spikes, DT)
    assert len(intervals) == len(theirs)
    for mine, other in zip(intervals, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9)
    for measure, reference in [
        (ours.interval_cv, elephant.statistics.cv),
        (ours.interval_cv2, elephant.statistics.cv2),
        (ours.local_variation, elephant.statistics.lv),
    ]:
        np.testing.assert_allclose(measure(spikes), [float(reference(isi)) for isi in theirs], rtol=1e-9)


def test_fano_factors(spikes: Spikes, trains: list[neo.SpikeTrain]) -> None:
    window = 0.25
    theirs = [
        elephant.statistics.fanofactor(
            [train.time_slice(k * window * pq.s, (k + 1) * window * pq.s) for k in range(int(TICKS * DT / window))]
        )
        for train in trains
    ]
    np.testing.assert_allclose(ours.fano_factors(spikes, DT, window, stop=TICKS), theirs, rtol=1e-12)


def test_count_correlations(spikes: Spikes, trains: list[neo.SpikeTrain]) -> None:
    theirs = elephant.spike_train_correlation.correlation_coefficient(binned(trains, 0.02))
    mine = ours.count_correlations(spikes, DT, 0.02, stop=TICKS)
    np.testing.assert_allclose(mine, theirs, atol=1e-12)
    pairs = theirs[np.triu_indices(len(trains), 1)]
    assert ours.mean_count_correlation(spikes, DT, 0.02, stop=TICKS) == pytest.approx(pairs.mean(), abs=1e-12)


@pytest.mark.parametrize("bin_width", [DT, 5e-3])
def test_correlograms(spikes: Spikes, trains: list[neo.SpikeTrain], bin_width: float) -> None:
    reach = 20
    for first, second in [(0, 1), (3, 2), (4, 4)]:
        histogram, lags = elephant.spike_train_correlation.cross_correlation_histogram(
            binned([trains[first]], bin_width), binned([trains[second]], bin_width), window=[-reach, reach]
        )
        theirs = np.asarray(histogram.magnitude).ravel()
        mine = ours.cross_correlogram(
            spikes.train(first), spikes.train(second), DT, bin_width=bin_width, max_lag=reach * bin_width
        )
        assert np.array_equal(mine.counts, theirs)
        np.testing.assert_allclose(mine.lags, lags * bin_width)


def test_autocorrelogram_leaves_the_pairs_of_a_spike_with_itself_out(
    spikes: Spikes, trains: list[neo.SpikeTrain]
) -> None:
    histogram, _ = elephant.spike_train_correlation.cross_correlation_histogram(
        binned([trains[0]], 5e-3), binned([trains[0]], 5e-3), window=[-10, 10]
    )
    theirs = np.asarray(histogram.magnitude).ravel()
    theirs[10] -= len(trains[0])
    mine = ours.autocorrelogram(spikes.train(0), DT, bin_width=5e-3, max_lag=50e-3)
    assert np.array_equal(mine.counts, theirs)


@pytest.mark.parametrize("tau", [2e-3, 0.05, 1.0])
def test_van_rossum_distances(spikes: Spikes, trains: list[neo.SpikeTrain], tau: float) -> None:
    theirs = elephant.spike_train_dissimilarity.van_rossum_distance(trains, time_constant=tau * pq.s)
    mine = ours.distance_matrix(spikes, lambda a, b: ours.van_rossum_distance(a, b, DT, tau))
    np.testing.assert_allclose(np.sqrt(2) * mine, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("cost", [0.0, 1.0, 40.0, 5000.0])
def test_victor_purpura_distances(spikes: Spikes, trains: list[neo.SpikeTrain], cost: float) -> None:
    theirs = elephant.spike_train_dissimilarity.victor_purpura_distance(trains, cost_factor=cost * pq.Hz)
    mine = ours.distance_matrix(spikes, lambda a, b: ours.victor_purpura_distance(a, b, DT, cost))
    np.testing.assert_allclose(mine, theirs, atol=1e-9)


def test_population_spectrum(spikes: Spikes, trains: list[neo.SpikeTrain]) -> None:
    counts = binned(trains, 2e-3).to_array().sum(axis=0)
    rate = neo.AnalogSignal(counts / (len(trains) * 2e-3), units="Hz", sampling_rate=500 * pq.Hz)
    frequencies, power = elephant.spectral.welch_psd(rate, len_segment=256)
    mine = ours.population_spectrum(spikes, DT, bin_width=2e-3, segment=0.512, stop=TICKS)
    np.testing.assert_allclose(mine.frequencies, frequencies.rescale("Hz").magnitude, atol=1e-9)
    np.testing.assert_allclose(mine.power, np.asarray(power).ravel(), rtol=1e-9)


def test_phase_locking(spikes: Spikes) -> None:
    phases = np.random.default_rng(7).vonmises(0.5, 1.0, TICKS)
    mine = ours.phase_locking(spikes, phases)
    for neuron in range(spikes.size):
        angle, length = elephant.phase_analysis.mean_phase_vector(phases[spikes.train(neuron)])
        assert mine.strength[neuron] == pytest.approx(float(length))
        assert mine.phase[neuron] == pytest.approx(float(angle))
    assert 0.35 < mine.strength.mean() < 0.55  # I_1(1) / I_0(1) = 0.446
