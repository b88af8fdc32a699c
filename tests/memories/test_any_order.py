"""Every memory, whatever is done to it in whatever order, against a plain dictionary and two twins.

One twin is given item by item what the memory is given at once, the other is written to a state and read back now and
then. All three must stay the same to the last bit.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from neuro.errors import InvalidInput
from neuro.memories import NOTHING, Memory, SwarmMemory
from tests.memories.cases import MEMORIES, MemoryCase
from tests.memories.test_every_memory import digest

POOL = 10
"""Cues that items are drawn from, so that some are stored twice."""


def copy_of(memory: Memory) -> Memory:
    return type(memory).from_state(memory.state())


class AnyOrder(RuleBasedStateMachine):
    """Store, forget, recall and state in any order."""

    def __init__(self, case: MemoryCase) -> None:
        super().__init__()
        self.case, self.cues = case, case.cues(POOL, 1)
        self.memory = case.make(0)
        self.single, self.restored = copy_of(self.memory), copy_of(self.memory)
        self.model: dict[int, int] = {}

    @property
    def all_three(self) -> tuple[Memory, Memory, Memory]:
        return self.memory, self.single, self.restored

    @rule(cues=st.lists(st.integers(0, POOL - 1), min_size=1, max_size=5))
    def store(self, cues: list[int]) -> None:
        first = max(self.model, default=-1) + 1
        expected = list(range(first, first + len(cues)))
        assert self.memory.store(self.cues[cues]).tolist() == expected
        assert self.restored.store(np.asfortranarray(self.cues[cues])).tolist() == expected
        assert [int(self.single.store(self.cues[cue])[0]) for cue in cues] == expected
        self.model |= dict(zip(expected, cues, strict=True))

    @rule(cue=st.integers(0, POOL - 1), index=st.integers(0, 20), dtype=st.sampled_from(["u1", "i4", ">i8"]))
    def store_by_name(self, cue: int, index: int, dtype: str) -> None:
        for memory in self.all_three:
            if index in self.model:
                with pytest.raises(InvalidInput, match=f"index {index} is already stored"):
                    memory.store(self.cues[[cue, cue]], indices=[21, index])
            else:
                memory.store(self.cues[cue], indices=np.array([index], dtype=dtype))
        self.model.setdefault(index, cue)

    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        gone = data.draw(st.lists(st.sampled_from([*self.model, 30]), max_size=4, unique=True))
        for memory in self.all_three:
            if 30 in gone:
                with pytest.raises(InvalidInput, match="index 30 is not stored"):
                    memory.forget(gone)
            elif memory is self.single:
                for name in gone:
                    memory.forget(name)
            else:
                memory.forget(np.array(gone, dtype=np.int64))
        if 30 not in gone:
            self.model = {index: cue for index, cue in self.model.items() if index not in gone}

    @rule()
    def write_and_read_back(self) -> None:
        self.restored = copy_of(self.restored)

    @precondition(lambda self: self.model)
    @rule(cues=st.lists(st.integers(0, POOL - 1), min_size=1, max_size=3), part=st.floats(0, 1))
    def recall(self, cues: list[int], part: float) -> None:
        k = 1 + round(part * (len(self.model) - 1))
        asked = self.cues[cues]
        asked.setflags(write=False)
        answer = self.memory.recall(asked, k)
        assert answer.indices.shape == answer.scores.shape == (len(cues), k)
        assert np.all(np.diff(answer.scores, axis=1) <= 0)
        place = {index: order for order, index in enumerate(self.model)}
        for names, scores in zip(answer.indices.tolist(), answer.scores.tolist(), strict=True):
            assert len(set(names)) == k
            tied = [(-score, place[name]) for name, score in zip(names, scores, strict=True)]
            assert tied == sorted(tied), "ties go to the item stored earlier"
        for other in (self.single.recall(asked, k), self.restored.recall(asked, k)):
            np.testing.assert_array_equal(other.indices, answer.indices)
            np.testing.assert_array_equal(other.scores, answer.scores)
        best = float(answer.scores[0, 0])
        refused = self.memory.recall(asked[0], k, threshold=best + 1 + abs(best))
        assert refused.indices.tolist() == [NOTHING] * k

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        kept = digest(self.memory)
        for memory in self.all_three:
            assert memory.indices.tolist() == list(self.model)
            assert len(memory) == len(self.model)
            assert digest(memory) == kept


@pytest.mark.parametrize("case", MEMORIES, ids=lambda case: case.name)
def test_a_memory_keeps_its_word_in_any_order(case: MemoryCase) -> None:
    run_state_machine_as_test(
        partial(AnyOrder, case), settings=settings(max_examples=4, stateful_step_count=14, deadline=None)
    )


def test_a_merged_memory_that_learns_as_a_lower_replica_keeps_its_order() -> None:
    """The order of items is that of their tags, before it is written and after it is read back."""
    parts = []
    for replica, name in ((1, 0), (2, 9)):
        part = SwarmMemory(32, replica=replica)
        part.store([[1, 2, 3]], indices=[name])
        parts.append(part)
    memory = parts[0].merge(parts[1]).as_replica(0)
    memory.store([1, 2, 3])
    for found in (memory, copy_of(memory)):
        assert found.indices.tolist() == [10, 0, 9]
        assert found.recall([1, 2, 3], 3).indices.tolist() == [10, 0, 9], "the three fit alike"


def test_read_only_and_fortran_cues_need_no_kernel_of_their_own() -> None:
    """Kernels are compiled by the layout of what they are given, which takes seconds."""
    from neuro.memories.hebbian._kernels import column_sums
    from neuro.memories.hopfield._attention_kernels import attend_once

    for case in MEMORIES:
        if case.name not in ("hebbian", "modern_hopfield"):
            continue
        kernel, memory, cues = {"hebbian": column_sums}.get(case.name, attend_once), case.make(0), case.cues(5, 1)
        memory.store(cues)
        memory.recall(cues[0])
        before = len(kernel.signatures)
        read_only = np.asfortranarray(cues)
        read_only.setflags(write=False)
        for asked in (read_only, np.ascontiguousarray(read_only)[0]):
            asked.setflags(write=False)
            memory.recall(asked)
        assert len(kernel.signatures) == before
