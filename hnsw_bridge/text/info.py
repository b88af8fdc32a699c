"""What a text memory tells about itself: how much it holds, how far its texts lie apart, what a query costs.

Two texts are a pair when a link of the layers ``titles``, ``phrases``, ``adjacent`` or ``learned`` joins them. The gap

    gap = mean cosine within pairs - mean cosine between texts drawn at random that no link joins

says how far the embedder tells related from unrelated texts; near 0, cosine alone finds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hnsw_bridge.text.link_table import LAYERS, TIME, TextLinks
from hnsw_bridge.text.links import whole_text
from hnsw_bridge.text.records import RecordStore
from hnsw_bridge.text.retrieval import RecallSettings, recall
from hnsw_bridge.text.state import TextMemoryState
from neuro.arrays import Float32Array, FloatArray, IntArray

_PAIRS, _SOURCES, _QUERIES, _SEED = 2000, 500, 32, 0


@dataclass(frozen=True, slots=True)
class MemoryInfo:
    """Metrics of a memory; None where there is too little to measure.

    Args:
        embedder, dimension: the model that the memory was made with.
        records, forgotten: how many it holds, how many it was told to forget.
        namespaces: namespace -> records.
        links: layer -> edges; estimated from 2,000 records where there are more.
        within, between, gap: mean cosine of linked and of unlinked pairs, and their difference.
        spikes: mean spikes of a query, over records that ask for themselves.
        most_spikes: the bound of a query.
        capacity_used: share of the records that a memory may hold.
        nodes: rows that are held, those of forgotten and changed records included.
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
    within, between, _ = cosine_gap(state)
    known = [value if np.isfinite(value) else None for value in (within, between, within - between)]
    spikes: float | None = None
    rows = np.random.default_rng(_SEED).permutation(np.flatnonzero(state.alive))[:_QUERIES]
    if rows.size:
        asked = zip(rows.tolist(), state.records(rows), strict=True)
        texts = ((row, whole_text(record)) for row, record in asked)
        counts = [
            recall(state.graph, text, state.graph.vectors[row], 1, settings).run.nodes.size for row, text in texts
        ]
        spikes = float(np.mean(counts))
    return MemoryInfo(
        embedder=store.model,
        dimension=store.dimension,
        records=len(store),
        forgotten=store.tombstones,
        namespaces=store.namespaces(),
        links=_count_links(state),
        within=known[0],
        between=known[1],
        gap=known[2],
        spikes=spikes,
        most_spikes=min(settings.seeds, len(state)),
        capacity_used=len(store) / most_records,
        nodes=state.rows,
        bytes=sum(path.stat().st_size for path in store.path.parent.glob(f"{store.path.name}*")),
    )


def cosine_gap(state: TextMemoryState) -> tuple[float, float, float]:
    """Mean cosine within linked pairs and between others, and the standard deviation between; NaN where none are."""
    alive = np.flatnonzero(state.alive)
    if alive.size < 2:
        return np.nan, np.nan, np.nan
    random = np.random.default_rng(_SEED)
    links, vectors = state.graph.links, state.graph.vectors.astype(np.float32)
    drawn = alive[random.integers(0, alive.size, (_PAIRS, 2))]
    joined = _related(links, random.permutation(alive)[:_SOURCES].tolist())
    apart = np.array(
        [left != right and right not in _ends(links, left) for left, right in drawn.tolist()], dtype=np.bool_
    )
    linked = _cosines(vectors, *joined[random.permutation(len(joined))[:_PAIRS]].T)
    others = _cosines(vectors, *drawn[apart].T)
    within = float(linked.mean()) if linked.size else np.nan
    return (within, float(others.mean()), float(others.std())) if others.size else (within, np.nan, np.nan)


def _related(links: TextLinks, rows: Sequence[int]) -> IntArray:
    """Pairs of rows that a link joins, shape (pairs, 2)."""
    pairs = [(row, end) for row in rows for end in _ends(links, row)]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _ends(links: TextLinks, row: int) -> set[int]:
    return {end for name, ends, _ in links.by_layer(row) if name != TIME for end in ends.tolist()}


def _count_links(state: TextMemoryState) -> dict[str, int]:
    counts = dict.fromkeys(LAYERS, 0)
    rows = np.random.default_rng(_SEED).permutation(np.flatnonzero(state.alive))
    counted = rows[:_PAIRS].tolist()
    for row in counted:
        for name, ends, _ in state.graph.links.by_layer(row):
            counts[name] += ends.size
    return {name: round(count * rows.size / max(len(counted), 1)) for name, count in counts.items()}


def _cosines(vectors: Float32Array, left: IntArray, right: IntArray) -> FloatArray:
    cosines: FloatArray = np.einsum("ij,ij->i", vectors[left], vectors[right], dtype=np.float64)
    return cosines
