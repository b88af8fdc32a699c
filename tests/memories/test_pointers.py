"""Pointer codes: sparse, random, and the same wherever they are drawn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neuro.memories.hebbian.pointer_memory import pointer_codes


@given(st.integers(1, 300), st.data())
def test_a_code_has_its_units_once_and_in_range(units: int, data: st.DataObject) -> None:
    active = data.draw(st.integers(1, units))
    codes = pointer_codes(np.arange(20), units, active, seed=data.draw(st.integers(0, 2**63 - 1)))
    assert codes.shape == (20, active)
    assert np.all(np.diff(codes, axis=1) > 0)
    assert codes.min() >= 0
    assert codes.max() < units


def test_a_code_depends_on_seed_and_index_alone() -> None:
    codes = pointer_codes(np.arange(50), 512, 8, seed=1)
    np.testing.assert_array_equal(pointer_codes(np.array([7, 3]), 512, 8, seed=1), codes[[7, 3]])
    assert np.mean(pointer_codes(np.arange(50), 512, 8, seed=2) == codes) < 0.1


def test_codes_are_fixed_numbers() -> None:
    # Stored memories hold bits at these places: a change breaks every file.
    codes = pointer_codes(np.array([0, 1, 10**12]), 64, 4, seed=5)
    np.testing.assert_array_equal(codes, [[3, 26, 37, 58], [9, 27, 36, 51], [14, 23, 42, 52]])


def test_units_are_used_evenly_and_codes_rarely_meet() -> None:
    codes = pointer_codes(np.arange(20_000), 500, 10, seed=0)
    counts = np.bincount(codes.ravel(), minlength=500)
    assert 0.7 * 400 < counts.min() <= counts.max() < 1.3 * 400
    shared = np.sum(codes[:-1] == codes[1:], axis=1)
    assert abs(shared.mean() - 10 / 50) < 0.02
