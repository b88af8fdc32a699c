"""The HNSW index as cue index: the answers of the exact one, also while cues come and go."""

from __future__ import annotations

import numpy as np

from hnsw_bridge import HNSWCues
from neuro.memories import ExactCues, HippocampalMemory
from tests.hnsw_bridge.data import clusters


def _unit(seed: int) -> np.ndarray:
    vectors = clusters(seed)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def test_it_answers_as_the_exact_index() -> None:
    vectors, asked = _unit(1), _unit(2)[:40]
    exact, graph = ExactCues(vectors.shape[1]), HNSWCues()
    for index in (exact, graph):
        index.add(np.arange(200), vectors[:200])
        index.remove(np.arange(0, 200, 3))
        index.add(np.arange(200, 300), vectors[200:])
    expected, found = exact.nearest(asked, 5), graph.nearest(asked, 5)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[1], expected[1], atol=1e-6)


def test_an_empty_index_finds_nothing_and_can_be_filled_again() -> None:
    vectors, graph = _unit(1)[:4], HNSWCues()
    for first in (0, 4):
        numbers, cosines = graph.nearest(vectors, 2)
        assert np.all(numbers == -1)
        assert np.all(np.isneginf(cosines))
        graph.add(np.arange(first, first + 4), vectors)
        assert graph.nearest(vectors, 9)[0][:, 0].tolist() == list(range(first, first + 4))
        graph.remove(np.arange(first, first + 4))


def test_a_hippocampal_memory_recalls_through_it() -> None:
    vectors = _unit(1)
    memory = HippocampalMemory(vectors.shape[1], cue_index=HNSWCues())
    memory.store(vectors)
    memory.forget(np.arange(100))
    assert memory.recall(vectors[100:]).indices[:, 0].tolist() == list(range(100, 300))
    assert np.all(memory.recall(vectors[:100]).indices >= 100)
