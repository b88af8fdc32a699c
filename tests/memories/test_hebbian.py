"""Hebbian memory: Willshaw weights, ranked recall, state, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from neuro.encoders import KWTAEncoder, replace_units
from neuro.errors import InvalidInput
from neuro.memories import HebbianMemory
from neuro.memories.hebbian.pointer_memory import pointer_codes


def random_codes(items: int, units: int, active: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.array([np.sort(random.permutation(units)[:active]) for _ in range(items)])


def filled(items: int = 30, pointer_units: int = 100) -> tuple[HebbianMemory, np.ndarray]:
    memory = HebbianMemory(60, pointer_units=pointer_units, pointer_active=4, seed=9)
    codes = random_codes(items, 60, 6)
    memory.store(codes)
    return memory, codes


def same(left: HebbianMemory, right: HebbianMemory) -> bool:
    a, b = left.state(), right.state()
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("pointer_units", [64, 100, 129])
def test_weights_are_the_clipped_hebbian_sum(pointer_units: int) -> None:
    memory, codes = filled(pointer_units=pointer_units)
    expected = np.zeros((60, pointer_units), dtype=bool)
    for code, pointer in zip(codes, pointer_codes(np.arange(30), pointer_units, 4, 9), strict=True):
        expected[np.ix_(code, pointer)] = True
    np.testing.assert_array_equal(memory.weights, expected)


@given(st.integers(1, 60), st.integers(0, 3), st.integers(1, 30))
def test_recall_is_the_matrix_product_ranked(active: int, seed: int, k: int) -> None:
    memory, _ = filled()
    cues = random_codes(5, 60, active, seed)
    binary = np.zeros((5, 60), dtype=int)
    np.put_along_axis(binary, cues, 1, axis=1)
    sums = binary @ memory.weights
    np.testing.assert_array_equal(memory.activity(cues), sums)
    scores = sums[:, pointer_codes(np.arange(30), 100, 4, 9)].sum(axis=2)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    answer = memory.recall(cues, k)
    np.testing.assert_array_equal(answer.indices, order)
    np.testing.assert_array_equal(answer.scores, np.take_along_axis(scores, order, axis=1))


def test_a_full_row_of_many_active_units_counts_right() -> None:
    memory = HebbianMemory(700, pointer_units=70, pointer_active=2)
    memory.store(np.arange(700))
    np.testing.assert_array_equal(np.unique(memory.activity(np.arange(700))), [0, 700])


def test_one_cue_is_a_batch_of_one() -> None:
    memory, codes = filled()
    answer = memory.recall(codes[3], 2)
    index, score = answer.indices, answer.scores
    assert index.shape == score.shape == (2,)
    assert (index[0], score[0]) == (3, 6 * 4)
    np.testing.assert_array_equal(memory.activity(codes[3]), memory.activity(codes[3:4])[0])


def test_items_one_by_one_or_at_once_are_the_same_memory() -> None:
    memory, codes = filled()
    slowly = HebbianMemory(60, pointer_units=100, pointer_active=4, seed=9)
    for item, code in enumerate(codes):
        np.testing.assert_array_equal(slowly.store(code), [item])
    assert same(memory, slowly)
    assert len(slowly) == 30


def test_recall_names_items_by_their_indices() -> None:
    memory = HebbianMemory(60)
    codes = random_codes(3, 60, 6)
    np.testing.assert_array_equal(memory.store(codes[:2], indices=[40, 7]), [40, 7])
    np.testing.assert_array_equal(memory.store(codes[2]), [41])
    np.testing.assert_array_equal(memory.indices, [40, 7, 41])
    np.testing.assert_array_equal(memory.recall(codes).indices[:, 0], [40, 7, 41])


def test_the_order_of_storing_changes_no_weight() -> None:
    codes = random_codes(20, 60, 6)
    order = np.random.default_rng(0).permutation(20)
    first, second = HebbianMemory(60, seed=1), HebbianMemory(60, seed=1)
    first.store(codes, indices=np.arange(20))
    second.store(codes[order], indices=order)
    np.testing.assert_array_equal(first.weights, second.weights)


def test_digits_are_recalled_through_noise() -> None:
    data = load_digits().data[:1437]
    encoder = KWTAEncoder.centred_on(data)
    codes = encoder.encode(data)
    memory = HebbianMemory(encoder.units)
    memory.store(codes)
    for fraction in (0.0, 0.1, 0.2, 0.3):
        found = memory.recall(replace_units(codes, encoder.units, fraction, seed=1)).indices
        assert np.mean(found[:, 0] == np.arange(1437)) >= 0.999


@pytest.mark.parametrize(("pointer_units", "density", "recall"), [(64, 1.0, 0.0), (256, 0.86, 0.03), (512, 0.62, 0.98)])
def test_full_rows_answer_for_everybody(pointer_units: int, density: float, recall: float) -> None:
    codes = random_codes(2000, 128, 8)
    memory = HebbianMemory(128, pointer_units=pointer_units, pointer_active=4)
    memory.store(codes)
    assert memory.weights.mean() == pytest.approx(density, abs=0.01)
    assert np.mean(memory.recall(codes).indices[:, 0] == np.arange(2000)) == pytest.approx(recall, abs=0.02)


def test_state_comes_back() -> None:
    memory, codes = filled()
    back = HebbianMemory.from_state(memory.state())
    assert same(memory, back)
    np.testing.assert_array_equal(back.recall(codes, 5).indices, memory.recall(codes, 5).indices)
    memory.store([0, 1])
    assert len(back) == 30


def test_an_empty_memory_comes_back() -> None:
    assert len(HebbianMemory.from_state(HebbianMemory(10).state())) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": 0}, "units is 0; a whole number from 1 to"),
        ({"units": 2.0}, "units is 2.0"),
        ({"pointer_units": 0}, "pointer_units is 0"),
        ({"pointer_active": 5, "pointer_units": 4}, "pointer_active is 5; a whole number from 1 to 4"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_memory_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        HebbianMemory(**{"units": 10, **options})


@pytest.mark.parametrize(
    ("cues", "indices", "message"),
    [
        (np.array([np.nan, 1.0]), None, "cues: dtype is float64"),
        (np.array([0, 60]), None, "cues: units 0 to 60 are active; 0 to 59 are allowed"),
        (np.empty((0, 6), dtype=int), None, r"cues: shape is \(0, 6\)"),
        (np.array([[1, 2], [3, 3]]), None, "cues: code 1 names a unit twice"),
        (np.array([[1, 2], [3, 4]]), [99], r"indices have shape \(1,\); one for each of 2 items"),
        (np.array([1, 2]), [0.5], "dtype float64; integers"),
        (np.array([1, 2]), [-3], "indices hold -3; whole numbers from 0"),
        (np.array([[1, 2], [3, 4]]), [99, 99], "index 99 is given twice"),
        (np.array([[1, 2], [3, 4]]), [99, 5], "index 5 is already stored"),
    ],
)
def test_store_refuses_and_changes_nothing(cues: np.ndarray, indices: Any, message: str) -> None:
    memory, _ = filled()
    with pytest.raises(InvalidInput, match=message):
        memory.store(cues, indices=indices)
    assert same(memory, filled()[0])


@pytest.mark.parametrize(
    ("cues", "k", "message"),
    [
        (np.array([0.0]), 1, "cues: dtype is float64"),
        (np.array([0]), 0, "k is 0; a whole number from 1 to 30 is allowed"),
        (np.array([0]), 31, "k is 31; a whole number from 1 to 30"),
        (np.array([60]), 1, "cues: units 60 to 60 are active"),
    ],
)
def test_recall_refuses(cues: np.ndarray, k: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        filled()[0].recall(cues, k)


def test_an_empty_memory_recalls_nothing() -> None:
    with pytest.raises(InvalidInput, match="recall on an empty memory; store something first"):
        HebbianMemory(10).recall([1])


def _without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda state: {key: value for key, value in state.items() if key != name}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without("weights"), r"state: 'weights' is missing; it has \['indices', 'shape'\]"),
        (lambda s: s | {"shape": s["shape"][:3]}, r"state: shape has dtype int64, shape \(3,\)"),
        (lambda s: s | {"shape": np.array([0, 100, 4, 9])}, "units is 0"),
        (lambda s: s | {"shape": np.array([60, 100, 101, 9])}, "pointer_active is 101"),
        (lambda s: s | {"weights": s["weights"].astype(np.int64)}, "state: weights has dtype int64"),
        (lambda s: s | {"weights": s["weights"][:, :1]}, r"state: weights has dtype uint64, shape \(60, 1\)"),
        (lambda s: s | {"weights": ~s["weights"]}, "state: weights has a bit set beyond pointer unit 99"),
        (lambda s: s | {"indices": s["indices"] * 0}, "index 0 is given twice"),
        (lambda s: s | {"indices": s["indices"] - 1}, "indices hold -1"),
    ],
)
def test_from_state_refuses(spoil: Callable[[dict[str, Any]], dict[str, Any]], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        HebbianMemory.from_state(spoil(filled()[0].state()))
