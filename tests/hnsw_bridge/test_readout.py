from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from hnsw_bridge import (
    GO_TICKS,
    NODES,
    READOUT,
    NeuromorphicSearch,
    SpikeIndex,
    Spreading,
    build_search,
    similarity_levels,
    with_readout,
)
from neuro.errors import InvalidInput
from neuro.simulators import Brian2Reference, Compiled, FixedPoint, simulate
from tests.hnsw_bridge.data import clusters

QUERIES = clusters(3, items=6)


def test_levels_rank_items_by_distance(index: SpikeIndex) -> None:
    levels = similarity_levels(index, QUERIES, levels=256)
    assert levels.shape == (6, 300)
    assert levels.max(axis=1).tolist() == [256] * 6
    assert levels.min(axis=1).tolist() == [1] * 6
    labels, _ = index.query(QUERIES, 300)
    for row, order in zip(levels, (labels - 1000) // 3, strict=True):
        assert np.all(np.diff(row[order]) <= 0)


def test_an_item_is_nearest_to_itself(index: SpikeIndex) -> None:
    levels = similarity_levels(index, index.vectors[:1])
    assert levels[0, 0] == 4096


def test_the_winners_are_the_nearest_of_the_nodes_that_fired(search: NeuromorphicSearch) -> None:
    recording = simulate(search.circuit(QUERIES, winners=5), search.ticks(6))
    levels = similarity_levels(search.index, QUERIES)
    for query in range(6):
        fired = recording.spikes[NODES].between(8 * query, 8 * query + 8 - GO_TICKS).indices
        best = fired[np.lexsort((fired, -levels[query, fired]))][:5]
        named = recording.spikes[READOUT].between(8 * query, 8 * query + 8)
        assert sorted(named.indices.tolist()) == sorted(best.tolist())
        assert np.all(named.ticks == 8 * query + 8 - GO_TICKS)


@pytest.mark.long
def test_no_node_wins_without_having_fired(search: NeuromorphicSearch) -> None:
    quiet = build_search(search.index, Spreading(enabled=False), search.graph)
    recording = simulate(quiet.circuit(QUERIES, winners=20), quiet.ticks(6))
    assert sorted(recording.spikes[READOUT].indices) == sorted(recording.spikes[NODES].indices)
    assert len(recording.spikes[READOUT]) == 18


@pytest.mark.long
def test_all_simulators_name_the_same_winners(search: NeuromorphicSearch) -> None:
    circuit = search.circuit(QUERIES, winners=5)
    compiled, reference, integers = (
        simulate(circuit, 48, on=on) for on in (Compiled(), Brian2Reference(), FixedPoint())
    )
    assert compiled.mismatches(reference) == 0
    assert compiled.spikes[READOUT].mismatches(integers.spikes[READOUT]) <= 2
    assert len(compiled.spikes[READOUT]) == 30


@pytest.mark.parametrize("levels", [1, 2**20 + 1, 4.0, True])
def test_levels_out_of_range_are_refused(index: SpikeIndex, levels: Any) -> None:
    with pytest.raises(
        InvalidInput, match=re.escape(f"levels is {levels!r}; a whole number from 2 to 1048576 is allowed")
    ):
        similarity_levels(index, QUERIES, levels)


@pytest.mark.parametrize("ticks", [4, 9])
def test_ticks_that_leave_no_time_to_read_are_refused(search: NeuromorphicSearch, ticks: int) -> None:
    odd = Spreading(ticks=ticks)
    circuit = build_search(search.index, odd, search.graph).circuit(QUERIES)
    with pytest.raises(InvalidInput, match=f"needs an even number of ticks from 6 up; ticks is {ticks}"):
        with_readout(circuit, similarity_levels(search.index, QUERIES), 3, odd)


def test_more_winners_than_nodes_are_refused(search: NeuromorphicSearch) -> None:
    with pytest.raises(InvalidInput, match="k is 301; 1 to 300 is allowed"):
        search.circuit(QUERIES, winners=301)
