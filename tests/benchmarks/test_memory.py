"""The shared parts of bench ``memory``: noisy cues, the abstention measure, the columns of the grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.memory.bench import MEMORY
from benchmarks.memory.data import Nouns, auroc, blurred, draw_pool, load_nouns, nearest
from benchmarks.memory.grid import CODES, COLUMNS, KINDS, Grid, GridTask, cosine, flat_hebbian, willshaw
from benchmarks.memory.plots import lines_of
from benchmarks.thresholds import THRESHOLDS
from neuro.errors import InvalidInput


def unit_vectors(items: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((items, 16)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_every_threshold_has_its_row() -> None:
    assert set(THRESHOLDS["memory"]) <= set(MEMORY.rows)


def test_a_pool_asks_for_what_is_stored_and_for_what_is_not() -> None:
    nouns = Nouns(unit_vectors(50, 0), unit_vectors(50, 1), np.full(50, -1))
    pool = draw_pool(nouns, 7, 30, 10)
    np.testing.assert_array_equal(nearest(pool.cues["exact"], pool.stored)[0], pool.asked)
    np.testing.assert_allclose(np.sum(pool.cues["blurred"] * pool.cues["exact"], axis=1), 0.6, atol=1e-5)
    np.testing.assert_array_equal(pool.cues["gloss"], nouns.gloss[pool.rows[pool.asked]])
    assert not np.any(nearest(pool.unanswerable, nouns.gloss[pool.rows])[1] > 0.9999)


def test_blurred_vectors_have_unit_length() -> None:
    vectors = blurred(unit_vectors(20, 2), 0.3, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)


def test_auroc_counts_pairs() -> None:
    assert auroc(np.array([3.0, 1.0]), np.array([2.0, 1.0])) == pytest.approx((2 + 0.5) / 4)


def test_missing_nouns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"the nouns can't be read .*; set SPIKELOOM_DATA"):
        load_nouns(tmp_path)


def test_the_columns_of_the_grid_recall_what_they_should() -> None:
    stored = unit_vectors(60, 3)
    task = GridTask(256, 16, stored, {"exact": stored[:20], "other": stored[20:40]}, (0, 10, 40))
    for column in (cosine, willshaw):
        shares = column(task)
        assert shares["exact"] == [1.0, 1.0, 1.0]
        assert max(shares["other"]) < 0.5
    codes = task.plain_encoder.encode(stored)
    dense = np.zeros((60, 256))
    np.put_along_axis(dense, codes, 1.0, axis=1)
    expected = []
    for end in (20, 30, 60):
        W = dense[:end].T @ dense[:end]
        expected.append(np.mean((dense[:20] @ W @ dense[:end].T).argmax(axis=1) == np.arange(20)))
    np.testing.assert_allclose(flat_hebbian(task)["exact"], expected)


def test_memories_that_are_the_same_everywhere_share_a_line() -> None:
    """Two of five lines lay hidden below a third."""
    cells = {
        (name, code, kind): [0.5 if name == "Willshaw" else 0.9 if name == "flat Hebbian W" else 1.0]
        for name in COLUMNS
        for code in CODES
        for kind in KINDS
    }
    assert list(lines_of(Grid(cells))) == [
        "flat Hebbian W",
        "Willshaw",
        "ModernHopfield = HippocampalMemory = exact cosine",
    ]
    cells["ModernHopfield", CODES[-1], KINDS[0]] = [0.99]
    assert len(lines_of(Grid(cells))) == 4
