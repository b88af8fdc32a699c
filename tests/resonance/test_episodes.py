"""Episodic memory: what it keeps, what it refuses, and that it is saved with its model."""

from __future__ import annotations

import io
import tracemalloc
from typing import Any

import pytest

from neuro.errors import InvalidInput

torch = pytest.importorskip("torch", reason="install the extra 'train'")

from neuro.resonance import ResonanceClassifier, ResonanceConfig  # noqa: E402
from neuro.resonance.episodes import EpisodicMemory  # noqa: E402


def test_a_saved_model_remembers() -> None:
    torch.manual_seed(0)
    model, other = (ResonanceClassifier(ResonanceConfig(3, 5, 2), 4, memory=6) for _ in range(2))
    x = torch.randn(12, 8, 3)
    with torch.no_grad():
        model.recalled.weight.fill_(0.1)
        model(x, store_to_memory=True)  # two more than fit
        file = io.BytesIO()
        torch.save(model.state_dict(), file)
        file.seek(0)
        other.load_state_dict(torch.load(file, weights_only=True))
        assert len(other.memory) == 6
        assert not torch.equal(model(x, use_memory=True), model(x))
        torch.testing.assert_close(other(x, use_memory=True), model(x, use_memory=True), atol=0, rtol=0)
        model(x[:, :1] * 2, store_to_memory=True)
        other(x[:, :1] * 2, store_to_memory=True)
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in model.state_dict().items())


def test_a_memory_of_another_shape_is_not_loaded() -> None:
    memory = EpisodicMemory(6, 2)
    for wrong in (EpisodicMemory(7, 2), EpisodicMemory(6, 3)):
        wrong.store(torch.eye(3, wrong.features))
        with pytest.raises(RuntimeError, match="size mismatch for summaries"):
            memory.load_state_dict(wrong.state_dict())
    assert len(memory) == 0


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_refused_is_not_kept(bad: float) -> None:
    memory = EpisodicMemory(6, 2)
    memory.store(torch.eye(2, 6))
    for call in (memory.store, memory.recall):
        with pytest.raises(InvalidInput, match="NaN or infinity"):
            call(torch.full((1, 6), bad))
    assert torch.equal(memory.recall(torch.eye(2, 6)), torch.eye(2, 6))


def test_the_oldest_goes_first() -> None:
    memory, rows = EpisodicMemory(6, 3), torch.eye(6)
    for start in range(0, 6, 2):
        memory.store(rows[start : start + 2])
        memory.recall(rows)
    assert torch.equal(memory.recall(rows), torch.cat([torch.zeros(3, 6), rows[3:]]))


def test_wide_summaries_take_little_room() -> None:
    """The directions of 4,000 numbers to 2,048 phasors alone are 64 MB."""
    torch.manual_seed(0)
    memory, rows = EpisodicMemory(4000, 100), torch.randn(4, 4000)
    tracemalloc.start()
    memory.store(rows)
    found: Any = memory.recall(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert torch.equal(found, rows)
    assert peak < 32e6
