"""Questions of several hops by each dynamics, all with the same seeds, bonus, links and gate, chosen on other folds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.data import data_folder
from benchmarks.search.folds import held_out, judged
from benchmarks.search.lab import SEEDS, Floats
from hnsw_bridge import (
    FirstArrival,
    Fusion,
    LinearSpreading,
    LinkGate,
    Mentions,
    Metric,
    PersonalisedPageRank,
    Spreading,
    SpreadingDynamics,
    SummedLayers,
    WordScores,
    activation,
    bare_title,
    build_index,
    build_search,
    covering_seeds,
    find_embedder,
    linked,
    mention_layer,
    phrases,
    shared_layer,
)
from hnsw_bridge.association import spread_from_best
from neuro.arrays import FloatArray, IntArray, stable_top_k

SETS = ("musique_train100", "hotpot_dev100")
_COUNTS, _TIRES, _SPIKES, _BONUSES = (2, 3, 5), (0.0, 0.25, 0.5), (0.3, 0.6, 1.0), (0.0, 0.15, 0.3)
_LEAST_SHARE, _DRAWS = 0.67, 10_000
_OLD = Spreading(links=False, ticks=4, max_winners=64)
"""What text memories used before first arrival: version 0.1.0 spread by these."""

DYNAMICS: Mapping[str, Sequence[SpreadingDynamics]] = MappingProxyType(
    {
        "first arrival": tuple(FirstArrival(relays=count) for count in (2, 4, 8)),
        "linear step": (LinearSpreading(),),
        "PageRank": tuple(PersonalisedPageRank(damping, 3e-3) for damping in (0.3, 0.5, 0.7)),
    }
)
"""Each dynamics with the settings that the folds choose among."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What the folds choose: the dynamics' own setting, seeds, how much covered words tire, weights of both parts."""

    dynamics: SpreadingDynamics
    seeds: int
    tire: float
    spikes: float
    bonus: float


class GatedLinks:
    """The links of one question with their gate, each row made once, so that many variants cost one gate."""

    def __init__(self, links: SummedLayers, gate: LinkGate) -> None:
        self.nodes, self._links, self._gate = links.nodes, links, gate
        self._rows: dict[int, tuple[IntArray, FloatArray]] = {}

    def neighbours(self, node: int) -> tuple[IntArray, FloatArray]:
        """Ends and gated weights."""
        if node not in self._rows:
            ends, weights = self._links.neighbours(node)
            self._rows[node] = ends, weights * self._gate(node, ends)
        return self._rows[node]


class PassageSet:
    """Passages, their links, and what the words of each question say of them."""

    def __init__(self, name: str) -> None:
        known = json.loads((data_folder() / "text" / f"{name}.json").read_text(encoding="utf-8"))
        self.name, texts, self.asked = name, known["passages"], known["questions"]
        self.passages, cues = _embedded(name, texts, [one["question"] for one in self.asked])
        titles = [text.split("\n")[0] for text in texts]
        marks = [phrases(t.replace("\n", ". ")) | {bare_title(a)} for t, a in zip(texts, titles, strict=True)]
        self.layers = [mention_layer("titles", texts, titles, 0.5), shared_layer("phrases", marks, scale=0.25)]
        self.links, self.words, mentions = SummedLayers(self.layers), WordScores(texts), Mentions(titles)
        self.questions = [
            PassageQuestion(self, one["question"], one["supporting"], cue, mentions.scores(one["question"]))
            for one, cue in zip(self.asked, cues, strict=True)
        ]


class PassageQuestion:
    """One question: its score of every passage without spikes, word by word, and its gated links."""

    def __init__(self, of: PassageSet, text: str, supporting: list[int], cue: Floats, mentions: Floats) -> None:
        self.supporting, self.cue, self.text = supporting, cue, text
        self.cosines = np.maximum(of.passages @ cue, 0.0)
        parts = {"similarity": self.cosines, "words": of.words.scores(text), "mentions": mentions}
        self.base = Fusion().scores(parts)
        self.terms = of.words.each(text)
        self.gate = LinkGate(of.words.unmatched(text), 0.1)
        self.links = GatedLinks(of.links, self.gate)

    def seeds(self, count: int, tire: float) -> tuple[IntArray, FloatArray]:
        """Seeds and their shares."""
        nodes = covering_seeds(self.base, self.terms, count, tire)
        return nodes, np.clip(self.base[nodes] / self.base.max(), _LEAST_SHARE, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """Of one set: what each question scored, shape (questions, variants, 3), by dynamics; today's, (questions, 3).

    ``beyond`` is the share of questions in which nodes beyond the seeds fire, ``milliseconds`` the median of a spread.
    """

    fused: Mapping[str, Floats]
    today: Floats
    beyond: Mapping[str, float]
    milliseconds: Mapping[str, float]


def variants(dynamics: Sequence[SpreadingDynamics]) -> Iterator[Variant]:
    """All that the folds choose among, in the order of :func:`measure_set`."""
    for one, seeds, tire in product(dynamics, _COUNTS, _TIRES):
        for spikes, bonus in product(_SPIKES, _BONUSES):
            yield Variant(one, seeds, tire, spikes, bonus)


def measure_set(of: PassageSet) -> Measurements:
    """Every question by every dynamics and variant, and by the search as it was (2 seeds, no bonus, LIF spreading)."""
    fused: dict[str, Floats] = {}
    beyond, seconds = dict[str, float](), dict[str, float]()
    for name, family in DYNAMICS.items():
        rows, fired, spent = [], [], []
        for question in of.questions:
            own = []
            for one, count, tire in product(family, _COUNTS, _TIRES):
                nodes, share = question.seeds(count, tire)
                start = time.perf_counter()
                found = one.spread(question.links, nodes, share)
                spent.append(time.perf_counter() - start)
                fired.append(found.run.nodes.size > count)
                carried = found.dense(question.base.size)
                own.append(_ranked(question.base, carried, nodes))
            rows.append(judged(np.concatenate(own), question.supporting))
        fused[name], beyond[name] = np.array(rows), float(np.mean(fired))
        seconds[name] = 1e3 * float(np.median(spent))
    today, fired_today, spent_today = _today(of)
    beyond["today"], seconds["today"] = fired_today, spent_today
    return Measurements(fused, today, beyond, seconds)


def _today(of: PassageSet) -> tuple[Floats, float, float]:
    search = build_search(
        build_index(of.passages.astype(np.float32), metric=Metric.COSINE), _OLD, layers=[linked(of.layers)]
    )
    rows, fired, spent = [], [], []
    for question in of.questions:
        start = time.perf_counter()
        run = spread_from_best(search, question.base, 2)
        carried = activation(run, search.program, 0.5, question.gate.unmatched, 0.1)
        spent.append(time.perf_counter() - start)
        fired.append(run.nodes.size > 2)
        total = question.base + Fusion().scores({"spikes": carried})
        rows.append(judged(stable_top_k(total[None], 10), question.supporting)[0])
    return np.array(rows), float(np.mean(fired)), 1e3 * float(np.median(spent))


def _ranked(base: FloatArray, carried: FloatArray, seeds: IntArray) -> IntArray:
    """The 10 best passages for each weight of spikes and bonus."""
    flat, plus = carried / max(float(carried.max()), 1e-300), np.zeros(base.size)
    plus[seeds] = 1.0
    rows = np.array([base + spikes * flat + bonus * plus for spikes, bonus in product(_SPIKES, _BONUSES)])
    near = np.sort(np.argpartition(-rows, 20, axis=1)[:, :20], axis=1)
    order = stable_top_k(np.take_along_axis(rows, near, 1), 10)
    return np.asarray(np.take_along_axis(near, order, 1))


def _embedded(name: str, texts: list[str], questions: list[str]) -> tuple[Floats, Floats]:
    """Rows of length 1: MiniLM's where the data bring them, else those of wordllama."""
    ready = data_folder() / "text" / f"{name}.npz"
    if ready.exists():
        with np.load(ready, allow_pickle=False) as arrays:
            rows: tuple[Any, Any] = arrays["passages"], arrays["questions"]
    else:
        embed = find_embedder("wordllama")
        rows = embed(texts), embed(questions)
    long = [np.asarray(part, dtype=np.float64) for part in rows]
    return long[0] / np.linalg.norm(long[0], axis=1, keepdims=True), long[1] / np.linalg.norm(
        long[1], axis=1, keepdims=True
    )


def held(fused: Floats, chosen: Sequence[int] | None = None) -> tuple[Floats, list[int]]:
    """Questions judged by what is best on the other folds, mean over divisions; only ``chosen`` variants may be."""
    part = fused if chosen is None else fused[:, list(chosen)]
    found = [held_out(part, seed) for seed in SEEDS]
    picks = [pick if chosen is None else chosen[pick] for _, own in found for pick in own]
    return np.mean([rows for rows, _ in found], axis=0), picks


def interval(differences: Sequence[Floats]) -> tuple[float, float, float]:
    """Mean over sets of the mean difference, in points, and its 95 % interval: paired bootstrap within each set."""
    generator = np.random.default_rng(0)
    draws = [part[generator.integers(0, len(part), (_DRAWS, len(part)))].mean(axis=1) for part in differences]
    low, high = np.percentile(100 * np.mean(draws, axis=0), (2.5, 97.5))
    return 100 * float(np.mean([part.mean() for part in differences])), float(low), float(high)
