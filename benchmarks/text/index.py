"""Rows of bench ``text`` about the index underneath: nothing living is hidden, and queries are as quick as peers'."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.form import Measured, Row, checked
from benchmarks.search.lab import pool
from hnsw_bridge import IndexSettings, Metric, SpikeIndex, build_index
from neuro.arrays import IntArray

Vectors = npt.NDArray[np.float32]
Ask = Callable[[Vectors, int], IntArray]
"""(one query, effort) -> the ten nearest."""

_SEEDS = (0, 1, 2)
_ITEMS = 4000
_DIMENSION = 64
_K = 10
_RECALL = 0.95
_ROUNDS = 3
_LINKS, _BUILD_EFFORT = 16, 100
_EFFORTS = tuple(sorted({int(2 ** (step / 8)) for step in range(24, 81)}))


def _changed(generator: np.random.Generator, metric: Metric) -> SpikeIndex:
    """Half of the items deleted, then three times 600 given new vectors."""
    index = build_index(generator.normal(size=(_ITEMS, _DIMENSION)), metric=metric)
    index.delete(generator.permutation(_ITEMS)[: _ITEMS // 2])
    for _ in range(3):
        some = generator.permutation(index.labels[index.alive])[:600]
        index.update(some, generator.normal(size=(600, _DIMENSION)))
    return index


def _half_equal(generator: np.random.Generator, metric: Metric) -> SpikeIndex:
    rows = generator.normal(size=(_ITEMS, _DIMENSION))
    rows[_ITEMS // 2 :] = rows[0]
    return build_index(generator.permutation(rows), metric=metric)


def _outliers(generator: np.random.Generator, metric: Metric) -> SpikeIndex:
    """A cluster around (1, ..., 1), one item opposite, five far away, one in the middle of all."""
    rows = 1.0 + 0.1 * generator.normal(size=(_ITEMS, _DIMENSION))
    rows[10], rows[0] = -5.0, rows[10:].mean(axis=0)
    rows[20:25] = 1e4 * generator.normal(size=(5, _DIMENSION))
    return build_index(rows, metric=metric)


_MADE = {"changed": _changed, "half equal": _half_equal, "outliers": _outliers}


def _indexes() -> Iterator[tuple[str, SpikeIndex]]:
    """Every kind under every metric and seed: as queries find it, and once more with its graph forced."""
    for (name, make), metric, seed in ((m, d, s) for m in _MADE.items() for d in Metric for s in _SEEDS):
        index = make(np.random.default_rng(seed), metric)
        yield f"{name}, {metric.value}, seed {seed}", index
        index.reachability()
        yield f"{name}, {metric.value}, seed {seed}, by the graph", index


def wrong_distances(_: Any) -> Measured:
    """Living items whose vectors do not get brute force's distances at rank 1 and rank 10."""
    samples: dict[str, list[float]] = {}
    for name, index in _indexes():
        living = np.flatnonzero(index.alive)
        asked = index.vectors[living]
        near = index.query(asked, _K)[1]
        truth = np.array([np.partition(index.exact(query)[living], (0, _K - 1))[[0, _K - 1]] for query in asked])
        samples[name] = [float(count) for count in np.sum(near[:, [0, -1]] != truth, axis=0)]
    judged = [max(counts) for name, counts in samples.items() if not name.endswith("by the graph")]
    forced = max(max(counts) for name, counts in samples.items() if name.endswith("by the graph"))
    equal = checked(len(judged) == len(_MADE) * len(Metric) * len(_SEEDS), "brute force measures the same vectors")
    note = f"{_ITEMS:,} x {_DIMENSION}; samples: rank 1, rank 10; with the graph forced at ef 64 at most {forced:.0f}"
    return Measured(max(judged), "items", equal, samples, note=note)


def labels_lost(_: Any) -> Measured:
    """Living labels that a query with k = all does not give, and items that hnswlib's links hide."""
    lost, samples = 0, {}
    for name, index in _indexes():
        queries = np.random.default_rng(0).normal(size=(3, _DIMENSION)).astype(np.float32)
        labels = index.query(queries, len(index))[0]
        living = np.sort(index.labels[index.alive])
        lost = max(lost, *(int(np.count_nonzero(np.sort(row) != living)) for row in labels))
        if name.endswith("graph"):
            found = index.reachability()
            samples[name] = [float(found.hidden.size), float(found.linked), float(found.scanned), float(found.merged)]
    hidden = max(values[0] for values in samples.values())
    equal = checked(hidden > 0, "hnswlib's own links hide some of these items")
    note = "samples: items that hnswlib's links hide, vectors linked anew, items scanned, items that share a node"
    return Measured(lost, "labels", equal, samples, "hidden by hnswlib, at most", hidden, note)


@dataclass(frozen=True, slots=True)
class _Rival:
    """An index of the same rows: how it is asked, how long it took to build, how much memory it takes."""

    ask: Ask
    build_seconds: float
    megabytes: float


def _spikeloom(rows: Vectors) -> _Rival:
    start = time.perf_counter()
    settings = IndexSettings(_LINKS, _BUILD_EFFORT)
    index = build_index(rows, metric=Metric.COSINE, settings=settings)
    index.reachability()
    seconds = time.perf_counter() - start
    state = index.state()
    own = sum(part.nbytes for part in state.values() if isinstance(part, np.ndarray))
    held = own + index.vectors.nbytes + index.query_bytes

    def ask(query: Vectors, effort: int) -> IntArray:
        index.settings = replace(settings, search_effort=effort)
        nearest: IntArray = index.query(query, _K)[0][0]
        return nearest

    return _Rival(ask, seconds, held / 1e6)


def _hnswlib(rows: Vectors) -> _Rival:
    import hnswlib

    start = time.perf_counter()
    index = hnswlib.Index("cosine", rows.shape[1])
    index.init_index(len(rows), M=_LINKS, ef_construction=_BUILD_EFFORT, random_seed=1)
    index.add_items(rows, num_threads=1)
    seconds = time.perf_counter() - start

    def ask(query: Vectors, effort: int) -> IntArray:
        index.set_ef(effort)
        return np.asarray(index.knn_query(query, k=_K, num_threads=1)[0][0], dtype=np.int64)

    (state,) = index.__getstate__()
    held = sum(part.nbytes for part in state.values() if isinstance(part, np.ndarray))
    return _Rival(ask, seconds, held / 1e6)


def _usearch(rows: Vectors) -> _Rival:
    from usearch.index import Index

    start = time.perf_counter()
    index = Index(ndim=rows.shape[1], metric="cos", dtype="f32", connectivity=_LINKS, expansion_add=_BUILD_EFFORT)
    index.add(np.arange(len(rows)), rows, threads=1)
    seconds = time.perf_counter() - start

    def ask(query: Vectors, effort: int) -> IntArray:
        index.expansion_search = effort  # type: ignore[misc]
        return np.asarray(index.search(query[0], _K, threads=1).keys, dtype=np.int64)

    return _Rival(ask, seconds, index.memory_usage / 1e6)


def _faiss(rows: Vectors) -> _Rival:
    import faiss

    faiss.omp_set_num_threads(1)
    start = time.perf_counter()
    index = faiss.IndexHNSWFlat(rows.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _BUILD_EFFORT
    index.add(rows)
    seconds = time.perf_counter() - start

    def ask(query: Vectors, effort: int) -> IntArray:
        index.hnsw.efSearch = effort
        return np.asarray(index.search(query, _K)[1][0], dtype=np.int64)

    return _Rival(ask, seconds, len(faiss.serialize_index(index)) / 1e6)


_RIVALS = {"spikeloom": _spikeloom, "hnswlib": _hnswlib, "usearch": _usearch, "faiss": _faiss}


def _least_effort(ask: Ask, queries: Vectors, truth: IntArray) -> tuple[int, float]:
    """The least effort of a ladder at which recall@10 is .95, and that recall."""
    recall = 0.0
    for effort in _EFFORTS:
        found = [ask(query[None], effort) for query in queries]
        recall = float(np.mean([np.isin(own, best).mean() for own, best in zip(found, truth, strict=True)]))
        if recall >= _RECALL:
            break
    return effort, recall


def query_time(items: int, dimension: int) -> Row:
    """p50 of one query at the least effort with recall@10 of .95, in units of hnswlib's own."""

    def measure(_: Any) -> Measured:
        rows, queries = pool(items, 500, 0, dimension)
        truth = np.array([np.argsort(-(rows @ query), kind="stable")[:_K] for query in queries])
        rivals = {name: make(rows) for name, make in _RIVALS.items()}
        efforts = {name: _least_effort(rival.ask, queries, truth) for name, rival in rivals.items()}
        seconds = {name: np.empty((_ROUNDS, len(queries))) for name in rivals}
        for times, (row, query) in ((t, q) for t in range(_ROUNDS) for q in enumerate(queries)):
            for name, rival in rivals.items():
                start = time.perf_counter()
                rival.ask(query[None], efforts[name][0])
                seconds[name][times, row] = time.perf_counter() - start
        p50 = {name: 1e6 * float(np.median(values)) for name, values in seconds.items()}
        samples = {
            name: [p50[name], efforts[name][0], efforts[name][1], rival.build_seconds, rival.megabytes]
            for name, rival in rivals.items()
        }
        enough = all(recall >= _RECALL for _, recall in efforts.values())
        equal = checked(enough, "every one has recall@10 of .95 on the same 500 queries")
        note = (
            f"{items:,} x {dimension}, cosine, one thread, cores {os.cpu_count()}; aim 1.0; samples: p50 us, effort, "
            "recall, build s, MB"
        )
        own, theirs = p50["spikeloom"], p50["hnswlib"]
        return Measured(own / theirs, "x its time", equal, samples, "hnswlib us", theirs, note)

    return measure


INDEX_ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "index-wrong-distances": wrong_distances,
        "index-labels-lost": labels_lost,
        "index-time-20k": query_time(20_000, _DIMENSION),
        "index-time-100k": query_time(100_000, _DIMENSION),
    }
)
"""Thresholds: 0 items, 0 labels, at most 1.4 times hnswlib's time."""
