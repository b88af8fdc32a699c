"""Recall from texts: cosine, words and spikes over links, fused late.

    question -> candidates: nearest by cosine (hnswlib) and by BM25, titles that it mentions
             -> seeds: the best of them, fused -> spikes along the links -> what they reach joins the candidates,
                and counts by how well it answers the words of the question that the spike's source leaves unmatched
             -> one fused score (:class:`hnsw_bridge.fusion.Fusion`) over exact cosines

Only candidates are measured, so hnswlib's effort and not the number of records sets the time of that part; BM25 looks
at each text that shares a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hnsw_bridge.fusion import Fusion, WordScores, activation, ranked_by
from hnsw_bridge.layers import EdgeLayer
from hnsw_bridge.search import NeuromorphicSearch
from hnsw_bridge.spreading import Seeds, Spreading
from hnsw_bridge.text.links import Mentions
from neuro.arrays import BoolArray, Float32Array, FloatArray, IntArray
from neuro.checks import check_whole
from neuro.simulators.event_driven import QuerySpikes

TEXT_SPREADING = Spreading(links=False, ticks=4, max_winners=64)
"""Spikes follow the links between texts alone; similarity has its say in the seeds and in the score."""

_LEAST_SHARE = 0.67
"""A weaker seed would not fire in the first ticks."""


@dataclass(frozen=True, slots=True)
class RecallSettings:
    """How a text memory recalls.

    Args:
        fusion: how much each part counts.
        seeds: at how many texts the spikes start, 1 to 64; the folds of bench `search` choose 2.
        candidates: texts taken from cosine and from BM25, each.
    """

    fusion: Fusion = field(default_factory=Fusion)
    seeds: int = 2
    candidates: int = 100

    def __post_init__(self) -> None:
        check_whole("seeds", self.seeds, 1, 64)
        check_whole("candidates", self.candidates, 1, 100_000)


@dataclass(frozen=True, slots=True, eq=False)
class TextGraph:
    """Texts as nodes: what recall looks things up in. Node i is the index's node i."""

    search: NeuromorphicSearch
    layers: tuple[EdgeLayer, ...]
    words: WordScores
    mentions: Mentions


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What came up: nodes, best first, their scores and their parts by name, and the spikes."""

    nodes: IntArray
    scores: FloatArray
    parts: dict[str, FloatArray]
    run: QuerySpikes
    nearest: float


def recall(
    graph: TextGraph,
    question: str,
    cue: Float32Array,
    k: int,
    settings: RecallSettings,
    allowed: BoolArray | None = None,
) -> Candidates:
    """The k best texts for a question.

    Args:
        graph: of the texts.
        question: its words and the titles in it count.
        cue: its embedding, shape (dimension,).
        k: how many, at most as many as there are.
        settings: how.
        allowed: shape (nodes,): texts that may fire and be found, at least one; None: all.

    Raises:
        InvalidInput: an unusable cue or k.
    """
    index = graph.search.index
    (query,) = index.checked(np.asarray(cue)[None])
    may = index.alive if allowed is None else allowed & index.alive
    count = min(max(settings.candidates, k), int(np.count_nonzero(may)))
    found = index.nearest(query[None], count) if allowed is None else index.nearest_allowed(query[None], count, may)
    words = np.where(may, graph.words.scores(question), 0.0)
    mentions = np.where(may, graph.mentions.scores(question), 0.0)
    pool = np.unique(
        np.concatenate([found[0][0], ranked_by(words, np.arange(words.size), count), np.flatnonzero(mentions)])
    )
    pool = pool[may[pool]]
    cosines = _cosines(index.vectors[pool], query)
    parts = {"similarity": cosines, "words": words[pool], "mentions": mentions[pool]}
    fusion = settings.fusion
    run = _spread(graph, pool, fusion.scores(parts), settings.seeds, may if allowed is not None else None)
    unmatched = graph.words.unmatched(question) if fusion.rest < 1 else None
    carried = np.where(may, activation(run, graph.search.program, fusion.fade, unmatched, fusion.rest), 0.0)
    reached = np.setdiff1d(np.flatnonzero(carried > 0), pool)
    pool = np.concatenate([pool, reached])
    cosines = np.concatenate([cosines, _cosines(index.vectors[reached], query)])
    parts = {"similarity": cosines, "words": words[pool], "mentions": mentions[pool], "spikes": carried[pool]}
    scores = fusion.scores(parts)
    order = np.lexsort((pool, -scores))[:k]
    best = {name: values[order] for name, values in parts.items()}
    return Candidates(pool[order], scores[order], best, run, float(cosines.max(initial=-1.0)))


def links_used(run: QuerySpikes, layers: Sequence[EdgeLayer], node: int, fade: float) -> list[tuple[str, int, float]]:
    """Links that carried spikes to a node: layer, source node and what they carried, the strongest first."""
    found = []
    strength = fade ** run.ticks.astype(np.float64)
    for layer in layers:
        for source, share in zip(run.nodes.tolist(), strength.tolist(), strict=True):
            ends, weights = layer.neighbours(source)
            found += [(layer.name, source, share * weight) for weight in weights[ends == node].tolist()]
    return sorted(found, key=lambda link: (-link[2], link[0], link[1]))


def _spread(graph: TextGraph, pool: IntArray, fused: FloatArray, seeds: int, allowed: BoolArray | None) -> QuerySpikes:
    order = np.lexsort((pool, -fused))[:seeds]
    share = np.clip(fused[order] / max(float(fused[order[0]]), 1e-12), _LEAST_SHARE, 1.0)
    (run,) = graph.search.spread(Seeds(pool[order][None], share[None]), allowed)
    return run


def _cosines(vectors: Float32Array, query: Float32Array) -> FloatArray:
    """Exact cosines, shape (rows,); negative ones count as 0 in a fused score."""
    rows, one = vectors.astype(np.float64), query.astype(np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows) * (one @ one))
    return np.asarray(np.maximum(rows @ one / np.maximum(lengths, 1e-300), 0.0))
