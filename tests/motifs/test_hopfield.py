"""Hopfield: corrupted cues are completed while few patterns are stored; the memory breaks beyond its capacity."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.motifs import hopfield, hopfield_states, hopfield_weights
from neuro.simulators import simulate
from tests.motifs.checks import same_in_brian2

NEURONS, TURN = 200, 500


def stored(load: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice([-1, 1], (round(load * NEURONS), NEURONS))


def corrupted(patterns: np.ndarray, share: float, seed: int) -> np.ndarray:
    """That share of the signs of each pattern flipped."""
    rng = np.random.default_rng(1000 + seed)
    cues = patterns.copy()
    for cue in cues:
        cue[rng.choice(NEURONS, round(share * NEURONS), replace=False)] *= -1
    return cues


def recalled(weights: np.ndarray, cues: np.ndarray, seed: int = 0) -> np.ndarray:
    run = simulate(hopfield(weights, cues, seed=seed), TURN * len(cues))
    rates = run.spikes["neurons"].counts() / (run.ticks * run.dt)
    assert rates.max() < 90, "hertz: refractoriness bounds every neuron"
    return hopfield_states(run, len(cues))


@cache
def overlap(load: float, share: float, seed: int, clipped: bool = False) -> float:
    """Mean overlap of what is recalled with what was stored, 8 cues."""
    patterns = stored(load, seed)
    shown = patterns[:8]
    states = recalled(hopfield_weights(patterns, clipped=clipped), corrupted(shown, share, seed), seed)
    return float(np.mean(states * shown))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("clipped", [False, True])
def test_cues_with_thirty_percent_errors_are_completed(seed: int, clipped: bool) -> None:
    # The cue itself overlaps by 1 - 2 * 0.3 = 0.4.
    assert overlap(0.05, 0.3, seed, clipped) > 0.95


@pytest.mark.parametrize("seed", range(3))
def test_a_few_patterns_survive_forty_percent(seed: int) -> None:
    assert overlap(0.015, 0.4, seed) > 0.95


def test_overlap_falls_with_the_load() -> None:
    """Amit, Gutfreund & Sompolinsky: retrieval ends near 0.138 N; a cue of 0.4 is lost somewhat earlier."""
    curve = [np.mean([overlap(load, 0.3, seed) for seed in range(2)]) for load in (0.05, 0.1, 0.2, 0.3)]
    assert curve[0] > 0.95
    assert curve == sorted(curve, reverse=True)
    assert curve[2] < 0.6
    assert curve[3] < 0.45


def test_a_stored_pattern_stays_until_the_capacity() -> None:
    # Started in the pattern itself, 0.1 N is kept; at 0.3 N, twice the capacity, it is not.
    assert overlap(0.1, 0.0, 0) > 0.95
    assert overlap(0.3, 0.0, 0) < 0.7


def test_it_is_the_memory_that_completes() -> None:
    patterns = stored(0.05, 0)
    cues = corrupted(patterns[:4], 0.3, 0)
    nothing = recalled(np.zeros((NEURONS, NEURONS)), cues)
    assert np.all(nothing == -1), "without weights activity ends with the cue"
    foreign = recalled(hopfield_weights(stored(0.05, 99)), cues)
    assert abs(np.mean(foreign * patterns[:4])) < 0.4


def test_silence_is_no_recall() -> None:
    patterns = stored(0.05, 0)
    states = recalled(hopfield_weights(patterns), corrupted(patterns[:2], 0.3, 0))
    assert 0.3 < np.mean(states > 0) < 0.7


def test_weights_are_hebbs() -> None:
    patterns = stored(0.05, 1)
    weights = hopfield_weights(patterns)
    np.testing.assert_allclose(weights, (patterns.T @ patterns - 10 * np.eye(NEURONS)) / NEURONS)
    # Clipping keeps the mean drive of a stored pattern (within a tenth at 10 patterns) and only two sizes.
    clipped = hopfield_weights(patterns, clipped=True)
    assert np.unique(np.abs(clipped[clipped != 0])).size == 1
    drive = [np.mean(x @ w * x) for w in (weights, clipped) for x in patterns]
    assert np.mean(drive[10:]) == pytest.approx(np.mean(drive[:10]), rel=0.2)


def test_brian2_agrees() -> None:
    patterns = np.random.default_rng(2).choice([-1, 1], (2, 40))
    same_in_brian2(hopfield(hopfield_weights(patterns), patterns, cue=0.1, free=0.1), 400)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"patterns have shape \(1, 2\); \(-1, 1\) of shape"):
        hopfield_weights([[0, 1]])
    with pytest.raises(InvalidInput, match=r"weights have shape \(3, 3\); \(2, 2\) is allowed"):
        hopfield(np.zeros((3, 3)), [[1, -1]])
