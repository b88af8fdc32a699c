from __future__ import annotations

import re
import threading
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


@pytest.mark.parametrize("metric", list(Metric))
def test_items_come_change_and_go(metric: Metric) -> None:
    rows = clusters(4, items=400)
    index = build_index(rows[:200], metric=metric, settings=IndexSettings(search_effort=400))
    index.add(rows[200:], labels=np.arange(1000, 1200))
    index.update([5, 6], rows[[0, 1]] + 1e-3)
    index.delete([7, 1003])
    queries = clusters(3, items=10)
    labels, near = index.query(queries, 9)
    expected = [distances(metric, index.vectors, query) for query in index.checked(queries)]
    for row, exact in enumerate(expected):
        living = np.flatnonzero(index.alive)
        order = living[np.argsort(exact[living], kind="stable")[:9]]
        assert np.array_equal(labels[row], index.labels[order])
        assert np.array_equal(near[row], exact[order])
    graph = read_graph(index)
    assert (len(index), len(graph), int(graph.alive.sum())) == (398, 400, 398)


def test_a_filter_is_honoured_exactly_and_never_starved(index: SpikeIndex) -> None:
    queries = clusters(3, items=6)
    for where in (index.labels % 7 == 0, lambda labels: labels > 1800):
        mask = where(index.labels) if callable(where) else where
        labels, near = index.query(queries, 12, where=where)
        for row, query in enumerate(index.checked(queries)):
            exact = np.where(mask, distances(index.metric, index.vectors, query), np.inf)
            assert np.array_equal(near[row], np.sort(exact)[:12])
        assert np.isin(labels, index.labels[mask]).all()
    assert index.query(queries, 3, where=index.labels == 1003)[0][0].tolist() == [1003, -1, -1]


def test_types_are_a_filter_and_towards_moves_a_vector() -> None:
    index = build_index(clusters(2), types=np.arange(300) % 20)
    assert set(index.query(clusters(3, items=4), 15, types=[17])[0].ravel() % 20) == {17}
    before, goal = index.vectors[9].copy(), index.vectors[40].copy()
    index.update_vector(9, goal, 0.25)
    assert index.vectors[9] == pytest.approx(0.75 * before + 0.25 * goal, rel=1e-5)


def test_readers_see_a_sound_index_while_a_writer_adds() -> None:
    rows = clusters(6, items=3000)
    index = build_index(rows[:300])
    faults: list[str] = []

    def read() -> None:
        while len(index) < 3000:
            labels, near = index.query(rows[:3], 1)
            if near.any() or labels[:, 0].tolist() != [0, 1, 2]:
                faults.append(f"{labels} {near}")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    index.add(rows[300:])
    for reader in readers:
        reader.join()
    assert not faults


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda index: index.add(np.ones((1, 12)), labels=[1000]), "label 1000 is in the index already"),
        (lambda index: index.add(np.ones((1, 3))), "embeddings have 3 dimensions"),
        (lambda index: index.add(np.ones((1, 12)), types=[256]), "types run from 256 to 256"),
        (lambda index: index.add(np.ones((1, 12)), types=[1.5]), "types have dtype float64"),
        (lambda index: index.add(np.ones((1, 12)), types=[True]), "types have dtype bool"),
        (lambda index: index.add(np.ones((1, 12)), threads=1.9), "threads is 1.9; a whole number from 1 to 1024"),
        (lambda index: index.add(np.ones((1, 12)), threads=-1), "threads is -1"),
        (lambda index: index.add(np.ones((2, 12)), labels=[5, True]), "labels have dtype bool"),
        (lambda index: index.delete([1000.9]), "labels have dtype float64"),
        (lambda index: index.delete(["1000"]), "labels have dtype <U4"),
        (lambda index: index.delete([1000, True]), "labels have dtype bool"),
        (lambda index: index.update([1000.0], np.ones((1, 12))), "labels have dtype float64"),
        (lambda index: index.update_vector(1000.0, np.ones(12), 0.5), "labels have dtype float64"),
        (lambda index: index.query(np.ones((1, 12)), 1, types=[0.5]), "types have dtype float64"),
        (lambda index: index.query(np.ones((1, 12)), 1, types="1"), "types have dtype <U1"),
        (lambda index: index.update([4], np.ones((1, 12))), "label 4 is not in the index"),
        (lambda index: index.delete([4]), "label 4 is not in the index"),
        (lambda index: index.delete(index.labels), "300 of 300 items would be deleted"),
        (lambda index: index.update_vector(1000, np.ones(12), 2.0), "alpha is 2.0"),
        (lambda index: index.query(np.ones((1, 12)), 1, where=np.ones(3, bool)), "the filter gives bool (3,)"),
    ],
)
def test_what_cannot_be_changed_is_refused_and_the_index_stays(index: SpikeIndex, call: Any, text: str) -> None:
    before = index.state()["data_level0"].copy()
    with pytest.raises(InvalidInput, match=re.escape(text)):
        call(index)
    assert len(index) == 300
    assert np.array_equal(index.state()["data_level0"], before)
