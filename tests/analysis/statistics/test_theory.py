"""The statistics give what theory says about clocks, Poisson processes and oscillations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import vectorstrength

from neuro.analysis import statistics as ours
from neuro.errors import InvalidInput
from neuro.spikes import Spikes
from tests.analysis.statistics.trains import DT, TICKS, bernoulli, clock, from_mask, of


def test_rates_and_bins_by_hand() -> None:
    spikes = of([0, 10, 11, 25], [12], [])
    assert ours.firing_rates(spikes, DT, stop=40).tolist() == [100.0, 25.0, 0.0]
    assert ours.firing_rates(spikes, DT, start=10, stop=20).tolist() == [200.0, 100.0, 0.0]
    assert ours.population_rate(spikes, DT, stop=40) == pytest.approx(125 / 3)
    # Ticks 20 to 28 fill no bin of 10, so the spike at 25 is left out.
    assert ours.binned_counts(spikes, DT, 10e-3, start=0, stop=29).tolist() == [[1, 0, 0], [2, 1, 0]]
    assert ours.population_counts(spikes, DT, 10e-3, start=10, stop=30).tolist() == [3, 1]


def test_a_smoothed_rate_holds_each_spike_once() -> None:
    spikes = of([500], [])
    for kernel in (ours.GaussianKernel(7.3e-3), ours.ExponentialKernel(11e-3)):
        rate = ours.instantaneous_rates(spikes, DT, kernel, stop=1000)
        assert rate.sum(axis=0) * DT == pytest.approx([1.0, 0.0])
    gauss = ours.instantaneous_rates(spikes, DT, ours.GaussianKernel(20e-3), stop=1000)[:, 0]
    assert gauss[500] == pytest.approx(1 / (20e-3 * np.sqrt(2 * np.pi)), rel=1e-6)
    assert gauss[520] / gauss[500] == pytest.approx(np.exp(-0.5))
    decay = ours.instantaneous_rates(spikes, DT, ours.ExponentialKernel(20e-3), start=100, stop=1000)[:, 0]
    assert decay[:400].max() < 1e-9
    assert decay[420] / decay[400] == pytest.approx(np.exp(-1))


def test_a_clock_is_regular_and_dice_are_not() -> None:
    regular = clock(25, neurons=2)
    for measure in (ours.interval_cv, ours.interval_cv2, ours.local_variation):
        assert measure(regular).tolist() == [0.0, 0.0]
    assert ours.fano_factors(regular, DT, 0.1, stop=TICKS).tolist() == [0.0, 0.0]
    # On a grid the intervals are geometric and the counts binomial: CV^2 and the Fano factor are 1 - p.
    p, dice = 0.01, bernoulli(seed=3, neurons=40, ticks=60_000, probability=0.01)
    assert ours.interval_cv(dice).mean() == pytest.approx(np.sqrt(1 - p), abs=0.01)
    assert ours.interval_cv2(dice).mean() == pytest.approx(1.0, abs=0.02)
    assert ours.local_variation(dice).mean() == pytest.approx(1.0, abs=0.03)
    assert ours.fano_factors(dice, DT, 0.2, stop=60_000).mean() == pytest.approx(1 - p, abs=0.03)


def test_irregularity_of_two_alternating_intervals() -> None:
    spikes = of([0, 10, 40, 50, 80])  # 10, 30, 10, 30
    assert ours.inter_spike_intervals(spikes, DT)[0] == pytest.approx([0.01, 0.03, 0.01, 0.03])
    assert ours.interval_cv(spikes) == pytest.approx([0.5])
    assert ours.interval_cv2(spikes) == pytest.approx([1.0])
    assert ours.local_variation(spikes) == pytest.approx([0.75])


def test_synchrony_tells_together_from_apart() -> None:
    neurons, p = 50, 0.02
    apart = bernoulli(seed=4, neurons=neurons, ticks=20_000, probability=p)
    fires = np.random.default_rng(5).random((20_000, 1)) < p
    together = from_mask(np.repeat(fires, neurons, axis=1))
    for spikes, chi, correlation, index in [
        (apart, 1 / neurons, 0.0, 1 - p),
        (together, 1.0, 1.0, neurons * (1 - p)),
    ]:
        counts = ours.binned_counts(spikes, DT, 5e-3, stop=20_000)
        assert ours.synchrony_chi_squared(counts) == pytest.approx(chi, rel=0.08)
        assert ours.mean_count_correlation(spikes, DT, 5e-3, stop=20_000) == pytest.approx(correlation, abs=0.003)
        assert ours.synchrony_index(spikes, DT, 5e-3, stop=20_000) == pytest.approx(index, rel=0.08)


def test_brunels_four_regimes_are_four_corners() -> None:
    """Synchrony index and CV of made-up activity in each regime (40 neurons, 20 Hz each)."""
    rng, ticks, neurons = np.random.default_rng(6), 10_000, 40
    offsets = rng.integers(0, 50, neurons)
    asynchronous_regular = np.zeros((ticks, neurons), dtype=bool)
    for neuron, offset in enumerate(offsets):
        asynchronous_regular[offset::50, neuron] = True
    wave = 0.02 * (1 + np.cos(2 * np.pi * 40 * DT * np.arange(ticks)[:, None]))
    states = {
        "synchronous regular": clock(50, neurons, ticks),
        "asynchronous regular": from_mask(asynchronous_regular),
        "asynchronous irregular": bernoulli(seed=8, neurons=neurons, ticks=ticks, probability=0.02),
        "synchronous irregular": from_mask(rng.random((ticks, neurons)) < wave),
    }
    corner = {
        name: (
            ours.synchrony_index(spikes, DT, 5e-3, stop=ticks) > 1.5,
            float(np.nanmean(ours.interval_cv(spikes))) > 0.5,
        )
        for name, spikes in states.items()
    }
    assert corner == {
        "synchronous regular": (True, False),
        "asynchronous regular": (False, False),
        "asynchronous irregular": (False, True),
        "synchronous irregular": (True, True),
    }


def test_golombs_measure_of_waves_in_and_out_of_step() -> None:
    time = np.arange(1000)[:, None] * DT
    in_step = np.cos(2 * np.pi * 10 * time + np.zeros((1, 8)))
    opposed = np.cos(2 * np.pi * 10 * time + np.pi * np.arange(8))
    assert ours.synchrony_chi_squared(in_step) == pytest.approx(1.0)
    assert ours.synchrony_chi_squared(opposed) == pytest.approx(0.0, abs=1e-12)


def test_the_spectrum_of_independent_neurons_is_flat() -> None:
    """2 r / N on every line, r (1 - p) on a grid."""
    neurons, p, ticks = 20, 0.02, 200_000
    spikes = bernoulli(seed=9, neurons=neurons, ticks=ticks, probability=p)
    spectrum = ours.population_spectrum(spikes, DT, bin_width=DT, segment=0.2, stop=ticks)
    inner = spectrum.power[2:-2]
    assert inner.mean() == pytest.approx(2 * (p / DT) * (1 - p) / neurons, rel=0.02)
    assert inner.std() / inner.mean() < 0.06
    assert spectrum.frequencies[[0, 1, -1]] == pytest.approx([0, 5, 500])


def test_the_peak_of_an_oscillation_is_found() -> None:
    rng, ticks = np.random.default_rng(10), 20_000
    chance = 0.02 * (1 + 0.8 * np.cos(2 * np.pi * 40 * DT * np.arange(ticks)[:, None]))
    spikes = from_mask(rng.random((ticks, 50)) < chance)
    spectrum = ours.population_spectrum(spikes, DT, bin_width=DT, segment=0.5, stop=ticks)
    peak = spectrum.peak(20, 100)
    assert peak.frequency == 40.0
    assert peak.power > 20 * np.median(spectrum.power)
    # The line holds the power of the cosine, a^2 / 2 with a = 16 Hz.
    line = (spectrum.frequencies > 34) & (spectrum.frequencies < 46)
    assert (spectrum.power[line] - np.median(spectrum.power)).sum() * 2.0 == pytest.approx(16**2 / 2, rel=0.05)
    with pytest.raises(
        InvalidInput, match=r"no line of the spectrum lies from 40\.5 to 41 Hz; its lines are 2 Hz apart"
    ):
        spectrum.peak(40.5, 41)


def test_a_delayed_copy_peaks_at_its_delay() -> None:
    train = bernoulli(seed=11, neurons=1).train(0)
    found = ours.cross_correlogram(train, train + 7, DT, bin_width=DT, max_lag=20 * DT)
    assert found.lags[np.argmax(found.counts)] == pytest.approx(7e-3)
    assert found.counts.max() == len(train)
    back = ours.cross_correlogram(train + 7, train, DT, bin_width=DT, max_lag=20 * DT)
    assert np.array_equal(back.counts, found.counts[::-1])
    beat = ours.autocorrelogram(clock(10).train(0), DT, bin_width=DT, max_lag=25 * DT)
    assert np.flatnonzero(beat.counts).tolist() == [5, 15, 35, 45]  # lags -20, -10, 10, 20
    assert beat.rates[35] == pytest.approx(1 / DT, rel=0.01)  # all but the last spike have a follower


def test_van_rossum_of_single_spikes() -> None:
    distance = ours.van_rossum_distance([10], [15], DT, 5e-3)
    assert distance**2 == pytest.approx(1 - np.exp(-1))
    assert ours.van_rossum_distance([10], [], DT, 5e-3) ** 2 == pytest.approx(0.5)
    times = np.arange(0, 3, 1e-5)
    trains = [100, 130, 131], [90, 140]
    traces = [
        sum(np.where(times >= t * DT, np.exp(-np.maximum(times - t * DT, 0) / 20e-3), 0.0) for t in train)
        for train in trains
    ]
    integral = ((traces[0] - traces[1]) ** 2).sum() * 1e-5 / 20e-3
    assert ours.van_rossum_distance(*trains, DT, 20e-3) ** 2 == pytest.approx(integral, rel=1e-3)


def test_victor_purpura_moves_or_replaces() -> None:
    assert ours.victor_purpura_distance([10], [15], DT, 100.0) == pytest.approx(0.5)
    assert ours.victor_purpura_distance([10], [50], DT, 100.0) == pytest.approx(2.0)
    assert ours.victor_purpura_distance([1, 2, 3], [7], DT, 0.0) == pytest.approx(2.0)


@pytest.mark.parametrize("name", ["van_rossum_distance", "victor_purpura_distance"])
def test_a_distance_is_a_metric(name: str) -> None:
    spikes = bernoulli(seed=12, neurons=5, ticks=800)
    matrix = ours.distance_matrix(spikes, lambda a, b: getattr(ours, name)(a, b, DT, 30e-3))
    assert np.array_equal(matrix, matrix.T)
    assert (matrix[~np.eye(5, dtype=bool)] > 0).all()
    assert (matrix[:, None, :] <= matrix[:, :, None] + matrix[None, :, :] + 1e-12).all()
    assert getattr(ours, name)(spikes.train(0), spikes.train(0), DT, 30e-3) == pytest.approx(0.0, abs=1e-7)


def test_vector_strength() -> None:
    dice = bernoulli(seed=13, neurons=3)
    found = ours.vector_strength(dice, DT, 37.0)
    for neuron in range(3):
        strength, phase = vectorstrength(dice.train(neuron) * DT, 1 / 37.0)
        assert found.strength[neuron] == pytest.approx(float(strength))
        assert found.phase[neuron] == pytest.approx(float(phase))
    late = Spikes(np.array([5, 30, 55, 80]), np.zeros(4, dtype=np.int64), 1)
    locked = ours.vector_strength(late, DT, 40.0)
    assert locked.strength == pytest.approx([1.0])
    assert locked.phase == pytest.approx([2 * np.pi * 40 * 5e-3])
