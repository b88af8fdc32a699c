from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from hnsw_bridge import IndexSettings, Metric, SpikeIndex, build_index, read_graph
from hnsw_bridge.metric import distances
from neuro.errors import InvalidInput
from tests.hnsw_bridge.data import clusters


def _exact(index: SpikeIndex, queries: np.ndarray, k: int) -> np.ndarray:
    rows = [distances(index.metric, index.vectors, query) for query in index.checked(queries)]
    return np.array([index.labels[np.argsort(row, kind="stable")[:k]] for row in rows])


@pytest.mark.parametrize("metric", list(Metric))
def test_the_nearest_come_first_with_exact_distances(metric: Metric) -> None:
    index = build_index(clusters(2), metric=metric, settings=IndexSettings(search_effort=300))
    queries = clusters(3, items=20)
    labels, near = index.query(queries, 7)
    assert np.array_equal(labels, _exact(index, queries, 7))
    expected = [distances(metric, index.vectors[row], q) for row, q in zip(labels, index.checked(queries), strict=True)]
    assert np.array_equal(near, expected)
    assert np.all(np.diff(near, axis=1) >= 0)


def test_an_item_finds_itself_by_its_own_label(index: SpikeIndex) -> None:
    labels, near = index.query(index.vectors, 1)
    assert np.array_equal(labels[:, 0], index.labels)
    assert not near.any()


def test_k_may_exceed_the_search_effort() -> None:
    index = build_index(clusters(2), settings=IndexSettings(search_effort=5))
    labels, _ = index.query(clusters(3, items=4), 250)
    assert labels.shape == (4, 250)
    assert all(np.unique(row).size == 250 for row in labels)


def test_all_items_can_be_asked_for(index: SpikeIndex) -> None:
    labels, _ = index.query(index.vectors[:2], len(index))
    assert np.array_equal(labels, _exact(index, index.vectors[:2], len(index)))


def test_parts_of_the_graph_that_cannot_be_reached_are_searched_all_the_same() -> None:
    # Many equal items make hnswlib drop links until parts of the graph can't be reached.
    rows = np.repeat(np.eye(3), 100, axis=0)
    index = build_index(rows, settings=IndexSettings(links=2, build_effort=2))
    graph = read_graph(index)
    assert not graph.reachable([graph.entry]).all()
    labels, near = index.query(np.eye(3)[:1], 300)
    assert np.array_equal(labels, _exact(index, np.eye(3)[:1], 300))
    assert np.count_nonzero(near == 0) == 100


def test_equal_input_gives_an_equal_index() -> None:
    first, second, other = (build_index(clusters(2), settings=IndexSettings(seed=seed)) for seed in (5, 5, 6))
    for name in ("data_level0", "link_lists", "element_levels"):
        assert np.array_equal(first.state()[name], second.state()[name])
    assert not np.array_equal(first.state()["element_levels"], other.state()["element_levels"])


def test_one_item_is_an_index() -> None:
    index = build_index(np.ones((1, 4)), labels=[9])
    assert index.query(np.zeros((1, 4)), 1)[0].tolist() == [[9]]


def test_the_index_keeps_its_own_copy() -> None:
    rows = np.ones((3, 2), dtype=np.float32)
    index = build_index(rows)
    rows[:] = 0
    assert index.vectors.all()
    assert not index.vectors.flags.writeable


@pytest.mark.parametrize("k", [0, -1, 301, 10_000_000, 2.0, True])
def test_an_impossible_k_is_refused(index: SpikeIndex, k: Any) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"k is {k!r}; 1 to 300 is allowed")):
        index.query(index.vectors[:1], k)


@pytest.mark.parametrize(
    ("queries", "text"),
    [
        (np.ones((1, 5)), "queries have 5 dimensions; the index holds vectors of 12"),
        (np.ones((1, 12), dtype=int), "queries have dtype int64; floating point numbers are allowed"),
        (np.ones(12), "queries have shape (12,)"),
        (np.full((1, 12), np.nan), "row 0 of queries holds NaN"),
    ],
)
def test_unusable_queries_are_refused(index: SpikeIndex, queries: np.ndarray, text: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(text)):
        index.query(queries, 1)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"embeddings": np.zeros((0, 4))}, "embeddings have shape (0, 4)"),
        ({"embeddings": np.full((2, 4), np.inf)}, "row 0 of embeddings holds NaN, infinity"),
        ({"embeddings": np.ones((2, 4)), "labels": [1, 1]}, "label 1 is given to 2 items"),
        ({"embeddings": np.ones((2, 4)), "metric": "l2"}, "metric is 'l2'; one of Metric.L2, Metric.COSINE"),
    ],
)
def test_unusable_items_are_refused(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(text)):
        build_index(**arguments)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("links", 1, "2 to 512"),
        ("build_effort", 0, "1 to 100000"),
        ("search_effort", 0.5, "1 to 100000"),
        ("seed", -1, "0 to 2147483647"),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"{name} is {value!r}; a whole number from {allowed} is allowed")):
        IndexSettings(**{name: value})
