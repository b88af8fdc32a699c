"""Ageing: old items fade as the theory says, new ones stay, and the memory never fills up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.memories import HebbianMemory, PalimpsestMemory, expected_recall
from neuro.memories.hebbian.palimpsest import steady_state_density

UNITS, ACTIVE, LIFETIME = 1024, 32, 500
SIZES = {"pointer_units": 1024, "pointer_active": 8}


def codes_of(items: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.sort(random.permuted(np.tile(np.arange(UNITS), (items, 1)), axis=1)[:, :ACTIVE], axis=1)


def test_recall_falls_with_age_as_expected_and_the_density_settles() -> None:
    codes = codes_of(4000)
    memory = PalimpsestMemory(UNITS, **SIZES, lifetime=LIFETIME)
    memory.store(codes)
    settled = steady_state_density(ACTIVE, UNITS, SIZES["pointer_active"], SIZES["pointer_units"], LIFETIME)
    assert memory.density == pytest.approx(settled, rel=0.05)
    right = memory.recall(codes).indices[:, 0] == np.arange(4000)
    measured = right[::-1].reshape(-1, 200).mean(axis=1)
    ages = np.arange(25, 4000, 50)
    expected = expected_recall(ages, 4000, ACTIVE, UNITS, lifetime=LIFETIME, **SIZES).reshape(-1, 4).mean(axis=1)
    np.testing.assert_allclose(measured, expected, atol=0.1)
    assert measured[0] == 1.0
    assert measured[-1] < 0.02


def test_without_ageing_the_same_memory_is_full() -> None:
    codes = codes_of(20_000)
    plain, ageing = HebbianMemory(UNITS, **SIZES), PalimpsestMemory(UNITS, **SIZES, lifetime=LIFETIME)
    newest = np.arange(19_900, 20_000)
    right = []
    for memory in (plain, ageing):
        memory.store(codes)
        right.append(np.mean(memory.recall(codes[newest]).indices[:, 0] == newest))
    assert right[0] < 0.2
    assert right[1] == 1.0


def test_bits_depend_on_the_number_of_the_insert_not_on_the_batch() -> None:
    codes = codes_of(30)
    at_once, slowly = (PalimpsestMemory(UNITS, **SIZES, lifetime=LIFETIME) for _ in range(2))
    at_once.store(codes)
    for code in codes:
        slowly.store(code)
    np.testing.assert_array_equal(at_once.weights, slowly.weights)
    back = PalimpsestMemory.from_state(slowly.state())
    for memory in (at_once, back):
        memory.store(codes_of(5, seed=1))
    np.testing.assert_array_equal(at_once.weights, back.weights)


@pytest.mark.parametrize("lifetime", [0, 1.5, UNITS * 1024 + 1])
def test_a_lifetime_out_of_range_is_refused(lifetime: Any) -> None:
    with pytest.raises(InvalidInput, match=r"lifetime is .*; a whole number from 1 to"):
        PalimpsestMemory(UNITS, **SIZES, lifetime=lifetime)


def test_a_state_with_fewer_inserts_than_items_is_refused() -> None:
    memory = PalimpsestMemory(UNITS, **SIZES, lifetime=LIFETIME)
    memory.store(codes_of(3))
    state = memory.state() | {"ageing": np.array([LIFETIME, 2])}
    with pytest.raises(InvalidInput, match="ageing counts 2 inserts, but 3 items are stored"):
        PalimpsestMemory.from_state(state)
