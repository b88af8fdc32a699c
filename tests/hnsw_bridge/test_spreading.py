from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from hnsw_bridge import (
    NODES,
    THRESHOLD,
    IndexGraph,
    IndexSettings,
    Metric,
    Seeds,
    SpikeIndex,
    Spreading,
    build_index,
    find_seeds,
    read_graph,
    spreading_circuit,
)
from neuro.errors import InvalidInput
from neuro.simulators import Brian2Reference, Compiled, FixedPoint, simulate
from tests.hnsw_bridge.data import clusters


@pytest.fixture(scope="module")
def seeds(index: SpikeIndex) -> Seeds:
    return find_seeds(index, clusters(3, items=6))


def test_seeds_are_the_nearest_items_and_the_nearest_gets_most(index: SpikeIndex, seeds: Seeds) -> None:
    labels, _ = index.query(clusters(3, items=6), 3)
    assert np.array_equal(index.labels[seeds.nodes], labels)
    assert np.all(seeds.share[:, 0] == 1.0)
    assert np.all((seeds.share >= 0.5) & (seeds.share <= 1.0))
    assert np.all(np.diff(seeds.share, axis=1) <= 0)


def test_currents_reach_the_seeds_alone(seeds: Seeds) -> None:
    rows = seeds.rows(300, Spreading())
    assert np.count_nonzero(rows) == seeds.nodes.size
    assert np.array_equal(np.take_along_axis(rows, seeds.nodes, axis=1), seeds.currents(Spreading()))
    assert seeds.currents(Spreading())[:, 0].tolist() == [3.0 * THRESHOLD] * 6


def test_dissimilar_seeds_still_get_half() -> None:
    index = build_index(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]), metric=Metric.INNER_PRODUCT)
    assert find_seeds(index, np.array([[1.0, 0.0]])).share.tolist() == [[1.0, 0.5, 0.5]]
    assert find_seeds(index, np.array([[-1e-9, -1.0]])).share[0, 0] == 1.0


@pytest.mark.parametrize("count", [0, 65, True, 1.0])
def test_a_query_has_so_many_seeds(index: SpikeIndex, count: Any) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"a query can have 1 to 64 seeds; {count!r} were asked for")):
        find_seeds(index, index.vectors[:1], count)


def test_activity_spreads_once_and_is_bounded(graph: IndexGraph, seeds: Seeds) -> None:
    settings = Spreading()
    spikes = simulate(spreading_circuit(graph, seeds, settings), 6 * settings.ticks).spikes[NODES]
    for query in range(6):
        part = spikes.between(query * settings.ticks, (query + 1) * settings.ticks)
        assert 3 < len(part) <= settings.limit(300) == 32
        assert np.unique(part.indices).size == len(part)
        assert set(seeds.nodes[query]) <= set(part.indices)


def test_a_spike_takes_one_tick_a_link(graph: IndexGraph) -> None:
    entered = Seeds(np.array([[7]]), np.ones((1, 1)))
    spikes = simulate(spreading_circuit(graph, entered), 8).spikes[NODES]
    assert spikes.between(0, 1).indices.tolist() == [7]
    links = graph.links.both_ways()
    neighbours = links.column[links.row_start[7] : links.row_start[8]]
    assert set(spikes.between(1, 2).indices) <= set(neighbours)
    assert len(spikes.between(1, 2)) > 0


def test_without_spreading_only_seeds_fire(graph: IndexGraph, seeds: Seeds) -> None:
    circuit = spreading_circuit(graph, seeds, Spreading(enabled=False))
    assert not circuit.projections
    spikes = simulate(circuit, 48).spikes[NODES]
    assert sorted(spikes.indices.tolist()) == sorted(seeds.nodes.ravel().tolist())


@pytest.mark.parametrize(("decay", "tick"), [(0.3, 2), (0.5, 1), (0.99, 1)])
def test_a_far_seed_fires_later(graph: IndexGraph, decay: float, tick: int) -> None:
    entered, settings = Seeds(np.array([[3, 9]]), np.array([[1.0, 0.5]])), Spreading(enabled=False, decay=decay)
    spikes = simulate(spreading_circuit(graph, entered, settings), 8).spikes[NODES]
    assert [*zip(spikes.ticks.tolist(), spikes.indices.tolist(), strict=True)] == [(0, 3), (tick, 9)]


def test_brian2_and_compiled_agree_on_every_spike(graph: IndexGraph, seeds: Seeds) -> None:
    circuit = spreading_circuit(graph, seeds)
    compiled, reference = (simulate(circuit, 48, on=on) for on in (Compiled(), Brian2Reference()))
    assert compiled.spike_count > 100
    assert compiled.mismatches(reference) == 0
    assert compiled.largest_difference(reference) < 1e-12


@pytest.mark.long
def test_integers_stay_close(graph: IndexGraph, seeds: Seeds) -> None:
    circuit = spreading_circuit(graph, seeds)
    exact, integers = (simulate(circuit, 48, on=on).spikes[NODES] for on in (Compiled(), FixedPoint()))
    assert exact.mismatches(integers) <= 0.02 * len(exact)


def test_one_item_is_a_circuit() -> None:
    index = build_index(np.ones((1, 4)), settings=IndexSettings(seed=3))
    circuit = spreading_circuit(read_graph(index), find_seeds(index, np.ones((2, 4))))
    assert simulate(circuit, 16).spikes[NODES].ticks.tolist() == [0, 8]


@pytest.mark.parametrize(("nodes", "limit"), [(2, 2), (100, 32), (100_000, 32)])
def test_the_default_quota_does_not_grow_with_the_graph(nodes: int, limit: int) -> None:
    assert Spreading().limit(nodes) == limit
    assert Spreading(max_winners=50).limit(nodes) == min(50, nodes)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"max_winners": 0}, "max_winners is 0; a whole number >= 1 or None is allowed"),
        ({"max_winners": True}, "max_winners is True; a whole number >= 1"),
        ({"winners_per_tick": True}, "winners_per_tick is True; a whole number >= 1"),
        ({"max_winners": 9.5}, "max_winners is 9.5; a whole number >= 1"),
        ({"ticks": 3}, "ticks is 3; a whole number from 4 to 1000 is allowed"),
        ({"decay": 1.0}, "decay is 1.0; a number from 0.3 to 0.99 is allowed"),
        ({"dt": 0.0}, "dt is 0.0; a time above 0 s is allowed"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(text)):
        Spreading(**settings)


def test_seeds_of_another_graph_are_refused(graph: IndexGraph) -> None:
    with pytest.raises(InvalidInput, match="nodes of seeds have dtype float64"):
        Seeds(np.array([[2.5]]), np.ones((1, 1)))
    with pytest.raises(InvalidInput, match="seeds run from node 2 to 300; the graph has 0 to 299"):
        spreading_circuit(graph, Seeds(np.array([[2, 300]]), np.ones((1, 2))))
