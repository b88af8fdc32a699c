"""Every memory keeps the one protocol: store, recall, forget, state; and is unchanged by what it refuses."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.memories import NOTHING, Memory
from neuro.storage import load_memory, save_memory
from tests.memories.cases import MEMORIES, MemoryCase

ITEMS = 12

pytestmark = pytest.mark.parametrize("case", MEMORIES, ids=lambda case: case.name)


def filled(case: MemoryCase, items: int = ITEMS) -> tuple[Memory, np.ndarray]:
    memory, cues = case.make(0), case.cues(items, 1)
    memory.store(cues)
    return memory, cues


def digest(memory: Memory) -> str:
    found = hashlib.sha256()
    for name, array in sorted(memory.state().items()):
        found.update(f"{name} {array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def test_a_stored_cue_recalls_its_item(case: MemoryCase) -> None:
    memory, cues = filled(case)
    answer = memory.recall(cues)
    np.testing.assert_array_equal(answer.indices[:, 0], np.arange(ITEMS))
    assert len(memory) == ITEMS
    np.testing.assert_array_equal(memory.indices, np.arange(ITEMS))


def test_scores_fall_and_each_item_stands_once(case: MemoryCase) -> None:
    memory, cues = filled(case)
    answer = memory.recall(cues, ITEMS)
    assert answer.indices.shape == answer.scores.shape == (ITEMS, ITEMS)
    assert np.all(np.diff(answer.scores, axis=1) <= 0)
    np.testing.assert_array_equal(np.sort(answer.indices, axis=1), np.tile(np.arange(ITEMS), (ITEMS, 1)))


def test_one_cue_is_a_batch_of_one(case: MemoryCase) -> None:
    memory, cues = filled(case)
    single, batch = memory.recall(cues[3], 4), memory.recall(cues, 4)
    assert single.indices.shape == (4,)
    np.testing.assert_array_equal(single.indices, batch.indices[3])
    np.testing.assert_allclose(single.scores, batch.scores[3], rtol=1e-5)
    if batch.values is not None and single.values is not None:
        assert single.values.shape == batch.values.shape[1:]


def test_items_are_known_by_the_indices_given(case: MemoryCase) -> None:
    memory, cues = case.make(0), case.cues(3, 2)
    np.testing.assert_array_equal(memory.store(cues[:2], indices=[40, 7]), [40, 7])
    np.testing.assert_array_equal(memory.store(cues[2]), [41])
    np.testing.assert_array_equal(memory.recall(cues).indices[:, 0], [40, 7, 41])


def test_a_threshold_above_the_score_is_answered_by_nothing(case: MemoryCase) -> None:
    memory, cues = filled(case)
    best = memory.recall(cues[0]).scores[0]
    assert memory.recall(cues[0], threshold=float(best) * (1 - 1e-6)).indices[0] == 0
    refused = memory.recall(cues[0], threshold=float(best) + 1)
    assert refused.indices[0] == NOTHING
    assert refused.scores[0] == pytest.approx(best)


def test_what_is_forgotten_is_named_no_more(case: MemoryCase) -> None:
    memory, cues = filled(case)
    memory.forget([3, 0])
    assert len(memory) == ITEMS - 2
    np.testing.assert_array_equal(memory.indices, [1, 2, *range(4, ITEMS)])
    assert not np.any(np.isin(memory.recall(cues, ITEMS - 2).indices, [0, 3]))
    kept = memory.indices
    np.testing.assert_array_equal(memory.recall(cues[kept]).indices[:, 0], kept)
    memory.store(cues[3], indices=[3])
    assert memory.recall(cues[3]).indices[0] == 3


def test_all_can_be_forgotten(case: MemoryCase) -> None:
    memory, cues = filled(case)
    memory.forget(memory.indices)
    assert len(memory) == 0
    with pytest.raises(InvalidInput, match="empty memory"):
        memory.recall(cues[0])
    memory.store(cues)
    np.testing.assert_array_equal(memory.recall(cues).indices[:, 0], memory.indices)


def test_the_state_comes_back(case: MemoryCase) -> None:
    memory, cues = filled(case)
    memory.forget([5])
    back = type(memory).from_state(memory.state())
    assert digest(back) == digest(memory)
    expected = memory.recall(cues, 5)
    answer = back.recall(cues, 5)
    np.testing.assert_array_equal(answer.indices, expected.indices)
    np.testing.assert_array_equal(answer.scores, expected.scores)
    before = digest(back)
    memory.store(case.cues(1, 99))
    assert digest(back) == before, "the state shares no array with the memory it came from"


def test_storing_one_by_one_is_storing_at_once(case: MemoryCase) -> None:
    whole, cues = filled(case)
    single = case.make(0)
    for cue in cues:
        single.store(cue[None])
    back = type(single).from_state(single.state())
    assert digest(back) == digest(single), "room for further items is no part of the state"
    for memory in (single, back):
        np.testing.assert_array_equal(memory.recall(cues, ITEMS).indices, whole.recall(cues, ITEMS).indices)


def test_an_empty_memory_comes_back(case: MemoryCase) -> None:
    memory = case.make(0)
    assert digest(type(memory).from_state(memory.state())) == digest(memory)


def test_a_memory_is_kept_on_disk(case: MemoryCase, tmp_path: Path) -> None:
    memory, _ = filled(case)
    for _ in range(2):
        save_memory(str(tmp_path / "kept"), memory)
    assert digest(load_memory(str(tmp_path / "kept"), type(memory))) == digest(memory)


@pytest.mark.parametrize("damage", ["missing", "dtype", "shape"])
def test_a_damaged_state_is_refused(case: MemoryCase, damage: str) -> None:
    memory, _ = filled(case)
    for name in memory.state():
        state = dict(memory.state())
        if damage == "missing":
            del state[name]
        elif damage == "dtype":
            state[name] = state[name].astype(np.complex128)
        else:
            state[name] = state[name][None]
        with pytest.raises(InvalidInput, match=name):
            type(memory).from_state(state)


def test_bad_cues_change_nothing(case: MemoryCase) -> None:
    memory, _ = filled(case)
    before = digest(memory)
    for cues, message in case.bad_cues:
        with pytest.raises(InvalidInput, match=message):
            memory.store(cues)
        with pytest.raises(InvalidInput, match=message):
            memory.recall(cues)
    assert digest(memory) == before


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([99], "one for each of 2 items"),
        ([0.5, 1.5], "integers"),
        (["98", "99"], "integers"),
        ([98, True], "integers"),
        ([-3, 99], "indices hold -3; whole numbers from 0"),
        ([99, 2**63 - 1], "whole numbers from 0 to"),
        ([99, 99], "index 99 is given twice"),
        ([99, 5], "index 5 is already stored"),
    ],
)
def test_bad_indices_change_nothing(case: MemoryCase, indices: Any, message: str) -> None:
    memory, _ = filled(case)
    before = digest(memory)
    with pytest.raises(InvalidInput, match=message):
        memory.store(case.cues(2, 7), indices=indices)
    assert digest(memory) == before


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([99], "index 99 is not stored"),
        ([1, 1], "given twice"),
        (["a"], "integers"),
        ([1.9], "integers"),
        ("1", "integers"),
        ([0, True], "integers"),
        ([-1], "whole numbers from 0"),
    ],
)
def test_forgetting_what_is_not_there_changes_nothing(case: MemoryCase, indices: Any, message: str) -> None:
    memory, _ = filled(case)
    before = digest(memory)
    with pytest.raises(InvalidInput, match=message):
        memory.forget(indices)
    assert digest(memory) == before


@pytest.mark.parametrize("k", [0, ITEMS + 1, 1.5, True])
def test_k_out_of_range_is_refused(case: MemoryCase, k: Any) -> None:
    memory, cues = filled(case)
    with pytest.raises(InvalidInput, match=f"a whole number from 1 to {ITEMS}"):
        memory.recall(cues, k)


def test_recall_on_an_empty_memory_and_a_threshold_of_nan_are_refused(case: MemoryCase) -> None:
    cues = case.cues(1, 0)
    with pytest.raises(InvalidInput, match="empty memory"):
        case.make(0).recall(cues)
    memory, _ = filled(case)
    with pytest.raises(InvalidInput, match="threshold is NaN"):
        memory.recall(cues, threshold=float("nan"))
    for threshold in ("high", [0.5, 0.6], True):
        with pytest.raises(InvalidInput, match="a number, or None for no threshold"):
            memory.recall(cues, threshold=threshold)  # type: ignore[arg-type]


def test_merging_is_commutative_associative_idempotent(case: MemoryCase) -> None:
    if not case.merges:
        assert not hasattr(case.make(0), "merge")
        return
    parts: list[Any] = []
    for part in range(3):
        memory = case.make(0)
        memory.store(case.cues(4, part), indices=np.arange(4) + 4 * part)
        parts.append(memory)
    a, b, c = parts
    before = digest(a)
    assert digest(a.merge(b)) == digest(b.merge(a))
    assert digest(a.merge(b).merge(c)) == digest(a.merge(b.merge(c)))
    assert digest(a.merge(b).merge(b)) == digest(a.merge(b))
    assert digest(a) == before
    with pytest.raises(InvalidInput, match="merge"):
        a.merge(case.make(1))
