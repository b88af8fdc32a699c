"""Linear and pseudo-inverse weights: what they are, and that they tell apart what they promise to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.memories import HebbianMemory, LinearMemory, PseudoInverseMemory
from neuro.memories.hebbian.pointer_memory import pointer_codes


def binary(codes: np.ndarray, units: int) -> np.ndarray:
    dense = np.zeros((len(codes), units))
    np.put_along_axis(dense, codes, 1.0, axis=1)
    return dense


def codes_of(items: int, units: int, active: int, seed: int = 0, shared: int = 0) -> np.ndarray:
    """Random codes of which the first ``shared`` units are the same in all."""
    random = np.random.default_rng(seed)
    parts = [shared + random.permutation(units - shared)[: active - shared] for _ in range(items)]
    return np.sort([np.r_[np.arange(shared), part] for part in parts], axis=1)


def test_linear_weights_are_the_sum_of_outer_products() -> None:
    codes = codes_of(20, 60, 6)
    memory = LinearMemory(60, pointer_units=100, pointer_active=4, seed=9)
    memory.store(codes)
    expected = binary(codes, 60).T @ binary(pointer_codes(np.arange(20), 100, 4, 9), 100)
    np.testing.assert_array_equal(memory.weights, expected)
    np.testing.assert_array_equal(memory.activity(codes), binary(codes, 60) @ expected)


@pytest.mark.parametrize("ridge", [1e-3, 1.0])
def test_pseudo_inverse_weights_are_the_ridge_regression(ridge: float) -> None:
    codes = codes_of(30, 60, 6)
    memory = PseudoInverseMemory(60, pointer_units=100, pointer_active=4, seed=9, ridge=ridge)
    memory.store(codes[:10])
    for code in codes[10:]:
        memory.store(code)
    C, P = binary(codes, 60), binary(pointer_codes(np.arange(30), 100, 4, 9), 100)
    expected = np.linalg.solve(C.T @ C + ridge * np.eye(60), C.T @ P)
    np.testing.assert_allclose(memory.weights, expected, atol=1e-8)


def test_without_a_ridge_to_speak_of_an_exact_cue_gives_its_pointer_exactly() -> None:
    codes = codes_of(30, 60, 6)
    memory = PseudoInverseMemory(60, pointer_units=100, pointer_active=4, ridge=1e-6)
    memory.store(codes)
    np.testing.assert_allclose(memory.activity(codes), binary(memory.pointers(np.arange(30)), 100), atol=1e-4)


def test_correlated_cues_need_least_squares() -> None:
    # All codes share 12 of 16 units: counts and bits of those answer for everybody.
    codes = codes_of(120, 256, 16, seed=1, shared=12)
    right = {}
    for memory in (
        HebbianMemory(256, pointer_units=128, pointer_active=4),
        LinearMemory(256, pointer_units=128, pointer_active=4),
        PseudoInverseMemory(256, pointer_units=128, pointer_active=4),
    ):
        memory.store(codes)
        right[type(memory)] = np.mean(memory.recall(codes).indices[:, 0] == np.arange(120))
    assert right[PseudoInverseMemory] == 1.0
    assert right[LinearMemory] < 0.5


@pytest.mark.parametrize("ridge", [0.0, -1.0, float("nan"), float("inf")])
def test_a_ridge_out_of_range_is_refused(ridge: float) -> None:
    with pytest.raises(InvalidInput, match=r"ridge is .*; a number from 1e-06 to 1e"):
        PseudoInverseMemory(10, ridge=ridge)


@pytest.mark.parametrize("name", ["weights", "inverse"])
def test_a_state_that_is_not_finite_is_refused(name: str) -> None:
    state: dict[str, Any] = PseudoInverseMemory(10, pointer_units=16, pointer_active=2).state()
    state[name][0, 0] = np.nan
    with pytest.raises(InvalidInput, match=f"state: {name} holds NaN"):
        PseudoInverseMemory.from_state(state)
