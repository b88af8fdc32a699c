"""A spike code keeps its spikes in order, refuses impossible ones, and becomes a source and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro.encoders import SpikeCode
from neuro.errors import CircuitError, InvalidInput
from neuro.spikes import Spikes
from tests.encoders.spiking import triples

SPIKES = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 4)), max_size=40)


def code_of(spikes: list[tuple[int, int, int]]) -> SpikeCode:
    columns = np.array(spikes, dtype=np.int64).reshape(-1, 3).T
    return SpikeCode(*columns, presentations=4, length=7, size=5)


@given(SPIKES, st.randoms(use_true_random=False))
def test_everything_it_tells_is_what_plain_loops_count(spikes: set[tuple[int, int, int]], random: Any) -> None:
    shuffled = sorted(spikes)
    random.shuffle(shuffled)
    code = code_of(shuffled)
    assert triples(code) == sorted(spikes)
    assert len(code) == len(spikes)
    weights = code.ticks + 10.0 * code.items
    for item in range(4):
        part = code.presentation(item)
        assert list(zip(part.ticks, part.indices, strict=True)) == [(t, n) for i, t, n in sorted(spikes) if i == item]
        for neuron in range(5):
            ticks = [t for i, t, n in spikes if (i, n) == (item, neuron)]
            assert code.counts()[item, neuron] == len(ticks)
            assert code.first_ticks()[item, neuron] == min(ticks, default=7)
            assert code.last_ticks()[item, neuron] == max(ticks, default=-1)
            assert code.total(weights)[item, neuron] == sum(ticks) + 10 * item * len(ticks)


@given(SPIKES, st.integers(0, 9))
def test_a_source_shows_items_one_after_the_other_and_comes_back(spikes: set[tuple[int, int, int]], start: int) -> None:
    code = code_of(sorted(spikes))
    source = code.source("input")
    ticks, indices = np.asarray(source.ticks), np.asarray(source.indices)
    assert (source.name, source.size) == ("input", 5)
    assert sorted(zip(ticks, indices, strict=True)) == sorted((7 * i + t, n) for i, t, n in spikes)
    back = SpikeCode.from_spikes(Spikes(ticks + start, indices, 5), 7, 4, start=start)
    assert triples(back) == triples(code)
    assert (back.presentations, back.length, back.size) == (4, 7, 5)


def test_it_is_read_only_and_independent_of_what_was_given() -> None:
    given_items = np.array([0, 1])
    code = SpikeCode(given_items, np.array([1, 1]), np.array([0, 0]), 2, 3, 1)
    given_items[0] = 1
    assert code.items.tolist() == [0, 1]
    with pytest.raises(ValueError, match="read-only"):
        code.ticks[0] = 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"items": [0, 2]}, "items run from 0 to 2; 0 to 1 are allowed"),
        ({"ticks": [-1, 0]}, "ticks run from -1 to 0; 0 to 2 are allowed"),
        ({"indices": [0, 4]}, "indices run from 0 to 4; 0 to 3 are allowed"),
        ({"indices": [0.0, 1.0]}, r"indices have shape \(2,\), dtype float64; a vector of integers"),
        ({"items": [[0, 1]]}, r"items have shape \(1, 2\)"),
        ({"items": [0]}, r"items, ticks and indices hold \[1, 2, 2\] spikes"),
        ({"items": [0, 0], "ticks": [1, 1], "indices": [3, 3]}, "a neuron fires twice in a tick"),
        ({"presentations": 0}, "presentations is 0; a whole number from 1"),
        ({"length": 2.0}, "length is 2.0"),
        ({"size": True}, "size is True"),
        ({"presentations": 1 << 31, "length": 1 << 30, "size": 1 << 10}, r"beyond 2\*\*62"),
    ],
)
def test_what_is_impossible_is_refused(change: dict[str, Any], message: str) -> None:
    good = {"items": [0, 1], "ticks": [1, 1], "indices": [0, 3], "presentations": 2, "length": 3, "size": 4}
    with pytest.raises(InvalidInput, match=message):
        SpikeCode(**{**good, **change})


def test_spikes_outside_the_presentations_are_refused() -> None:
    spikes = Spikes(np.array([0, 6]), np.array([0, 0]), 1)
    with pytest.raises(InvalidInput, match="spikes at ticks 0 to 6; 1 to 6 are allowed: check start"):
        SpikeCode.from_spikes(spikes, 3, 2, start=1)
    with pytest.raises(InvalidInput, match="0 to 5 are allowed"):
        SpikeCode.from_spikes(spikes, 3, 2)
    with pytest.raises(InvalidInput, match="item is 2"):
        SpikeCode([0], [0], [0], 2, 1, 1).presentation(2)
    with pytest.raises(CircuitError, match="a spike source is named"):
        SpikeCode([0], [0], [0], 2, 1, 1).source("2 words")
