"""Holographic memory beyond what every memory shares: encoding, reconstruction, capacity."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.memories.vsa import FHRR, CapacityWarning, HolographicMemory


def test_near_vectors_have_near_codes() -> None:
    memory = HolographicMemory(4096, seed=3)
    vectors = np.array([[0.0, 0.0], [0.5, 0.0], [3.0, 0.0]], dtype=np.float32)
    table = FHRR(4096).similarity(memory.encode(vectors), memory.encode(vectors[0]))
    np.testing.assert_allclose(table, np.exp(-(vectors[:, 0] ** 2) / 2), atol=0.05)


def test_reconstruction_gives_the_cue_back_with_the_noise_of_the_others() -> None:
    algebra, memory = FHRR(1024), HolographicMemory(1024)
    cues = algebra.random(6, seed=0)
    memory.store(cues[0])
    np.testing.assert_allclose(memory.reconstruct([0])[0], cues[0], atol=1e-5)
    memory.store(cues[1:])
    table = algebra.similarity(memory.reconstruct(np.arange(6)), cues)
    np.testing.assert_array_equal(np.argmax(table, axis=1), np.arange(6))
    with pytest.raises(InvalidInput, match="index 6 is not stored"):
        memory.reconstruct([6])


def test_storing_beyond_capacity_warns_with_the_expected_accuracy() -> None:
    memory = HolographicMemory(64)
    cues = FHRR(64).random(30, seed=0)
    with pytest.warns(CapacityWarning, match=r"30 items in 64 dimensions: 0\.\d+ of the recalls"):
        memory.store(cues)
    assert len(memory) == 30


def test_utilisation_is_the_load_over_the_capacity() -> None:
    memory = HolographicMemory(1024)
    memory.store(FHRR(1024).random(10, seed=0))
    assert memory.get_capacity_utilization(500, 0.95) == 10 / memory.capacity(500, 0.95)
    memory.forget([0])
    assert memory.load == 10
    with pytest.raises(InvalidInput, match="hold no item with accuracy"):
        HolographicMemory(1).get_capacity_utilization(500)


def test_a_load_below_the_items_is_refused() -> None:
    memory = HolographicMemory(64)
    memory.store(FHRR(64).random(2, seed=0))
    state = memory.state()
    with pytest.raises(InvalidInput, match="load of 1, less than its 2 items"):
        HolographicMemory.from_state({**state, "shape": np.array([64, 0, 1])})
    with pytest.raises(InvalidInput, match="trace holds NaN"):
        HolographicMemory.from_state({**state, "trace": state["trace"] * np.complex64(np.nan)})
