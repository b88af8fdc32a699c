from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from hnsw_bridge import (
    IndexGraph,
    IndexSettings,
    Links,
    Metric,
    SpikeIndex,
    build_index,
    layer_from_graphml,
    read_graph,
    to_networkx,
    write_graphml,
)
from hnsw_bridge.metric import distances
from neuro.errors import InvalidInput
from tests.hnsw_bridge.data import clusters


def test_nodes_carry_the_users_labels(index: SpikeIndex, graph: IndexGraph) -> None:
    assert len(graph) == len(index)
    assert np.array_equal(graph.labels, index.labels)
    assert graph.nodes_of([1003, 1000]).tolist() == [1, 0]


@pytest.mark.parametrize("metric", list(Metric))
def test_distances_along_links_are_exact(metric: Metric) -> None:
    graph = read_graph(build_index(clusters(2), metric=metric))
    for level, links in enumerate(graph.layers):
        expected = distances(metric, graph.vectors[links.source()], graph.vectors[links.column])
        assert np.array_equal(links.distance, expected)
        assert graph.similarities(level).shape == (len(links),)
    if metric is Metric.COSINE:
        assert graph.similarities() == pytest.approx(1.0 - graph.links.distance)


def test_all_nodes_of_a_sound_index_are_reachable(graph: IndexGraph) -> None:
    assert graph.reachable([graph.entry]).all()
    assert graph.reachable([]).sum() == 0


def test_reachability_is_that_of_networkx(graph: IndexGraph) -> None:
    # The upper level is sparse: most nodes have no links there.
    sparse = replace(graph, layers=graph.layers[1:])
    reference = nx.from_edgelist(
        zip(sparse.links.source().tolist(), sparse.links.column.tolist(), strict=True), nx.DiGraph
    )
    start = int(sparse.links.column[0])
    expected = nx.descendants(reference, start) | {start, 0}
    assert set(np.flatnonzero(sparse.reachable([start, 0]))) == expected | (
        nx.descendants(reference, 0) if 0 in reference else set()
    )


def test_unknown_nodes_and_labels_are_refused(graph: IndexGraph) -> None:
    with pytest.raises(InvalidInput, match="nodes run from 0 to 300; 0 to 299 is allowed"):
        graph.reachable([0, 300])
    with pytest.raises(InvalidInput, match="label 1001 is not in the index, which holds 300 items"):
        graph.nodes_of([1001])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda graph: graph.reachable([0.9]), "nodes have dtype float64"),
        (lambda graph: graph.reachable(["1"]), "nodes have dtype <U1"),
        (lambda graph: graph.nodes_of([1000, True]), "labels have dtype bool"),
        (lambda graph: graph.hubs(-1), "count is -1"),
        (lambda graph: graph.hubs(True), "count is True"),
        (lambda graph: graph.similarities(-1), "level is -1"),
        (lambda graph: to_networkx(graph, True), "level is True"),
    ],
)
def test_numbers_that_are_not_whole_are_refused(graph: IndexGraph, call: Any, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        call(graph)


def test_degrees_count_links(graph: IndexGraph) -> None:
    degrees = graph.degrees()
    out = [int(n) for n in np.diff(graph.links.row_start)]
    into = [int(np.count_nonzero(graph.links.column == node)) for node in range(len(graph))]
    assert (degrees.out_lowest, degrees.out_highest) == (min(out), max(out))
    assert (degrees.in_lowest, degrees.in_highest) == (min(into), max(into))
    assert degrees.out_mean == pytest.approx(len(graph.links) / 300)
    assert degrees.in_mean == pytest.approx(degrees.out_mean)
    assert degrees.unreached == into.count(0)


def test_both_ways_adds_each_missing_reverse_once() -> None:
    links = Links(np.array([0, 2, 3, 3]), np.array([2, 1, 0]), np.array([5.0, 1.0, 1.0]))
    both = links.both_ways()
    assert [*zip(both.source().tolist(), both.column.tolist(), both.distance.tolist(), strict=True)] == [
        (0, 1, 1.0),
        (0, 2, 5.0),
        (1, 0, 1.0),
        (2, 0, 5.0),
    ]


def test_networkx_gets_every_link_of_a_level(graph: IndexGraph) -> None:
    exported = to_networkx(graph)
    ends = zip(graph.labels[graph.links.source()].tolist(), graph.labels[graph.links.column].tolist(), strict=True)
    assert set(exported.edges) == set(ends)
    assert exported.nodes[1000]["level"] == graph.levels[0]
    first = exported.edges[1000, int(graph.labels[graph.links.column[0]])]
    assert first == {"distance": graph.links.distance[0], "similarity": graph.similarities()[0]}
    assert set(to_networkx(graph, 1).nodes) == set(graph.labels[graph.levels >= 1].tolist())


def test_a_level_that_is_not_there_is_refused(graph: IndexGraph) -> None:
    top = len(graph.layers) - 1
    with pytest.raises(InvalidInput, match=f"level is {top + 1}; 0 to {top} is allowed"):
        to_networkx(graph, top + 1)


def test_one_item_is_a_graph_without_links() -> None:
    graph = read_graph(build_index(np.ones((1, 4)), settings=IndexSettings(seed=3)))
    assert len(graph.links) == 0
    assert graph.reachable([0]).tolist() == [True]


def test_a_state_of_other_items_is_refused() -> None:
    mixed, other = build_index(clusters(2)), build_index(clusters(2)[:100])
    mixed._native = other._native
    with pytest.raises(InvalidInput, match="its nodes are not the index's items in their order"):
        read_graph(mixed)


def test_a_graph_built_by_threads_has_its_nodes_in_the_order_of_the_items() -> None:
    rows = clusters(2, items=2000)
    index = build_index(rows, threads=2)
    graph = read_graph(index)
    assert np.array_equal(graph.vectors, index.vectors)
    assert np.array_equal(
        graph.links.distance,
        distances(Metric.L2, graph.vectors[graph.links.source()], graph.vectors[graph.links.column]),
    )


def test_messages_are_weighted_means_of_the_neighbours(graph: IndexGraph) -> None:
    features = np.arange(300.0)
    row = slice(int(graph.links.row_start[7]), int(graph.links.row_start[8]))
    weights = graph.similarities()[row]
    expected = (weights * features[graph.links.column[row]]).sum() / weights.sum()
    assert graph.aggregate_neighbours(features)[7] == pytest.approx(expected)
    assert graph.aggregate_neighbours(np.ones((300, 2))) == pytest.approx(np.ones((300, 2)))
    with pytest.raises(InvalidInput, match="features have shape"):
        graph.aggregate_neighbours(np.ones(3))


def test_hubs_and_unreachable_items_are_named(graph: IndexGraph) -> None:
    labels, count = graph.hubs(3)
    assert count[0] == graph.degrees().in_highest
    assert np.array_equal(graph.labels[np.bincount(graph.links.column).argsort(kind="stable")[::-1]][:1], labels[:1])
    assert graph.unreachable().size == 0


def test_a_layer_returns_from_graphml(graph: IndexGraph, tmp_path: Path) -> None:
    write_graphml(graph, tmp_path / "g.graphml")
    layer = layer_from_graphml("same", tmp_path / "g.graphml", graph)
    assert np.array_equal(layer.row_start, graph.links.row_start)
    assert set(zip(layer.source().tolist(), layer.column.tolist(), strict=True)) == set(
        zip(graph.links.source().tolist(), graph.links.column.tolist(), strict=True)
    )
    with pytest.raises(InvalidInput, match="can't be read as GraphML"):
        layer_from_graphml("none", tmp_path / "missing", graph)
