"""Multi-hop rows of bench ``search``: questions over passages, with a grid over the design and over its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from benchmarks.form import Measured, Row, checked
from benchmarks.search.folds import Judged, held_out_gain, judged
from benchmarks.search.lab import Floats, SearchLab, Vectors
from hnsw_bridge import (
    EdgeLayer,
    Evidence,
    Fusion,
    Mentions,
    Metric,
    NeuromorphicSearch,
    Spreading,
    WordScores,
    activation,
    associate,
    bare_title,
    build_index,
    build_search,
    mention_layer,
    phrases,
    shared_layer,
)
from hnsw_bridge.association import spread_from_best
from hnsw_bridge.metric import similarities
from neuro.arrays import stable_top_k
from neuro.simulators.event_driven import QuerySpikes

SPREADING = Spreading(links=False, ticks=4, max_winners=64)
_SEEDS, _WORDS, _MENTIONS = (2, 3, 5), (0.1, 0.2, 0.4), (0.0, 0.2)
_RESTS, _SPIKES = (0.1, 0.3, 1.0), (0.4, 0.6, 0.8)


@dataclass(frozen=True, slots=True)
class Design:
    """What links the passages.

    Args:
        power: of the idf of shared phrases; 0: no such links.
        digits: whether years and numbers are phrases.
        back: weight of the way from a title to the passage that mentions it, against the way there.
        scale: weights, in thresholds; with 0.25 second hops fire by coincidence alone, with 1 by rare phrases too.
    """

    power: float
    digits: bool
    back: float
    scale: float


def _designs() -> list[Design]:
    marks = ((0.0, False), (1.0, False), (2.0, False), (1.0, True))
    return [Design(*mark, back, scale) for mark, back, scale in product(marks, (0.0, 0.3, 1.0), (0.25, 1.0))]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A question with all that its words say."""

    cue: Vectors
    supporting: list[int]
    evidence: Evidence


class Passages:
    """The passages, what is known of them, and a search for each design."""

    def __init__(self, lab: SearchLab) -> None:
        self._texts: list[str] = lab.questions["passages"]
        self._titles = [text.split("\n")[0] for text in self._texts]
        self._index = build_index(lab.questions["embedded"]["passages"], metric=Metric.COSINE)
        self._graph = build_search(self._index).graph
        words, mentions = WordScores(self._texts), Mentions(self._titles)
        self.search = cache(self._search)
        self.questions = [
            Question(cue, one["supporting"], _evidence(one["question"], words, mentions))
            for one, cue in zip(lab.questions["questions"], lab.questions["embedded"]["questions"], strict=True)
        ]

    def _search(self, design: Design) -> NeuromorphicSearch:
        return build_search(self._index, SPREADING, self._graph, self._layers(design))

    def _layers(self, design: Design) -> list[EdgeLayer]:
        mentioned = mention_layer("titles", self._texts, self._titles, design.scale, back=design.back)
        if not design.power:
            return [mentioned]
        marks = [self._marks(text, title, design) for text, title in zip(self._texts, self._titles, strict=True)]
        return [shared_layer("phrases", marks, scale=design.scale, power=design.power), mentioned]

    @staticmethod
    def _marks(text: str, title: str, design: Design) -> set[str]:
        found = phrases(text.replace("\n", ". ")) | {bare_title(title)}
        return {phrase for phrase in found if design.digits or not phrase.replace(" ", "").isdigit()}


def _evidence(text: str, words: WordScores, mentions: Mentions) -> Evidence:
    return Evidence(words.scores(text), mentions.scores(text), words.unmatched(text))


def _variants() -> Iterator[tuple[Design, int, Fusion]]:
    for design, seeds, words, mentions in product(_designs(), _SEEDS, _WORDS, _MENTIONS):
        for rest, spikes in product(_RESTS, _SPIKES):
            yield design, seeds, Fusion(words=words, mentions=mentions, rest=rest, spikes=spikes, seeds=0.0)


def _judge(passages: Passages, question: Question) -> Floats:
    """One question by all variants, in their order: as :func:`associate` answers, with what they share made once."""
    index, known, results = passages.search(_designs()[0]).index, question.evidence, []
    (query,) = index.checked(question.cue[None])
    parts: dict[str, Any] = {"similarity": np.maximum(similarities(index.metric, index.exact(query)), 0.0)}
    parts |= {"words": known.words, "mentions": known.mentions}
    firsts = {(w, m): Fusion(words=w, mentions=m).scores(parts) for w, m in product(_WORDS, _MENTIONS)}
    for design, seeds, words, mentions in product(_designs(), _SEEDS, _WORDS, _MENTIONS):
        search, first = passages.search(design), firsts[words, mentions]
        run = spread_from_best(search, first, seeds)
        results.append(judged(_ranked(first, *_carried(search, run, known)), question.supporting))
    return np.concatenate(results)


def _carried(search: NeuromorphicSearch, run: QuerySpikes, known: Evidence) -> tuple[Floats, Floats]:
    """What the spikes carried to each node: all of it, and only where it answers what was left open."""
    return activation(run, search.program), activation(run, search.program, unmatched=known.unmatched, rest=0.0)


def _ranked(first: Floats, whole: Floats, gated: Floats) -> Any:
    """The 10 best nodes by each way to read the activation, shape (ways, 10); ties go to the lower node."""
    scores = []
    for rest, spikes in product(_RESTS, _SPIKES):
        carried = {"spikes": rest * whole + (1.0 - rest) * gated}
        scores.append(first + Fusion(spikes=spikes).scores(carried))
    rows = np.array(scores)
    near = np.sort(np.argpartition(-rows, 20, axis=1)[:, :20], axis=1)
    order = stable_top_k(np.take_along_axis(rows, near, 1), 10)
    return np.take_along_axis(near, order, 1)


def multi_hop(lab: SearchLab) -> Judged:
    """Every question by exact cosine and by every variant."""
    passages: Passages = lab.keep("passages", lambda: Passages(lab))
    index = passages.search(_designs()[0]).index
    near = [np.argsort(index.exact(one.cue.astype(np.float32)), kind="stable") for one in passages.questions]
    alone = [judged(found, one.supporting) for found, one in zip(near, passages.questions, strict=True)]
    names = tuple(
        f"{design}, {seeds} seeds, words {f.words}, mentions {f.mentions}, rest {f.rest}, spikes {f.spikes}"
        for design, seeds, f in _variants()
    )
    return Judged(np.array(alone), np.array([_judge(passages, one) for one in passages.questions]), names)


def _as_associated(lab: SearchLab, kept: Judged) -> int:
    """Questions that :func:`associate` answers otherwise than the grid says, over some variants."""
    passages, wrong = lab.keep("passages", lambda: Passages(lab)), 0
    for number, (design, seeds, fusion) in enumerate(_variants()):
        if number % 997 == 0:
            search = passages.search(design)
            for row, one in enumerate(passages.questions):
                found = associate(search, one.cue, 10, seeds=seeds, fusion=fusion, evidence=one.evidence).labels
                wrong += not np.allclose(judged(found, one.supporting), kept.fused[row, number])
    return wrong


def multi_hop_gain(column: int) -> Row:
    """Points over exact cosine on held-out folds; column 0 is R@5, 1 all-support@10."""

    def measure(lab: SearchLab) -> Measured:
        kept: Judged = lab.keep("multi hop", lambda: multi_hop(lab))
        checked(lab.keep("as associated", lambda: _as_associated(lab, kept)) == 0, "associate() answers as the grid")
        note = "links (phrases, idf power, numbers, way back, weights), seeds, word gate and fusion are variants"
        return held_out_gain(kept, column, note)

    return measure
