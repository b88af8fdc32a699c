"""Recall from texts: cosine, words and spikes over links, fused late.

    question -> candidates: nearest by cosine (hnswlib) and by BM25, titles that it mentions
             -> seeds: the best of them, fused -> spikes along the links -> what they reach joins the candidates,
                and counts by how well it answers the words of the question that the spike's source leaves unmatched
             -> one fused score (:class:`hnsw_bridge.fusion.Fusion`) over exact cosines

Only candidates are measured, so hnswlib's effort and not the number of records sets the time of that part; BM25 looks
at each text that shares a word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hnsw_bridge.fusion import Fusion
from hnsw_bridge.spreading import Spreading
from hnsw_bridge.text.inverted_index import WordIndex
from hnsw_bridge.text.link_table import TextLinks, TitleIndex
from hnsw_bridge.text.records import Record
from hnsw_bridge.text.tokens import tokens
from neuro.arrays import BoolArray, Float32Array, FloatArray, IntArray
from neuro.checks import check_whole
from neuro.simulators.event_driven import QuerySpikes

TEXT_SPREADING = Spreading(links=False, ticks=4, max_winners=64)
"""Spikes follow the links between texts alone; similarity has its say in the seeds and in the score."""


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
    """Texts as rows: what recall looks things up in. Row i is node i; dead rows stay and are masked.

    Args:
        nodes: number of rows.
        ids: of the records, shape (nodes,); they break ties, since rows may differ from process to process.
        alive: shape (nodes,).
        vectors: shape (nodes, dimension), of unit length.
        created: shape (nodes,), seconds since 1970.
        records: reads the records of living rows from the file.
        words: BM25.
        titles, speakers: which are mentioned by a text.
        before, after: shape (nodes,), the row that stands before and after in a conversation; -1: none.
        links: neighbours.
    """

    nodes: int
    ids: IntArray
    alive: BoolArray
    vectors: Float32Array
    created: FloatArray
    records: Callable[[IntArray], list[Record]]
    words: WordIndex
    titles: TitleIndex
    speakers: TitleIndex
    before: IntArray
    after: IntArray
    links: TextLinks


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
    query = np.asarray(cue, dtype=np.float32) / np.float32(np.linalg.norm(cue))
    may = graph.alive if allowed is None else allowed & graph.alive
    count = min(max(settings.candidates, k), int(np.count_nonzero(may)))
    cosines = np.where(may, graph.vectors @ query, -2.0)
    asked = tokens(question)
    words = np.where(may, graph.words.scores(asked), 0.0)
    mentions = np.where(may, graph.titles.scores(question), 0.0)
    pool = np.unique(np.concatenate([_best(cosines, count), _best(words, count), np.flatnonzero(mentions)]))
    pool = pool[may[pool]]
    parts = {"similarity": np.maximum(cosines[pool], 0.0), "words": words[pool], "mentions": mentions[pool]}
    fusion = settings.fusion
    fused = fusion.scores(parts)
    seeds = pool[np.lexsort((graph.ids[pool], -fused))[: settings.seeds]]
    carried = np.zeros(graph.nodes)
    for seed in seeds.tolist():
        ends, weights = graph.links.neighbours(seed)
        carried[ends] += weights
    carried = np.where(may, np.maximum(carried, 0.0), 0.0)
    pool = np.union1d(pool, np.flatnonzero(carried))
    similarity = np.maximum(cosines[pool], 0.0)
    parts = {"similarity": similarity, "words": words[pool], "mentions": mentions[pool], "spikes": carried[pool]}
    scores = fusion.scores(parts)
    order = np.lexsort((graph.ids[pool], -scores))[:k]
    best = {name: values[order] for name, values in parts.items()}
    run = QuerySpikes(np.zeros(seeds.size, np.int64), seeds, seeds.size)
    return Candidates(pool[order], scores[order], best, run, float(cosines[pool].max(initial=-1.0)))


def _best(scores: FloatArray, count: int) -> IntArray:
    """The rows of the largest scores, in no order."""
    return np.argpartition(-scores, count - 1)[:count] if count < scores.size else np.arange(scores.size)


def links_used(run: QuerySpikes, links: TextLinks, node: int, fade: float) -> list[tuple[str, int, float]]:
    """Links that carried spikes to a node: layer, source node and what they carried, the strongest first."""
    found = []
    strength = fade ** run.ticks.astype(np.float64)
    for source, share in zip(run.nodes.tolist(), strength.tolist(), strict=True):
        for layer, ends, weights in links.by_layer(source):
            found += [(layer, source, share * weight) for weight in weights[ends == node].tolist()]
    return sorted(found, key=lambda link: (-link[2], link[0], link[1]))
