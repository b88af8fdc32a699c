"""An index on disk answers as it did, can be changed further, and is refused when any part does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hnsw_bridge import Metric, SpikeIndex, build_index, load_index, save_index
from neuro.errors import InvalidInput
from neuro.storage import load_snapshot, save_snapshot
from tests.hnsw_bridge.data import clusters


def changed_index(metric: Metric) -> SpikeIndex:
    index = build_index(clusters(1), 1000 + 3 * np.arange(300), metric, types=np.arange(300) % 5)
    index.delete([1003, 1300])
    index.update([1000], clusters(2)[:1])
    return index


@pytest.mark.parametrize("metric", list(Metric))
def test_answers_stay_and_the_index_can_be_changed(tmp_path: Path, metric: Metric) -> None:
    index = changed_index(metric)
    save_index(tmp_path / "index", index, {"made": "here"})
    again, about = load_index(tmp_path / "index")
    assert about == {"made": "here"}
    queries = clusters(3)[:40]
    for one in (index, again):
        one.add(clusters(4)[:30], np.arange(30))
        one.delete([0, 1006])
    for left, right in zip(index.query(queries, 10), again.query(queries, 10), strict=True):
        assert np.array_equal(left, right)
    assert (len(again), again.nodes) == (len(index), index.nodes) == (326, 330)
    assert np.array_equal(again.types, index.types)
    assert np.array_equal(again.labels, index.labels)


def test_an_index_that_several_threads_built_comes_back(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
    index = build_index(vectors, threads=4)
    save_index(tmp_path / "index", index)
    again, _ = load_index(tmp_path / "index")
    for left, right in zip(index.query(vectors[:40], 10), again.query(vectors[:40], 10), strict=True):
        assert np.array_equal(left, right)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("labels", lambda array: array[:-1]),
        ("labels", np.abs),
        ("types", lambda array: array[1:]),
        ("vectors", lambda array: array.astype(np.float64)),
        ("vectors", lambda array: array * np.nan),
        ("state_data_level0", lambda array: array[:-1]),
        ("state_data_level0", lambda array: np.full_like(array, 127)),
        ("state_element_levels", lambda array: array + 1),
        ("state_label_lookup_internal", None),
    ],
)
def test_a_state_that_does_not_fit_never_reaches_hnswlib(tmp_path: Path, name: str, change: object) -> None:
    save_index(tmp_path / "index", changed_index(Metric.L2))
    arrays, about = load_snapshot(tmp_path / "index", "SpikeIndex")
    arrays = {key: value for key, value in arrays.items() if key != name or change is not None}
    if change is not None:
        arrays[name] = change(arrays[name])  # type: ignore[operator]
    save_snapshot(tmp_path / "index", "SpikeIndex", arrays, about)
    with pytest.raises(InvalidInput, match="is damaged or foreign"):
        load_index(tmp_path / "index")
