"""The random numbers that all targets share: uniform, independent, normal, and fixed for ever."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from neuro import Circuit, Population
from neuro.compiler.lower_circuit import lower
from neuro.counter_hash import random_bits, random_normal, random_poisson, stream_seed
from neuro.models import LIF_EXPONENTIAL
from neuro.simulators import Brian2Reference, Compiled
from tests.oracle import interpret, normal, poisson, random_word

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


@pytest.mark.parametrize("mean", [0.004, 1.28, 7.5, 40.3])
def test_poisson_numbers_are_poisson(mean: float) -> None:
    values = random_poisson(7, TICKS, INDICES, mean).ravel()
    most = int(stats.poisson.ppf(1 - 20 / values.size, mean))
    counts = np.bincount(np.minimum(values, most + 1).astype(int), minlength=most + 2)
    share = stats.poisson.pmf(np.arange(most + 1), mean)
    expected = np.append(share, 1 - share.sum()) * values.size
    seen = expected > 5
    assert stats.chisquare(counts[seen], expected[seen] * counts[seen].sum() / expected[seen].sum()).pvalue > 1e-4
    for tick, index in ((0, 0), (5, 3), (99, 17)):
        assert random_poisson(9, tick, index, mean) == poisson(9, tick, index, mean)
    assert random_poisson(7, 1, [1, 2], [0.0, -1.0]).tolist() == [0, 0]


def test_poisson_numbers_drive_alike_on_every_target() -> None:
    driven = replace(
        LIF_EXPONENTIAL,
        equations=LIF_EXPONENTIAL.equations + "\nmean : 1 (constant)\nstep : volt (constant)",
        every_tick="g += step * random_poisson(seed, t_in_timesteps, i, mean)",
    )
    numbers = {"mean": np.array([0.5, 1.28, 2.33, 20.1]), "step": 2.0**-9}
    circuit = Circuit(1e-4, [Population("a", 4, driven, numbers)], seed=3)
    compiled = Compiled(threads=1).run(circuit, 2000)
    assert min(compiled.spikes["a"].counts()[1:]) > 0
    assert compiled.mismatches(interpret(lower(circuit), 2000)) == 0
    assert compiled.mismatches(Brian2Reference().run(circuit, 2000)) == 0
    assert compiled.mismatches(Compiled(threads=2).run(circuit, 2000)) == 0


def test_every_stream_has_a_seed_of_its_own() -> None:
    seeds = {stream_seed(seed, name) for seed in range(50) for name in ("a", "b", "cells", "cells/xi")}
    assert len(seeds) == 200
    assert stream_seed(3, "a", "xi") != stream_seed(3, "axi")
