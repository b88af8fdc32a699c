"""The algebra of phasor vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro.errors import InvalidInput
from neuro.memories.vsa import FHRR

ALGEBRA = FHRR(512)


@given(st.integers(0, 1000), st.integers(-600, 600))
def test_binding_and_permuting_are_undone(seed: int, places: int) -> None:
    a, b = ALGEBRA.random(2, seed=seed)
    bound = ALGEBRA.bind(a, b)
    np.testing.assert_allclose(ALGEBRA.unbind(bound, b), a, atol=1e-6)
    np.testing.assert_array_equal(ALGEBRA.permute(ALGEBRA.permute(a, places), -places), a)
    assert abs(ALGEBRA.similarity(bound, a)) < 0.2
    np.testing.assert_allclose(np.abs(bound), 1, atol=1e-6)


def test_a_bundle_is_like_its_parts_and_like_nothing_else() -> None:
    codebook = ALGEBRA.random(100, seed=1)
    table = ALGEBRA.similarity(ALGEBRA.bundle(codebook[:5]), codebook)
    assert table[:5].min() > 0.75
    assert np.abs(table[5:]).max() < 0.25
    assert table.shape == (100,)


def test_clean_up_finds_the_codeword_through_noise() -> None:
    codebook = ALGEBRA.random(100, seed=1)
    noisy = codebook + 2 * ALGEBRA.random(100, seed=2)
    np.testing.assert_array_equal(ALGEBRA.clean_up(noisy, codebook), np.arange(100))
    assert ALGEBRA.clean_up(noisy[7], codebook) == 7


def test_normalising_keeps_phases() -> None:
    sums = ALGEBRA.bundle(ALGEBRA.random(3, seed=3))
    unit = ALGEBRA.normalise(sums)
    np.testing.assert_allclose(np.abs(unit), 1, atol=1e-6)
    np.testing.assert_allclose(np.angle(unit), np.angle(sums), atol=1e-6)
    assert ALGEBRA.normalise(np.zeros(512, complex)).tolist() == [1] * 512


@given(st.integers(2, 300), st.integers(0, 100))
def test_spike_times_round_to_the_nearest_slot_and_come_back(slots: int, seed: int) -> None:
    exact = ALGEBRA.random(3, seed=seed, slots=slots)
    times = ALGEBRA.to_spike_times(exact, slots)
    np.testing.assert_allclose(ALGEBRA.from_spike_times(times, slots), exact, atol=1e-5)
    free = ALGEBRA.random(3, seed=seed)
    back = ALGEBRA.from_spike_times(ALGEBRA.to_spike_times(free, slots), slots)
    assert np.abs(np.angle(back * np.conj(free))).max() <= np.pi / slots + 1e-5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FHRR(0), "dimensions is 0"),
        (lambda: ALGEBRA.bind(np.ones(512), np.ones(512)), "dtype float64; complex"),
        (lambda: ALGEBRA.bind(np.ones(3, complex), np.ones(3, complex)), "3 dimensions; 512 are allowed"),
        (lambda: ALGEBRA.bundle(np.full(512, np.inf, complex)), "NaN or infinity"),
        (lambda: ALGEBRA.from_phases(np.zeros(3)), r"phases have shape \(3,\)"),
        (lambda: ALGEBRA.from_phases(np.ones(512, complex)), "dtype complex128; finite real numbers"),
        (lambda: ALGEBRA.bind(np.ones((3, 512), complex), np.ones((2, 512), complex)), "3 and 2 vectors make no pairs"),
        (lambda: ALGEBRA.unbind(np.ones((3, 512), complex), np.ones((2, 512), complex)), "3 and 2 vectors"),
        (lambda: ALGEBRA.permute(np.ones(512, complex), 1.5), "places is 1.5"),  # type: ignore[arg-type]
        (lambda: ALGEBRA.random(1, seed=-1), "seed is -1"),
        (lambda: ALGEBRA.random(1, seed=0, slots=1), "slots is 1"),
        (lambda: ALGEBRA.from_spike_times(np.full(512, 16), 16), "whole numbers from 0 to 15"),
        (lambda: ALGEBRA.from_spike_times(np.zeros(512), 16), "whole numbers"),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()
