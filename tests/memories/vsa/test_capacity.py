"""The theory of recall against trials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.memories.vsa import FHRR, Detection, raw_sum, recall_accuracy, spike_slots, unit_phasors
from neuro.memories.vsa.capacity import largest_load

DIMENSIONS, CODEBOOK, ITEMS, TRIALS = 256, 200, 40, 40


def slotted(items: int) -> Detection:
    return spike_slots(items, 16)


def trial(seed: int, slots: int | None, read: Callable[[Any], Any]) -> float:
    algebra, random = FHRR(DIMENSIONS), np.random.default_rng(seed)
    keys = algebra.random(ITEMS, seed=seed + 10_000, slots=slots)
    codebook = algebra.random(CODEBOOK, seed=seed + 20_000, slots=slots)
    stored = random.integers(0, CODEBOOK, ITEMS)
    trace = read(algebra.bundle(algebra.bind(keys, codebook[stored])))
    return float(np.mean(algebra.clean_up(algebra.unbind(trace, keys), codebook) == stored))


def through_slots(trace: Any) -> Any:
    algebra = FHRR(DIMENSIONS)
    return algebra.from_spike_times(algebra.to_spike_times(trace, 16), 16)


@pytest.mark.parametrize(
    ("slots", "read", "theory"),
    [
        (None, lambda trace: trace, raw_sum),
        (None, FHRR(DIMENSIONS).normalise, unit_phasors),
        (16, through_slots, slotted),
    ],
    ids=["raw sum", "unit phasors", "16 slots"],
)
def test_trials_agree_with_theory(slots: int | None, read: Any, theory: Callable[[int], Detection]) -> None:
    measured = np.mean([trial(seed, slots, read) for seed in range(TRIALS)])
    expected = recall_accuracy(theory(ITEMS), DIMENSIONS, CODEBOOK)
    assert 0.5 < expected < 0.9
    assert abs(measured - expected) < 0.03


def test_what_one_place_tells_has_the_moments_of_samples() -> None:
    random = np.random.default_rng(0)
    others = np.exp(2j * np.pi * random.random((20_000, 19))).sum(axis=1)
    scores = np.cos(np.angle(1 + others))
    place = unit_phasors(20)
    assert place.mean == pytest.approx(scores.mean(), abs=0.02)
    assert place.hit_variance == pytest.approx(scores.var(), abs=0.02)
    coarse = spike_slots(20, 4)
    assert coarse.mean < spike_slots(20, 16).mean < place.mean


def test_one_item_is_recalled_and_chance_is_the_floor() -> None:
    for theory in (raw_sum, unit_phasors, slotted):
        assert recall_accuracy(theory(1), 256, 100) == pytest.approx(1.0)
        assert recall_accuracy(theory(10**9), 256, 100) == pytest.approx(0.01, abs=1e-3)


def test_the_largest_load_is_the_last_that_reaches_the_accuracy() -> None:
    most = largest_load(512, 300, 0.95)
    assert recall_accuracy(raw_sum(most), 512, 300) >= 0.95 > recall_accuracy(raw_sum(most + 1), 512, 300)
    assert largest_load(1, 300, 0.95) <= 1


@pytest.mark.parametrize("accuracy", [0.0, 0.01, 1.0, float("nan")])
def test_an_accuracy_out_of_range_is_refused(accuracy: float) -> None:
    with pytest.raises(InvalidInput, match="above 1 / 100 and below 1"):
        largest_load(512, 100, accuracy)


def test_a_codebook_without_codewords_is_refused() -> None:
    with pytest.raises(InvalidInput, match="codebook is 0"):
        largest_load(512, 0, 0.9)
