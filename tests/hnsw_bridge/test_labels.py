from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pytest

from hnsw_bridge.items import checked_labels, find_labels
from neuro.errors import InvalidInput


def test_items_are_counted_where_no_labels_are_given() -> None:
    assert checked_labels(None, 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ([1, 2], "labels have shape (2,); one label for each of the 3 items is allowed"),
        ([1.0, 2.0, 3.0], "labels have dtype float64; whole numbers are allowed"),
        ([True, False, True], "labels have dtype bool; whole numbers are allowed"),
        ([5, -1, 2], "labels run from -1 to 5; 0 to 2**63 - 1 is allowed"),
        (np.array([1, 2, 2**63], dtype=np.uint64), "0 to 2**63 - 1 is allowed"),
        ([4, 7, 4], "label 4 is given to 2 items; each item needs its own"),
    ],
)
def test_unusable_labels_are_refused(labels: npt.ArrayLike, text: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(text)):
        checked_labels(labels, 3)


def test_labels_are_found_in_any_shape() -> None:
    assert find_labels(np.array([30, 10, 20]), [[10, 20], [30, 30]]).tolist() == [[1, 2], [0, 0]]


@pytest.mark.parametrize("wanted", [[10, 25], [99], [-1]])
def test_unknown_labels_are_refused(wanted: list[int]) -> None:
    with pytest.raises(InvalidInput, match=r"label (25|99|-1) is not in the index, which holds 3 items"):
        find_labels(np.array([30, 10, 20]), wanted)


def test_labels_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(InvalidInput, match="labels have dtype <U1; whole numbers are allowed"):
        find_labels(np.array([1]), ["a"])
