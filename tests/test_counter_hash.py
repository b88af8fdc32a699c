"""The random numbers that all targets share: uniform, independent, normal, and fixed for ever."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neuro.counter_hash import random_bits, random_normal, stream_seed
from tests.oracle import normal, random_word

TICKS, INDICES = np.meshgrid(np.arange(1000), np.arange(200), indexing="ij")


def test_words_are_those_of_plain_integers() -> None:
    rng = np.random.default_rng(0)
    for seed, tick, index in rng.integers(0, 2**32, (200, 3)).tolist():
        assert random_bits(seed, tick, index) == random_word(seed, tick, index)
        assert random_normal(seed, tick, index) == pytest.approx(normal(seed, tick, index), abs=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_words_are_uniform_along_time_and_neurons(seed: int) -> None:
    words = random_bits(seed, TICKS, INDICES)
    for values in (words, words % 2**16 * 2**16):
        counts = np.histogram(values, bins=256, range=(0, 2**32))[0]
        assert stats.chisquare(counts).pvalue > 1e-4
    assert np.unique(words).size > words.size * 0.9999


def test_neighbours_and_seeds_are_independent() -> None:
    one, two = random_bits(1, TICKS, INDICES), random_bits(2, TICKS, INDICES)
    pairs = [(one[:-1], one[1:]), (one[:, :-1], one[:, 1:]), (one, two), (one[:-1, :-1], one[1:, 1:])]
    for left, right in pairs:
        assert abs(np.corrcoef(left.ravel(), right.ravel())[0, 1]) < 4 / np.sqrt(left.size)


def test_normal_numbers_are_normal() -> None:
    values = random_normal(7, TICKS, INDICES).ravel()
    assert stats.kstest(values, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 4 / np.sqrt(values.size)


def test_every_stream_has_a_seed_of_its_own() -> None:
    seeds = {stream_seed(seed, name) for seed in range(50) for name in ("a", "b", "cells", "cells/xi")}
    assert len(seeds) == 200
    assert stream_seed(3, "a", "xi") != stream_seed(3, "axi")
