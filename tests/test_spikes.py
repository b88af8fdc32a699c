"""Recordings count what differs, and never hide a NaN."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.spikes import Recording, Spikes


def _spikes(pairs: list[tuple[int, int]], size: int = 3) -> Spikes:
    ticks, indices = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    return Spikes(ticks, indices, size)


def test_mismatches_count_spikes_that_only_one_side_holds() -> None:
    left, right = _spikes([(0, 1), (2, 0), (2, 2)]), _spikes([(0, 1), (2, 1), (2, 2), (5, 0)])
    assert left.mismatches(left) == 0
    assert left.mismatches(right) == right.mismatches(left) == 3


def test_counts_and_windows() -> None:
    spikes = _spikes([(0, 1), (2, 0), (2, 1)])
    assert spikes.counts().tolist() == [1, 2, 0]
    assert spikes.between(1, 3).indices.tolist() == [0, 1]
    assert len(spikes.between(3, 9)) == 0


def test_different_populations_are_not_compared() -> None:
    with pytest.raises(InvalidInput, match="3 and of 4 neurons"):
        _spikes([(0, 1)]).mismatches(_spikes([(0, 1)], 4))
    empty = Recording(1e-3, 0, {})
    with pytest.raises(InvalidInput, match="recordings of different circuits"):
        empty.mismatches(Recording(1e-3, 0, {"a": _spikes([])}))


def test_nan_is_an_infinite_difference() -> None:
    good = Recording(1e-3, 1, {}, {("a", "v"): np.zeros((1, 2))})
    bad = Recording(1e-3, 1, {}, {("a", "v"): np.array([[0.0, np.nan]])})
    assert good.largest_difference(bad) == float("inf")
    assert good.largest_difference(good) == 0.0
