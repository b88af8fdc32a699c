"""Spread queries over the index graph as spikes, beside plain hnswlib and brute force."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.main.settings import Digits, DigitsSettings
from hnsw_bridge import IndexSettings, NeuromorphicSearch, SearchResult, Spreading, build_index, build_search
from hnsw_bridge.metric import distances
from neuro.arrays import IntArray
from neuro.progress import Advance


@dataclass(frozen=True, slots=True, eq=False)
class GraphSearch:
    """What spreading found.

    Args:
        search: over the stored digits.
        result: for the held-out digits.
        nearest: shape (queries, k), the truth by brute force.
        recall: share of the truth that the re-ranked spiking nodes hold.
        seeds_only: the same with spreading off.
        hnswlib: the same for plain hnswlib.
    """

    search: NeuromorphicSearch
    result: SearchResult
    nearest: IntArray
    recall: float
    seeds_only: float
    hnswlib: float


def brute_force(stored: Digits, queries: Digits, k: int) -> IntArray:
    """The k nearest stored digits of each query, nearest first, shape (queries, k)."""
    index = build_index(stored.embeddings)
    rows = [distances(index.metric, stored.embeddings, query) for query in queries.embeddings]
    return np.argsort(np.array(rows), axis=1, kind="stable")[:, :k]


def recall_of(found: IntArray, truth: IntArray) -> float:
    """The mean share of each row of the truth that is in the same row of what was found."""
    return float(np.mean((truth[:, :, None] == found[:, None, :]).any(axis=2)))


def spread_over_graph(stored: Digits, queries: Digits, settings: DigitsSettings, advance: Advance) -> GraphSearch:
    """Ask for the neighbours of each query by spikes, by hnswlib and by brute force."""
    k = min(settings.neighbours, len(stored))
    index = build_index(stored.embeddings, settings=IndexSettings(seed=settings.seed + 1))
    truth = brute_force(stored, queries, k)
    advance(1)
    # Only what fires is ranked, so that the figures show what the spikes find.
    most = min(1024, max(32, len(stored) // 5))
    search = build_search(index, Spreading(max_winners=most), proposals=False)
    result = search.query(queries.embeddings, k, settings.seeds)
    advance(2)
    alone = build_search(index, Spreading(enabled=False), search.graph, proposals=False)
    seeds_only = alone.query(queries.embeddings, k, settings.seeds)
    plain, _ = index.query(queries.embeddings, k)
    return GraphSearch(
        search,
        result,
        truth,
        recall_of(result.labels, truth),
        recall_of(seeds_only.labels, truth),
        recall_of(plain, truth),
    )
