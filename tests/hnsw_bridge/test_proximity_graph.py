"""Nothing living is hidden: by equal vectors, outliers, deletions, updates, or by what hnswlib's links don't reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hnsw_bridge import Metric, SpikeIndex, _kernels, build_index, load_index, save_index
from hnsw_bridge.metric import distances

Make = Callable[[np.random.Generator, Metric], SpikeIndex]


def _changed(generator: np.random.Generator, metric: Metric) -> SpikeIndex:
    index = build_index(generator.normal(size=(1000, 24)), metric=metric)
    index.delete(generator.permutation(1000)[:500])
    for _ in range(3):
        some = generator.permutation(index.labels[index.alive])[:150]
        index.update(some, generator.normal(size=(150, 24)))
    return index


def _half_equal(generator: np.random.Generator, metric: Metric) -> SpikeIndex:
    rows = generator.normal(size=(1000, 24))
    rows[500:] = rows[0]
    return build_index(generator.permutation(rows), metric=metric)


def _outliers(generator: np.random.Generator, metric: Metric) -> SpikeIndex:
    rows = 1.0 + 0.1 * generator.normal(size=(1000, 24))
    rows[0], rows[10] = rows[10:].mean(axis=0), -5.0
    rows[20:24] = 1e4 * generator.normal(size=(4, 24))
    return build_index(rows, metric=metric)


def _truth(index: SpikeIndex, queries: np.ndarray, k: int) -> np.ndarray:
    living = index.vectors[index.alive]
    return np.array([np.sort(distances(index.metric, living, query))[:k] for query in queries])


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("make", [_changed, _half_equal, _outliers])
def test_every_living_item_gets_the_neighbours_of_brute_force(make: Make, metric: Metric) -> None:
    index = make(np.random.default_rng(0), metric)
    asked = index.vectors[index.alive]
    assert np.array_equal(index.query(asked, 10)[1], _truth(index, asked, 10))
    labels, _ = index.query(asked[:2], len(index))
    assert np.array_equal(np.sort(labels, axis=1), np.tile(np.sort(index.labels[index.alive]), (2, 1)))


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("make", [_changed, _half_equal, _outliers])
def test_what_hnswlib_hides_is_named_and_found_by_the_graph(make: Make, metric: Metric) -> None:
    index = make(np.random.default_rng(0), metric)
    found = index.reachability()
    living = np.flatnonzero(index.alive)
    assert set(found.hidden) <= set(index.labels[living])
    asked = index.vectors[living] * np.float32(1.0 + 1e-5)  # No vector equals these, so only links lead to their items.
    near, truth = index.query(asked, 1)[1][:, 0], _truth(index, asked, 1)[:, 0]
    assert np.mean(near == truth) >= 0.999
    if make is _half_equal:
        assert found.merged == 500
        assert found.hidden.size > 0


def test_a_row_beside_equal_ones_is_found() -> None:
    index = build_index(np.vstack([np.ones((80, 4)), [[5.0, 0.0, 0.0, 0.0]]]))
    labels, near = index.query(np.array([[5.0, 0.0, 0.0, 0.0]]), 1)
    assert (labels.tolist(), near.tolist()) == ([[80]], [[0.0]])


def test_a_hub_that_prunes_all_other_links_hides_nothing() -> None:
    # The item in the middle is everyone's nearest, so hnswlib links the others to it alone.
    rows = np.random.default_rng(1).normal(size=(1500, 64))
    rows[0] = 1e-6
    index = build_index(rows)
    found = index.reachability()
    assert found.hidden.size > 500
    assert found.linked + found.scanned >= found.hidden.size
    asked = index.vectors[1:] + np.float32(1e-4)
    assert np.mean(index.query(asked, 1)[0][:, 0] == np.arange(1, 1500)) >= 0.999


def test_equal_items_stand_in_the_order_in_which_they_came_and_leave_one_by_one() -> None:
    rows = np.random.default_rng(2).normal(size=(600, 8))
    rows[100:400] = rows[5]
    index = build_index(rows)
    index.reachability()
    assert index.query(rows[5:6], 6)[0].tolist() == [[5, 100, 101, 102, 103, 104]]
    index.delete([5, 101])
    index.update([100], -rows[5:6])
    assert index.query(rows[5:6], 3)[0].tolist() == [[102, 103, 104]]
    assert index.query(-rows[5:6], 1)[0].tolist() == [[100]]
    index.delete(np.arange(102, 400))
    labels, near = index.query(rows[5:6], 1)
    assert near[0, 0] > 0
    assert labels[0, 0] not in range(100, 400)


def test_a_write_costs_what_is_written() -> None:
    rows = np.random.default_rng(3).normal(size=(900, 8))
    index = build_index(rows)
    index.reachability()
    made = index._graph._graph
    index.add(rows[:300] + 0.5)
    index.update([3], rows[3:4] + 9.0)
    assert index.query(rows[:1] + 0.5, 1)[0].tolist() == [[900]]
    assert index.query(rows[3:4] + 9.0, 1)[0].tolist() == [[3]]
    assert index._graph._graph is made
    index.add(rows[:300] - 0.5)
    assert index.query(rows[:1] - 0.5, 1)[0].tolist() == [[1200]]
    assert index._graph._graph is not made


def test_a_graph_forced_with_high_effort_gives_brute_forces_answers_after_it_was_stored(tmp_path: Path) -> None:
    index = _half_equal(np.random.default_rng(4), Metric.COSINE)
    save_index(tmp_path / "index", index)
    again, _ = load_index(tmp_path / "index")
    again.reachability()
    asked = np.random.default_rng(5).normal(size=(50, 24)).astype(np.float32)
    for left, right in zip(index.query(asked, 10), again.query(asked, 10), strict=True):
        assert np.array_equal(left, right)


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_bounds_never_pass_the_exact_distance(metric: Metric, shift: float) -> None:
    generator = np.random.default_rng(6)
    rows = (shift + generator.normal(size=(200, 37)) * generator.uniform(0.01, 10, (200, 1))).astype(np.float32)
    centre = rows.mean(axis=0).astype(np.float64) if metric is not Metric.COSINE else np.zeros(37)
    wide, facts = np.empty((200, 37), np.int16), np.empty((200, 3))
    _kernels.encode(metric.code, rows, centre, 127.0, wide, facts)
    assert np.abs(wide).max() == 127
    longest = float(np.linalg.norm(rows.astype(np.float64), axis=1).max())
    for query in rows[:20] + generator.normal(size=(20, 37)).astype(np.float32):
        asked, question = np.empty(37, np.int16), np.zeros(5)
        twice = _kernels.ask(metric.code, query, (centre, longest), asked, question)
        exact = distances(metric, rows, query)
        for node in range(200):
            key = _kernels.estimate(wide.astype(np.int8), facts, node, asked, twice)
            assert _kernels.at_least(metric.code, key, facts[node, 2], question) <= exact[node]
