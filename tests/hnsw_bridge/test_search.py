from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hnsw_bridge import (
    MISSING,
    NODES,
    SILICON_SETTINGS,
    Dendrites,
    Gamma,
    History,
    Homeostasis,
    Metric,
    NeuromorphicSearch,
    Priming,
    Resonance,
    SilentSearch,
    Spreading,
    SpreadingParts,
    build_index,
    build_search,
)
from hnsw_bridge.metric import distances
from neuro.errors import InvalidInput
from neuro.simulators import simulate
from tests.hnsw_bridge.data import Split, clusters, split_digits

HISTORY = History(fade=0.5, depth=0.0, most=2.0)


def _recall(search: NeuromorphicSearch, queries: np.ndarray, found: np.ndarray) -> float:
    index, hits = search.index, 0
    for query, labels in zip(index.checked(queries), found, strict=True):
        truth = np.argsort(distances(index.metric, index.vectors, query), kind="stable")[: found.shape[1]]
        hits += np.intersect1d(labels, index.labels[truth]).size
    return hits / found.size


@pytest.mark.parametrize("seed", range(5))
def test_spikes_find_the_nearest_digits(seed: int) -> None:
    split = split_digits(seed)
    search = build_search(build_index(split.stored), Spreading(max_winners=287), proposals=False)
    result = search.query(split.queries[:150], 10)
    assert _recall(search, split.queries[:150], result.labels) >= 0.98
    assert result.seeds.nodes.shape == (150, 3)
    assert result.activated.min() > 3
    assert result.activated.max() <= search.settings.limit(1437)


@pytest.mark.long
def test_without_spreading_much_less_is_found(digits: Split) -> None:
    index = build_index(digits.stored)
    off = build_search(index, Spreading(enabled=False), proposals=False).query(digits.queries, 10)
    search = build_search(index, Spreading(max_winners=287), proposals=False)
    on = search.query(digits.queries, 10)
    assert _recall(search, digits.queries, off.labels) <= _recall(search, digits.queries, on.labels) - 0.2
    assert np.all(off.labels[:, 3:] == MISSING)
    assert np.all(np.isinf(off.distances[:, 3:]))
    assert off.activated.tolist() == [3] * 360


@pytest.mark.parametrize("metric", list(Metric))
def test_other_data_and_metrics_are_found_too(metric: Metric) -> None:
    rows = clusters(5, items=1200, dimension=32)
    search = build_search(build_index(rows[:1000], metric=metric), Spreading(max_winners=200), proposals=False)
    result = search.query(rows[1000:], 10)
    assert _recall(search, rows[1000:], result.labels) >= 0.97
    assert result.activated.max() <= 200


def test_the_answer_is_the_circuits(search: NeuromorphicSearch) -> None:
    queries = clusters(3, items=10)
    search = replace(search, proposals=False)
    result = search.query(queries, 5)
    recording = simulate(search.circuit(queries), search.ticks(10))
    assert result.spikes.mismatches(recording.spikes[NODES]) == 0
    for query in range(10):
        fired = recording.spikes[NODES].between(8 * query, 8 * query + 8).indices
        assert result.activated[query] == fired.size
        exact = distances(Metric.L2, search.index.vectors[fired], search.index.checked(queries)[query])
        assert np.array_equal(result.distances[query], np.sort(exact)[:5])
        assert set(search.graph.nodes_of(result.labels[query])) <= set(fired)


def test_a_search_repeats_itself(search: NeuromorphicSearch) -> None:
    queries = clusters(3, items=10)
    first, second = search.query(queries, 5), search.query(queries, 5)
    alone = search.query(queries[4:5], 5)
    assert np.array_equal(first.labels, second.labels)
    assert np.array_equal(first.spikes.indices, second.spikes.indices)
    assert np.array_equal(first.labels[4], alone.labels[0])


def test_a_batch_that_outgrows_its_room_is_its_queries_one_by_one(
    search: NeuromorphicSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Queries of 180 spikes in room for 16 awake nodes at first; and nodes that remember from one query to the next."""
    monkeypatch.setattr("neuro.simulators.event_driven.run._FEWEST", 16)
    monkeypatch.setattr("neuro.simulators.event_driven.run._MANY", 8)
    settings = Spreading(max_winners=180, parts=SpreadingParts(history=HISTORY))
    one, other = (build_search(search.index, settings, search.graph) for _ in range(2))
    queries = clusters(3, items=12)
    whole, single = one.query(queries, 5), [other.query(query[None], 5) for query in queries]
    assert whole.activated.min() > 64
    assert whole.awake.min() > 64
    assert np.array_equal(whole.labels, np.concatenate([result.labels for result in single]))
    for run, result in zip(whole.runs, single, strict=True):
        assert run.awake == result.awake[0]
        assert np.array_equal(run.ticks, result.runs[0].ticks)
        assert np.array_equal(run.nodes, result.runs[0].nodes)
    labels = search.index.labels
    assert np.array_equal(one.history(labels), other.history(labels))


def test_what_was_deleted_after_the_search_was_made_is_not_found() -> None:
    rows = clusters(3)
    search = build_search(build_index(rows))
    before = search.query(rows[:1], 5)
    search.index.delete(before.labels[0, :3])
    after = search.query(rows[:1], 5)
    assert set(before.labels[0, :3]) <= set(after.runs[0].nodes)
    assert not set(before.labels[0, :3]) & set(after.labels[0])
    assert np.array_equal(after.labels, search.index.query(rows[:1], 5)[0])


def test_fewer_seeds_can_be_asked_for(search: NeuromorphicSearch) -> None:
    result = search.query(clusters(3, items=2), 5, seeds=1)
    assert result.seeds.nodes.shape == (2, 1)
    assert result.spikes.between(0, 1).indices.tolist() == result.seeds.nodes[0].tolist()


def test_an_index_of_two_items_answers() -> None:
    search = build_search(build_index(np.eye(2), labels=[40, 50]))
    assert search.query(np.eye(2), 2).labels.tolist() == [[40, 50], [50, 40]]


def test_256_digits_fit_a_small_core(digits: Split) -> None:
    search = build_search(build_index(digits.stored[:256], settings=SILICON_SETTINGS))
    circuit = search.circuit(digits.queries[:4], winners=10)
    assert [population.size for population in circuit.populations] == [256, 256]
    assert circuit.projections[0].connections.synapses < 3000


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"batch": np.ones((1, 3)), "k": 1}, "queries have 3 dimensions; the index holds vectors of 12"),
        ({"batch": np.full((1, 12), np.nan), "k": 1}, "row 0 of queries holds NaN"),
        ({"batch": np.ones((1, 12), dtype=int), "k": 1}, "queries have dtype int64"),
        ({"batch": np.ones((1, 12)), "k": 301}, "k is 301; 1 to 300 is allowed, the number of items in the index"),
        ({"batch": np.ones((1, 12)), "k": 1, "seeds": 65}, "a query can have 1 to 64 seeds; 65 were asked for"),
    ],
)
def test_unusable_queries_are_refused(search: NeuromorphicSearch, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(text)):
        search.query(**arguments)


def test_counts_of_a_search_are_whole(search: NeuromorphicSearch) -> None:
    row, everything = np.ones((1, 12)), np.ones(search.index.nodes, dtype=bool)
    with pytest.raises(InvalidInput, match="1 to 64 seeds; True were asked for"):
        search.circuit(row, seeds=True, where=everything)
    with pytest.raises(InvalidInput, match="queries is"):
        search.ticks(1.5)  # type: ignore[arg-type]


def test_a_graph_of_another_metric_or_of_more_items_is_refused(search: NeuromorphicSearch) -> None:
    vectors = search.index.vectors
    with pytest.raises(InvalidInput, match=r"the graph counts Metric\.L2, the index Metric\.COSINE"):
        build_search(build_index(vectors, metric=Metric.COSINE), graph=search.graph)
    with pytest.raises(InvalidInput, match="the graph has 300 nodes, the index 10"):
        build_search(build_index(vectors[:10]), graph=search.graph)


def test_importing_the_bridge_loads_no_engine() -> None:
    code = "import sys, hnsw_bridge; print({'brian2', 'hnswlib', 'networkx', 'numba', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_filter_holds_for_seeds_spikes_and_answers(search: NeuromorphicSearch) -> None:
    queries = clusters(3, items=5)
    where = search.index.labels % 2 == 0
    result = search.query(queries, 5, where=where)
    assert where[result.spikes.indices].all()
    assert np.all(result.labels % 2 == 0)
    clock = simulate(search.circuit(queries, where=where), search.ticks(5)).spikes[NODES]
    assert result.spikes.mismatches(clock) == 0


def test_with_proposals_nothing_that_hnswlib_finds_is_lost(search: NeuromorphicSearch) -> None:
    queries = clusters(3, items=20)
    assert np.all(search.query(queries, 5).distances <= search.index.query(queries, 5)[1])


def test_nodes_remember_when_they_fired(search: NeuromorphicSearch) -> None:
    kept = build_search(search.index, Spreading(max_winners=1, parts=SpreadingParts(history=HISTORY)), search.graph)
    least, vectors = 2.0**-16, search.index.vectors
    # A seed fires in the first tick, at whose end what is there fades.
    (once,) = kept.query(vectors[[7]], 1, seeds=1).history
    assert once[0] == 0.5 - least
    kept.query(vectors[[9, 9]], 1, seeds=1)
    faded = ((0.5 - least) * 0.5 - least) * 0.5 - least
    assert kept.history(search.index.labels[[7, 8]]).tolist() == [faded, 0.0]
    assert kept.history(search.index.labels[9])[0] > faded
    with pytest.raises(InvalidInput, match="nodes keep no history"):
        search.history([1000])


@pytest.fixture(scope="module")
def clustered() -> tuple[NeuromorphicSearch, np.ndarray]:
    """2,000 items of 64 dimensions without spreading parts, and 40 queries."""
    rows = clusters(11, 2040, 64)
    return build_search(build_index(rows[:2000], metric=Metric.COSINE), proposals=False), rows[2000:]


ALL_PARTS = SpreadingParts(Gamma(), Resonance(), Dendrites(), Priming(), Homeostasis(), History())


@pytest.mark.parametrize(
    "parts",
    [ALL_PARTS, *(SpreadingParts(resonance=Resonance(period)) for period in (2, 2.5, 3, 4, 5, 16, 100))],
    ids=lambda parts: "all" if parts == ALL_PARTS else f"period_{parts.resonance.period:g}",
)
def test_parts_do_not_silence_a_search(clustered: tuple[NeuromorphicSearch, np.ndarray], parts: SpreadingParts) -> None:
    """Resonance() alone left one spike of 32 a query, and periods 2 and 3 none."""
    plain, queries = clustered
    search = build_search(plain.index, Spreading(parts=parts), plain.graph, proposals=False)
    result, whole = search.query(queries, 10), plain.query(queries, 10)
    assert not result.silent.any()
    assert result.activated.mean() >= 0.9 * whole.activated.mean()
    if parts == ALL_PARTS or parts == SpreadingParts(resonance=Resonance()):
        assert _recall(search, queries, result.labels) >= _recall(plain, queries, whole.labels) - 0.05


def test_a_search_that_stays_silent_says_so(clustered: tuple[NeuromorphicSearch, np.ndarray]) -> None:
    plain, queries = clustered
    tired = SpreadingParts(homeostasis=Homeostasis(step=1000.0, rate=0.001, most=1000.0))
    search = build_search(plain.index, Spreading(parts=tired), plain.graph)
    one = queries[:1]
    assert not search.query(one, 5).silent.any()
    with pytest.warns(SilentSearch, match="no node fired in 1 of 1 queries: what SpreadingParts.*take parts away"):
        again = search.query(one, 5)
    assert again.silent.all()
    assert np.all(again.labels >= 0)


def test_gamma_is_40_hertz_at_any_tick() -> None:
    assert Gamma().cycle(1e-3) == (25, 12)
    assert Gamma().cycle(1e-4) == (250, 125)
    assert Gamma(250.0).cycle(1e-3) == (4, 2)
    assert Gamma(open=1e-9).cycle(1e-3) == (25, 1)
    for dt, ticks in ((1e-3, 50), (5e-4, 50), (1e-2, 6)):
        Spreading(ticks=ticks, dt=dt, parts=SpreadingParts(gamma=Gamma()))
    Spreading(parts=SpreadingParts(gamma=Gamma()))  # A query of 8 ticks is over before its first cycle is.
    with pytest.raises(InvalidInput, match="a gamma cycle of 25 ticks does not divide 60 ticks; 50 or 75 do"):
        Spreading(ticks=60, parts=SpreadingParts(gamma=Gamma()))
