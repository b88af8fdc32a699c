"""Codes: checked, compared, damaged, read from spikes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuro.encoders import check_codes, code_cosine_correlation, codes_from_spikes, overlap, replace_units, top_units
from neuro.errors import InvalidInput
from neuro.spikes import Recording, Spikes

UNITS = 12


def recording(ticks: list[int], indices: list[int], length: int) -> Recording:
    spikes = Spikes(np.array(ticks, dtype=np.int64), np.array(indices, dtype=np.int64), UNITS)
    return Recording(0.001, length, {"encoder": spikes})


def test_check_codes_sorts_and_makes_a_batch() -> None:
    np.testing.assert_array_equal(check_codes([3, 0, 7], UNITS), [[0, 3, 7]])


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([0.0, 1.0], r"cues: dtype is float64; a code is its active units as integers"),
        (np.array([True, False]), r"cues: dtype is bool"),
        ([[[0]]], r"cues: shape is \(1, 1, 1\); \(k,\) or \(batch, k\)"),
        (np.empty((0, 3), dtype=int), r"cues: shape is \(0, 3\)"),
        ([0, 12], r"cues: units 0 to 12 are active; 0 to 11 are allowed"),
        ([-1, 2], r"cues: units -1 to 2 are active"),
        ([[0, 1], [4, 4]], r"cues: code 1 names a unit twice"),
    ],
)
def test_check_codes_refuses(codes: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        check_codes(codes, UNITS, "cues")


@given(arrays(np.int32, (3, 20), elements=st.integers(0, 4)), st.integers(1, 20))
def test_top_units_is_a_stable_sort(levels: np.ndarray, active: int) -> None:
    expected = np.sort(np.argsort(-levels, axis=1, kind="stable")[:, :active], axis=1)
    np.testing.assert_array_equal(top_units(levels, active), expected)
    np.testing.assert_array_equal(top_units(levels[0], active), expected[0])


@pytest.mark.parametrize(
    ("levels", "active", "message"),
    [
        (np.zeros(3), 1, r"levels have shape \(3,\), dtype float64; int32 >= 0"),
        (np.array([-1, 0], dtype=np.int32), 1, "levels have shape"),
        (np.zeros(3, dtype=np.int32), 4, "active is 4; a whole number from 1 to 3 is allowed"),
        (np.zeros(3, dtype=np.int32), True, "active is True"),
    ],
)
def test_top_units_refuses(levels: np.ndarray, active: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        top_units(levels, active)


def test_overlap_counts_shared_units() -> None:
    np.testing.assert_array_equal(overlap([[0, 1, 2]], [[2, 1, 0], [2, 3, 4], [5, 6, 7]], UNITS), [[3, 1, 0]])


@given(st.integers(1, 6), st.floats(0, 1), st.integers(0, 5))
def test_replace_units_replaces_exactly_that_many(active: int, fraction: float, seed: int) -> None:
    codes = np.array([np.random.default_rng(seed + row).permutation(UNITS)[:active] for row in range(4)])
    damaged = replace_units(codes, UNITS, fraction, seed)
    kept = np.diagonal(overlap(codes, damaged, UNITS))
    np.testing.assert_array_equal(kept, active - round(fraction * active))
    np.testing.assert_array_equal(damaged, replace_units(codes, UNITS, fraction, seed))


def test_replace_units_keeps_the_shape_of_one_code() -> None:
    assert replace_units([0, 1], UNITS, 0.5, seed=0).shape == (2,)


@pytest.mark.parametrize(
    ("codes", "fraction", "message"),
    [
        ([0, 1], 1.5, "fraction is 1.5; 0 to 1 is allowed"),
        ([0, 1], float("nan"), "fraction is nan"),
        (list(range(8)), 0.75, "6 units can't be replaced: only 4 of 12 are inactive"),
    ],
)
def test_replace_units_refuses(codes: list[int], fraction: float, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace_units(codes, UNITS, fraction, seed=0)


def test_correlation_is_one_when_overlap_follows_cosine() -> None:
    codes = np.array([[0, 1, 2], [1, 2, 3], [2, 3, 4], [9, 10, 11]])
    binary = np.zeros((4, UNITS))
    np.put_along_axis(binary, codes, 1.0, axis=1)
    # The cosine of the binary vectors themselves is overlap / k.
    assert code_cosine_correlation(binary, codes, UNITS) == pytest.approx(1.0)


def test_correlation_is_negative_when_codes_contradict() -> None:
    embeddings = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    assert code_cosine_correlation(embeddings, [[0, 1], [2, 3], [0, 1], [2, 3]], UNITS) < -0.4


@pytest.mark.parametrize(
    ("embeddings", "codes", "message"),
    [
        (np.eye(2), [[0], [1]], "one code each of at least 3 embeddings"),
        (np.eye(3), [[0], [1]], r"embeddings of shape \(3, 3\) with 2 codes"),
        (np.diag([1.0, 1.0, 0.0]), [[0], [1], [2]], "NaN, infinity or a zero vector"),
        (np.full((3, 2), np.nan), [[0], [1], [2]], "NaN, infinity or a zero vector"),
        (np.ones((3, 2)), [[0], [1], [2]], "all cosines or all overlaps are alike"),
    ],
)
def test_correlation_refuses(embeddings: np.ndarray, codes: list[list[int]], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        code_cosine_correlation(embeddings, codes, UNITS)


def test_codes_from_spikes_are_the_winners_of_each_presentation() -> None:
    run = recording([1, 1, 3, 4, 6, 6], [8, 9, 2, 0, 3, 7], 8)
    np.testing.assert_array_equal(codes_from_spikes(run, 4), [[2, 8, 9], [0, 3, 7]])


@pytest.mark.parametrize(
    ("run", "ticks", "population", "message"),
    [
        (recording([0], [0], 4), 4, "pointers", r"no spikes of 'pointers'; the recording has \['encoder'\]"),
        (recording([0], [0], 6), 4, "encoder", "6 ticks are not whole presentations of 4"),
        (recording([0], [0], 6), 1.5, "encoder", "presentation_ticks is 1.5"),
        (recording([0], [0], 6), True, "encoder", "presentation_ticks is True"),
        (recording([0], [0], 0), 4, "encoder", "0 ticks are not whole presentations"),
        (recording([0, 1, 5], [0, 1, 2], 8), 4, "encoder", "presentations have 1 to 2 spikes of 'encoder'"),
        (recording([0], [0], 8), 4, "encoder", "presentations have 0 to 1 spikes"),
        (recording([0, 2], [5, 5], 4), 4, "encoder", "code 0 names a unit twice"),
    ],
)
def test_codes_from_spikes_refuses(run: Recording, ticks: int, population: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        codes_from_spikes(run, ticks, population)
