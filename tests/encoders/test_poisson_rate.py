"""Poisson rate code: counts, intervals and errors are those of independent draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neuro.encoders import PoissonEncoder
from tests.encoders.spiking import normalised, triples


@pytest.mark.parametrize("ticks", [20, 80, 320])
def test_the_error_falls_with_the_root_of_the_spike_count(ticks: int) -> None:
    """A share of sqrt((1 - p) / N), N expected spikes; 40,000 values know it to 0.4 %."""
    encoder = PoissonEncoder(400, ticks=ticks, peak=0.5, seed=ticks)
    vectors = np.full((100, 400), 0.4)
    error = encoder.decode(encoder.encode(vectors)) / vectors - 1
    expected = np.sqrt((1 - 0.2) / (0.2 * ticks))
    assert np.sqrt(np.mean(error**2)) == pytest.approx(expected, rel=0.02)
    assert abs(error.mean()) < 4 * expected / 200


def test_the_round_trip_cosine_is_the_one_that_theory_gives() -> None:
    """cos = 1 / sqrt(1 + noise / signal), with the binomial variance p (1 - p) ticks of a count as noise."""
    vectors = normalised(200, 384)
    encoder = PoissonEncoder.fit(vectors, ticks=100, seed=3)
    p = np.abs(vectors) / encoder.scale * encoder.peak
    ratio = np.sum(p * (1 - p), axis=1) / (encoder.ticks * np.sum(p**2, axis=1))
    assert encoder.report(vectors).mean_cosine == pytest.approx(np.mean(1 / np.sqrt(1 + ratio)), abs=1e-3)


@pytest.mark.parametrize("p", [0.001, 1 / 256, 0.1, 0.5, 0.777])
def test_counts_are_binomial(p: float) -> None:
    """Chi-squared over the counts of 20,000 values, also below and on the grid of a random byte."""
    encoder = PoissonEncoder(200, ticks=12, peak=1.0, seed=7)
    counts = encoder.encode(np.full((100, 200), p)).counts()[:, 0::2].ravel()
    expected = stats.binom.pmf(np.arange(13), 12, p) * counts.size
    seen = np.bincount(counts, minlength=13)
    common = expected > 5
    seen = np.append(seen[common], seen[~common].sum())
    expected = np.append(expected[common], expected[~common].sum())
    assert stats.chisquare(seen[expected > 0], expected[expected > 0]).pvalue > 1e-3


def test_ticks_are_independent_and_alike() -> None:
    encoder = PoissonEncoder(1, ticks=40_000, peak=0.25, seed=1)
    ticks = encoder.encode(np.array([-1.0])).ticks
    intervals = np.diff(ticks)
    assert intervals.mean() == pytest.approx(4.0, rel=0.03)
    assert intervals.std() / intervals.mean() == pytest.approx(np.sqrt(1 - 0.25), rel=0.03)
    assert abs(np.corrcoef(intervals[1:], intervals[:-1])[0, 1]) < 0.04
    assert stats.kstest(ticks / 40_000, "uniform").pvalue > 1e-3


def test_full_scale_at_peak_1_fires_always_and_zero_never() -> None:
    code = PoissonEncoder(3, ticks=500, peak=1.0).encode(np.array([1.0, -1.0, 0.0]))
    assert code.counts().tolist() == [[500, 0, 0, 500, 0, 0]]


def test_the_seed_names_the_spikes() -> None:
    vectors = normalised(50, 100)
    first, again, other = (triples(PoissonEncoder(100, seed=seed).encode(vectors)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_large_batch_is_drawn_in_parts_without_repeating() -> None:
    encoder = PoissonEncoder(2, ticks=1 << 16, peak=0.01)
    code = encoder.encode(np.full((80, 2), 0.5))  # more than one part of 2**22 draws
    first, last = code.presentation(0), code.presentation(79)
    assert first.mismatches(last) > 0.9 * (len(first) + len(last))
    assert code.counts()[:, 0::2].mean() == pytest.approx(0.005 * (1 << 16), rel=0.02)
