from __future__ import annotations

import re

import numpy as np
import pytest

from hnsw_bridge.metric import Metric, checked_vectors, distances, similarities
from neuro.errors import InvalidInput


@pytest.mark.parametrize(
    ("metric", "expected"),
    [(Metric.L2, 41.0), (Metric.COSINE, 1.0 - 19.0 / np.sqrt(5.0 * 74.0)), (Metric.INNER_PRODUCT, -19.0 + 1.0)],
)
def test_distances_follow_their_definition(metric: Metric, expected: float) -> None:
    assert distances(metric, np.array([[1.0, 2.0]]), np.array([[5.0, 7.0]])) == pytest.approx([expected])


def test_similarity_falls_as_distance_grows() -> None:
    far = np.array([0.0, 1.0, 4.0])
    assert similarities(Metric.L2, far) == pytest.approx([1.0, 1 / 2, 1 / 3])
    assert similarities(Metric.COSINE, far) == pytest.approx([1.0, 0.0, -3.0])


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (np.zeros((0, 3)), "embeddings have shape (0, 3); (rows, dimension) with at least one row is allowed"),
        (np.ones(3), "embeddings have shape (3,)"),
        (np.ones((2, 3), dtype=np.int64), "embeddings have dtype int64; floating point numbers are allowed"),
        (np.array([["a", "b"]]), "embeddings have dtype <U1"),
        (np.array([[1.0, 2.0], [np.nan, 1.0]]), "row 1 of embeddings holds NaN, infinity"),
        (np.array([[np.inf, 2.0]]), "row 0 of embeddings holds NaN, infinity"),
        (np.array([[1e300, 2.0]]), "row 0 of embeddings holds NaN, infinity or a number beyond float32"),
        (np.array([[1e30, 2.0]]), "row 0 of embeddings is longer than 3e18"),
        (np.array([[1.0, 2.0], [0.0, 0.0]]), "row 1 of embeddings is all zeros, which has no cosine"),
    ],
)
def test_unusable_vectors_are_refused(values: np.ndarray, text: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(text)):
        checked_vectors(values, "embeddings", Metric.COSINE)


def test_another_dimension_is_refused() -> None:
    with pytest.raises(InvalidInput, match="queries have 3 dimensions; the index holds vectors of 4"):
        checked_vectors(np.ones((2, 3)), "queries", Metric.L2, 4)
