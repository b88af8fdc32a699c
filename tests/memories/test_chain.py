"""Chains: hop by hop to the end, with and without clean-up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro.encoders import replace_units
from neuro.errors import InvalidInput
from neuro.memories import ChainMemory

UNITS, ACTIVE = 512, 12


def codes_of(items: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.sort([random.permutation(UNITS)[:ACTIVE] for _ in range(items)], axis=1)


def empty(**sizes: int) -> ChainMemory:
    return ChainMemory(UNITS, ACTIVE, **{"pointer_units": 512, "pointer_active": 8, **sizes})


@pytest.mark.parametrize("clean_up", [True, False])
def test_four_chains_of_three_hops_in_one_memory_are_exact(clean_up: bool) -> None:
    codes = codes_of(16).reshape(4, 4, ACTIVE)
    memory = empty()
    links = memory.store(codes[:, :-1].reshape(-1, ACTIVE), codes[:, 1:].reshape(-1, ACTIVE)).reshape(4, 3)
    chain = memory.follow(codes[:, 0], 3, clean_up=clean_up)
    np.testing.assert_array_equal(chain.links, links)
    np.testing.assert_array_equal(chain.codes, codes[:, 1:])
    single = memory.follow(codes[2, 0], 3, clean_up=clean_up)
    np.testing.assert_array_equal(single.links, links[2])
    np.testing.assert_array_equal(single.codes, codes[2, 1:])


def test_many_cues_may_lead_to_one_target() -> None:
    codes = codes_of(102)
    memory = empty(pointer_units=1024)
    memory.store(codes[:100], np.tile(codes[100], (100, 1)))
    memory.store(codes[100], codes[101])
    chain = memory.follow(codes[:100], 2)
    np.testing.assert_array_equal(chain.links, np.c_[np.arange(100), np.full(100, 100)])
    assert np.mean(chain.codes[:, 0] == codes[100]) == 1.0


def test_clean_up_stops_errors_from_adding_up() -> None:
    # A ring of 900 links in a memory that is too small for them, cues with a third of their units wrong.
    codes = codes_of(900)
    memory = empty(pointer_units=256, pointer_active=5)
    memory.store(codes, np.roll(codes, -1, axis=0))
    cues = replace_units(codes[:200], UNITS, 1 / 3, seed=1)
    after = (np.arange(200) + 4) % 900
    clean, raw = (np.mean(memory.follow(cues, 5, clean_up=clean_up).links[:, 4] == after) for clean_up in (True, False))
    assert clean > raw + 0.1


def test_the_state_comes_back() -> None:
    codes = codes_of(20)
    memory = empty()
    memory.store(codes[:-1], codes[1:])
    back = ChainMemory.from_state(memory.state())
    np.testing.assert_array_equal(back.follow(codes[0], 19).codes, codes[1:])
    assert len(back) == 19
    assert back.bytes == memory.bytes == 2 * 512 * 512 // 8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.store([1, 2], [3, 4]), "cues have 2 active units; this memory takes 12"),
        (lambda m: m.store(codes_of(2), codes_of(3)), "2 cues and 3 targets"),
        (lambda m: m.store(codes_of(1), [1, 2]), "targets have 2 active units"),
        (lambda m: m.follow(codes_of(1), 0), "hops is 0"),
        (lambda m: m.follow(codes_of(1), 2), "empty memory"),
        (lambda _: ChainMemory(4, 5), "active is 5"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(call: Any, message: str) -> None:
    memory = empty()
    with pytest.raises(InvalidInput, match=message):
        call(memory)
    assert len(memory) == 0
    assert not memory.state()["back"].any()
