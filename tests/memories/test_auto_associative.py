"""Auto-association: parts and damaged copies become the stored code again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.encoders import replace_units
from neuro.errors import InvalidInput
from neuro.memories import AutoAssociativeMemory

UNITS, ACTIVE, ITEMS = 512, 9, 800


def codes_of(items: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.sort([random.permutation(UNITS)[:ACTIVE] for _ in range(items)], axis=1)


def filled() -> tuple[AutoAssociativeMemory, np.ndarray]:
    memory, codes = AutoAssociativeMemory(UNITS, ACTIVE), codes_of(ITEMS)
    memory.store(codes)
    return memory, codes


def right(found: np.ndarray, codes: np.ndarray) -> float:
    return float(np.mean(np.all(found == codes, axis=1)))


def test_weights_are_the_clipped_sum_of_outer_products() -> None:
    memory, codes = filled()
    dense = np.zeros((ITEMS, UNITS), dtype=int)
    np.put_along_axis(dense, codes, 1, axis=1)
    np.testing.assert_array_equal(memory.weights, dense.T @ dense > 0)
    assert memory.density == pytest.approx(memory.weights.mean())


def test_codes_are_completed_from_two_thirds_of_their_units() -> None:
    memory, codes = filled()
    completed = memory.complete(codes[:, :6])
    assert right(completed.codes, codes) > 0.95
    assert completed.converged.mean() > 0.99
    single = memory.complete(codes[3, :6])
    np.testing.assert_array_equal(single.codes, completed.codes[3])
    assert single.steps.shape == single.converged.shape == ()


def test_iteration_adds_to_one_step() -> None:
    memory, codes = filled()
    cues = replace_units(codes, UNITS, 0.34, seed=1)
    once, settled = memory.complete(cues, steps=1), memory.complete(cues)
    assert right(settled.codes, codes) > right(once.codes, codes) + 0.01
    assert np.all(once.steps == 1)
    again = memory.complete(settled.codes[settled.converged], steps=1)
    np.testing.assert_array_equal(again.codes, settled.codes[settled.converged])


@settings(max_examples=20)
@given(st.permutations(range(6)), st.integers(0, 6))
def test_merging_is_storing_all_in_any_order(order: list[int], cut: int) -> None:
    codes = codes_of(6)
    whole, left, other = (AutoAssociativeMemory(UNITS, ACTIVE) for _ in range(3))
    whole.store(codes)
    for place, item in enumerate(order):
        (left if place < cut else other).store(codes[item])
    for merged in (left.merge(other), other.merge(left), whole.merge(left)):
        np.testing.assert_array_equal(merged.weights, whole.weights)


def test_the_state_comes_back() -> None:
    memory, _ = filled()
    back = AutoAssociativeMemory.from_state(memory.state())
    np.testing.assert_array_equal(back.weights, memory.weights)
    back.store(codes_of(3, seed=5))
    assert back.density > memory.density


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.store([1, 2]), "codes have 2 active units; this memory stores 9"),
        (lambda m: m.store(np.zeros(9)), "dtype is float64"),
        (lambda m: m.complete([UNITS]), "0 to 511 are allowed"),
        (lambda m: m.complete([1], steps=0), "steps is 0"),
        (lambda m: m.merge(AutoAssociativeMemory(UNITS, 8)), r"\(512, 9\) and \(512, 8\) can't be merged"),
        (lambda _: AutoAssociativeMemory(4, 5), "active is 5; a whole number from 1 to 4"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(call: Any, message: str) -> None:
    memory, _ = filled()
    before = memory.weights
    with pytest.raises(InvalidInput, match=message):
        call(memory)
    np.testing.assert_array_equal(memory.weights, before)
