"""Tempotron: it learns to tell random latency patterns apart, up to the load of the paper, and only by their timing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.motifs import TempotronFit, latency_patterns, tempotron, train_tempotron
from neuro.simulators import simulate
from tests.motifs.checks import same_in_brian2

AFFERENTS, LENGTH = 100, 500
SEEDS = range(3)


@cache
def task(seed: int, load: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """``load * AFFERENTS`` random patterns and random labels."""
    count = int(load * AFFERENTS)
    return latency_patterns(count, AFFERENTS, seed=seed), np.random.default_rng(seed).random(count) < 0.5


@cache
def fit(seed: int) -> TempotronFit:
    return train_tempotron(*task(seed), seed=seed)


def fired(patterns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Spikes of the circuit in each pattern."""
    run = simulate(tempotron(patterns, weights), len(patterns) * LENGTH)
    return np.bincount(run.spikes["tempotron"].ticks // LENGTH, minlength=len(patterns))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_circuit_classifies_as_many_patterns_as_it_has_afferents(seed: int) -> None:
    patterns, labels = task(seed)
    counts = fired(patterns, fit(seed).weights)
    assert counts.max() == 1, "one spike a pattern at most"
    assert np.mean((counts > 0) == labels) >= 0.95
    assert fit(seed).errors[-1] == 0
    assert fit(seed).errors[0] > 20


def test_it_is_time_that_is_learned() -> None:
    """Each afferent fires once in every pattern, so counts say nothing: with times permuted, chance remains."""
    patterns, labels = task(0)
    shuffled = np.random.default_rng(5).permuted(patterns, axis=1)
    assert abs(np.mean((fired(shuffled, fit(0).weights) > 0) == labels) - 0.5) < 0.15


def test_without_learning_chance_remains() -> None:
    patterns, labels = task(0)
    untrained = train_tempotron(patterns, labels, rate=0.0, epochs=1).weights
    assert np.mean((fired(patterns, untrained) > 0) == labels) < 0.65


def test_far_beyond_capacity_it_fails() -> None:
    # The paper: about 3 patterns an afferent; at 6 no weights fit, however long it learns.
    patterns, labels = task(1, load=6.0)
    assert train_tempotron(patterns, labels, epochs=5).errors[-1] > 0.1 * len(labels)


def test_one_postsynaptic_potential_peaks_at_its_weight() -> None:
    run = simulate(tempotron([[0.01]], [0.8]), LENGTH)
    v = run.probes["tempotron", "v"][:, 0]
    at = np.log(4) * 15 * 3.75 / (15 - 3.75)
    assert v.max() == pytest.approx(0.8, rel=2e-3)
    assert abs(int(np.argmax(v)) - (10 + at)) <= 1


def test_brian2_agrees() -> None:
    patterns, labels = task(0)
    recording = same_in_brian2(tempotron(patterns[:4], fit(0).weights), 4 * LENGTH)
    assert len(recording.spikes["tempotron"]) == labels[:4].sum()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"weights have shape \(2,\); \(3,\) is allowed"):
        tempotron(np.zeros((1, 3)), [0.1, 0.1])
    with pytest.raises(InvalidInput, match="times inside of the window"):
        tempotron([[0.6]], [0.1])
    with pytest.raises(InvalidInput, match=r"labels have shape \(2,\); \(1,\) is allowed"):
        train_tempotron([[0.1]], [True, False])
    with pytest.raises(InvalidInput, match=r"momentum is 1\.0"):
        train_tempotron([[0.1]], [True], momentum=1.0)
