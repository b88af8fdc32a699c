"""Delay selection: the trained detector fires for its pattern and for no shuffled one; it is the delays that do it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.motifs import delay_selection, offset_train
from neuro.simulators import simulate
from tests.motifs.checks import same_in_brian2

INPUTS, DELAYS, PERIOD = 40, 20, 100
SEEDS = range(8)
FROZEN = 0.0


def offsets(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, DELAYS, INPUTS) * 1e-3


@cache
def trained(seed: int) -> np.ndarray:
    """Weights after 300 presentations among noise of 15 Hz."""
    train = offset_train(np.tile(offsets(seed), (300, 1)), noise=15.0, seed=seed)
    run = simulate(delay_selection(train, seed=seed), 300 * PERIOD)
    assert 250 <= len(run.spikes["detector"]) <= 350, "about one spike a presentation"
    return run.final["inputs_detector", "w"].reshape(INPUTS, DELAYS)


def answers(patterns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Spikes of the frozen detector for each pattern."""
    train = offset_train(patterns)
    run = simulate(delay_selection(train, weights=weights, a_plus=FROZEN), len(patterns) * PERIOD)
    np.testing.assert_array_equal(run.final["inputs_detector", "w"], weights.ravel())
    return np.bincount(run.spikes["detector"].ticks // PERIOD, minlength=len(patterns))


@pytest.mark.parametrize("seed", SEEDS)
def test_it_fires_for_its_pattern_and_for_no_shuffled_one(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    shuffled = [rng.permutation(offsets(seed)) for _ in range(20)]
    counts = answers(np.array([offsets(seed), *shuffled]), trained(seed))
    assert counts[0] == 1
    assert counts[1:].sum() == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_kept_lines_arrive_together(seed: int) -> None:
    arrivals = np.round(offsets(seed) * 1e3)[:, np.newaxis] + np.arange(1, DELAYS + 1)
    weights = trained(seed)
    kept = weights > 0.5
    spread = np.std(arrivals[kept])
    assert spread < 1.5, "ms; all lines together spread over 8"
    assert np.std(arrivals) > 7.0
    assert 1.0 < kept.sum() / INPUTS < 4.0, "one to four of 20 lines an input"
    assert np.mean(kept.any(axis=1)) > 0.6, "most inputs take part"


def test_untrained_it_cannot_tell_them_apart() -> None:
    shuffled = [np.random.default_rng(seed).permutation(offsets(0)) for seed in range(5)]
    counts = answers(np.array([offsets(0), *shuffled]), np.full((INPUTS, DELAYS), 0.3))
    assert np.all(counts == 1)


def test_lines_shuffled_among_delays_lose_the_pattern() -> None:
    """The same weights at other delays: what was learned is the delays, not the sizes of the weights."""
    other = np.random.default_rng(3).permuted(trained(0), axis=1)
    assert answers(offsets(0)[np.newaxis], other).sum() == 0


def test_brian2_agrees() -> None:
    same_in_brian2(delay_selection(offset_train(np.tile(offsets(1), (3, 1)), noise=5.0)), 3 * PERIOD)


def test_bad_shapes_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"weights have shape \(1, 2\); \(1, 20\) is allowed"):
        delay_selection(offset_train([[0.0]]), weights=[[0.0, 0.0]])
    with pytest.raises(InvalidInput, match="times inside of it"):
        offset_train([[0.1]])
