"""What a text memory tells about itself: how much it holds, how far its texts lie apart, what a query costs.

Two texts are a pair when a link of the layers ``titles``, ``phrases``, ``adjacent`` or ``learned`` joins them. The gap

    gap = mean cosine within pairs - mean cosine between texts drawn at random that no link joins

says how far the embedder tells related from unrelated texts; near 0, cosine alone finds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hnsw_bridge.text.links import title_of, whole_text
from hnsw_bridge.text.records import RecordStore
from hnsw_bridge.text.retrieval import RecallSettings, recall
from hnsw_bridge.text.state import TextMemoryState
from neuro.arrays import FloatArray, IntArray

_PAIRS, _QUERIES, _SEED = 2000, 32, 0
_RELATED = ("titles", "phrases", "adjacent", "learned")


@dataclass(frozen=True, slots=True)
class MemoryInfo:
    """Metrics of a memory; None where there is too little to measure.

    Args:
        embedder, dimension: the model that the memory was made with.
        records, forgotten: how many it holds, how many it was told to forget.
        namespaces: namespace -> records.
        links: layer -> edges.
        within, between, gap: mean cosine of linked and of unlinked pairs, and their difference.
        spikes: mean spikes of a query, over records that ask for themselves.
        most_spikes: the bound of a query.
        capacity_used: share of the records that a memory may hold.
        nodes: of the index, forgotten records that still lead on to others included.
        bytes: of the records' file and its log.
    """

    embedder: str
    dimension: int
    records: int
    forgotten: int
    namespaces: Mapping[str, int]
    links: Mapping[str, int]
    within: float | None
    between: float | None
    gap: float | None
    spikes: float | None
    most_spikes: int
    capacity_used: float
    nodes: int
    bytes: int


def measure_records(
    store: RecordStore, state: TextMemoryState, settings: RecallSettings, most_records: int
) -> MemoryInfo:
    """The metrics of a memory; what is drawn at random is the same each time."""
    graph, index = state.graph, state.index
    within, between, _ = cosine_gap(state)
    known = [value if np.isfinite(value) else None for value in (within, between, within - between)]
    spikes: float | None = None
    if graph is not None and index is not None:
        nodes = np.random.default_rng(_SEED).permutation(np.flatnonzero(index.alive))[:_QUERIES]
        counts = []
        for node in nodes.tolist():
            record = state.records[int(index.labels[node])]
            text = whole_text(title_of(record), record.text)
            counts.append(recall(graph, text, index.vectors[node], 1, settings).run.nodes.size)
        spikes = float(np.mean(counts))
    return MemoryInfo(
        embedder=store.model,
        dimension=store.dimension,
        records=len(store),
        forgotten=store.tombstones,
        namespaces=store.namespaces(),
        links={} if graph is None else {layer.name: len(layer) for layer in graph.layers},
        within=known[0],
        between=known[1],
        gap=known[2],
        spikes=spikes,
        most_spikes=0 if graph is None else graph.search.settings.limit(len(graph.search.graph)),
        capacity_used=len(store) / most_records,
        nodes=0 if index is None else index.nodes,
        bytes=sum(path.stat().st_size for path in store.path.parent.glob(f"{store.path.name}*")),
    )


def cosine_gap(state: TextMemoryState) -> tuple[float, float, float]:
    """Mean cosine within linked pairs and between others, and the standard deviation between; NaN where none are."""
    graph, index = state.graph, state.index
    if graph is None or index is None or len(index) < 2:
        return np.nan, np.nan, np.nan
    random = np.random.default_rng(_SEED)
    alive = np.flatnonzero(index.alive)
    related = [layer for layer in graph.layers if layer.name in _RELATED]
    source = np.concatenate([layer.source() for layer in related])
    column = np.concatenate([layer.column for layer in related])
    joined = np.unique(source * index.nodes + column)
    chosen = random.permutation(joined.size)[:_PAIRS]
    drawn = alive[random.integers(0, alive.size, (4 * _PAIRS, 2))]
    apart = (drawn[:, 0] != drawn[:, 1]) & ~np.isin(drawn[:, 0] * index.nodes + drawn[:, 1], joined)
    vectors = index.vectors.astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    linked = _cosines(vectors, joined[chosen] // index.nodes, joined[chosen] % index.nodes)
    others = _cosines(vectors, *drawn[apart][:_PAIRS].T)
    within = float(linked.mean()) if linked.size else np.nan
    return (within, float(others.mean()), float(others.std())) if others.size else (within, np.nan, np.nan)


def _cosines(vectors: FloatArray, left: IntArray, right: IntArray) -> FloatArray:
    return np.asarray(np.einsum("ij,ij->i", vectors[left], vectors[right]))
