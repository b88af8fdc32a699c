"""Rows of bench ``text``: what is found, what is abstained from, beside cosine, BM25 and their rank fusion.

Everything is asked of a :class:`TextMemory` with the product's defaults. ``defaults-held-out`` chooses them again, by
nested folds: a fold of the conversations is a whole conversation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType

import numpy as np

from benchmarks.form import Measured, Row, checked
from benchmarks.memory.data import auroc
from benchmarks.text.lab import EMBEDDER_NAMES, SEEDS, Collection, Floats, TextLab, interval, recall_at
from hnsw_bridge import RecallSettings, TextMemory, recall
from hnsw_bridge.text.tokenizer import tokens

_KEPT, _RANKS, _FOLDS = 10, 60, 5
"""Answers that are kept of each question; the constant of rank fusion (Cormack, Clarke & Buettcher, SIGIR 2009)."""
_RENAMED = 40
"""Questions of each other conversation that are put with the speakers renamed."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the answerable questions of a collection found, shape (questions, 2) each: recall at 5 and at 10."""

    memory: Floats
    cosine: Floats
    words: Floats
    fusion: Floats

    @classmethod
    def joined(cls, parts: Sequence[Found]) -> Found:
        """Of several collections."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


def _search(lab: TextLab, name: str, collections: Sequence[Collection]) -> Found:
    parts = []
    for one in collections:
        with lab.memory(one.records, lab.embedder(name)) as memory:
            rows = [
                [_shares(ids, question.supporting) for ids in _asked(memory, lab, name, question.text)]
                for question in one.questions
                if question.answerable
            ]
            parts.append(Found(*np.array(rows).transpose(1, 0, 2)))
    return Found.joined(parts)


def _asked(memory: TextMemory, lab: TextLab, name: str, question: str) -> list[list[int]]:
    """Places found by the memory, by exact cosine, by BM25 and by their rank fusion, best first."""
    graph = memory.state().graph
    own = [answer.id - 1 for answer in memory.ask(question, _KEPT, min_score=-1.0).answers]
    (cue,) = lab.embedder(name)([question])
    ranks = [
        np.argsort(-scores, kind="stable") for scores in (graph.vectors @ cue, graph.words.scores(tokens(question)))
    ]
    place = [np.argsort(order) for order in ranks]
    fused = np.argsort(-sum(1.0 / (_RANKS + 1 + own) for own in place), kind="stable")
    return [own, *((graph.ids[order[:_KEPT]] - 1).tolist() for order in (*ranks, fused))]


def _shares(found: Sequence[int], supporting: Sequence[int]) -> tuple[float, float]:
    return recall_at(found, supporting, 5), recall_at(found, supporting, 10)


def _found(lab: TextLab, name: str, what: str) -> Found:
    found: Found = lab.keep(
        f"{what}, {name}",
        lambda: _search(lab, name, lab.conversations if what == "conversations" else [getattr(lab, what)]),
    )
    return found


def over_fusion(name: str, what: str, column: int) -> Row:
    """Points over rank fusion of cosine and BM25; column 0 is recall at 5, 1 at 10."""

    def measure(lab: TextLab) -> Measured:
        found = _found(lab, name, what)
        paired = 100 * (found.memory - found.fusion)[:, column]
        low, high = interval(paired)
        means = {way: [float(getattr(found, way)[:, column].mean())] for way in Found.__slots__}
        note = f"recall {means['memory'][0]:.3f}; 95 % paired bootstrap {low:.1f} to {high:.1f}; samples: recall"
        equal = checked(len(found.memory) > 0, f"all rank the same records for {len(found.memory)} questions")
        return Measured(float(paired.mean()), "points", equal, means, "rank fusion, %", 100 * means["fusion"][0], note)

    return measure


def passages_found(name: str, what: str, all_support: bool) -> Row:
    """Mean recall at 5, or the share of questions with all their support among 10."""

    def measure(lab: TextLab) -> Measured:
        found = _found(lab, name, what)
        values = {way: _support(getattr(found, way), all_support) for way in Found.__slots__}
        low, high = interval(values["memory"])
        note = f"95 % {low:.3f} to {high:.3f}; samples: memory, cosine, BM25, rank fusion"
        samples = {way: [float(own.mean())] for way, own in values.items()}
        equal = checked(len(found.memory) == 100, "all rank the same passages for 100 questions")
        return Measured(samples["memory"][0], "", equal, samples, "rank fusion", samples["fusion"][0], note)

    return measure


def _support(recalls: Floats, all_support: bool) -> Floats:
    return np.asarray(recalls[:, 1] == 1.0, dtype=np.float64) if all_support else recalls[:, 0]


@dataclass(frozen=True, slots=True, eq=False)
class Judgements:
    """Of questions that were put to a conversation: whether it abstained, its answerability, the largest cosine."""

    abstained: Floats
    answerability: Floats
    cosine: Floats


def _judge(lab: TextLab, name: str) -> dict[str, Judgements]:
    """Kind of question -> what became of it; the kinds: answerable, unanswerable, others, renamed."""
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for talk in lab.conversations:
        with lab.memory(talk.records, lab.embedder(name)) as memory:
            for kind, questions in _kinds(lab, talk).items():
                found = [memory.ask(question) for question in questions]
                rows.setdefault(kind, []).extend((one.abstained, one.answerability, one.confidence) for one in found)
    return {kind: Judgements(*np.array(found, dtype=np.float64).T) for kind, found in rows.items()}


def _kinds(lab: TextLab, talk: Collection) -> dict[str, list[str]]:
    others = [other for other in lab.conversations if other is not talk]
    random = np.random.default_rng(SEEDS[0])
    renamed = []
    for other in others:
        names = dict(zip(_speakers(other), _speakers(talk), strict=True))
        asked = [question.text for question in other.questions if question.answerable]
        pattern = re.compile("|".join(names))
        chosen = (asked[place] for place in random.permutation(len(asked))[:_RENAMED].tolist())
        renamed += [_renamed(text, pattern, names) for text in chosen]
    return {
        "answerable": [question.text for question in talk.questions if question.answerable],
        "unanswerable": [question.text for question in talk.questions if not question.answerable],
        "others": [question.text for other in others for question in other.questions],
        "renamed": renamed,
    }


def _renamed(text: str, pattern: re.Pattern[str], names: Mapping[str, str]) -> str:
    return pattern.sub(lambda found: names[found.group()], text)


def _speakers(talk: Collection) -> list[str]:
    return sorted({str(record.metadata["speaker"]) for record in talk.records})


def _judged(lab: TextLab, name: str) -> dict[str, Judgements]:
    kept: dict[str, Judgements] = lab.keep(f"abstention, {name}", lambda: _judge(lab, name))
    return kept


def abstention(name: str, kind: str) -> Row:
    """Share of the questions of a kind from which the memory abstains by default."""

    def measure(lab: TextLab) -> Measured:
        own = _judged(lab, name)[kind].abstained
        low, high = interval(100 * own)
        equal = checked(own.size > 0, f"{own.size} questions were put to the five conversations")
        return Measured(100 * float(own.mean()), "%", equal, note=f"95 % {low:.1f} to {high:.1f}")

    return measure


def told_apart(name: str, kind: str) -> Row:
    """Chance that an answerable question has a higher answerability than one of another kind."""

    def measure(lab: TextLab) -> Measured:
        found = _judged(lab, name)
        yes, no = found["answerable"], found[kind]
        equal = checked(
            no.cosine.size > 0, f"{yes.cosine.size} and {no.cosine.size} questions were put to the same memories"
        )
        value, alone = auroc(yes.answerability, no.answerability), auroc(yes.cosine, no.cosine)
        return Measured(value, "AUROC", equal, peer="the largest cosine", peer_value=alone)

    return measure


def _variants() -> dict[str, RecallSettings]:
    """What the folds may choose: one value at a time around the defaults, and some together."""
    base = RecallSettings()
    grid = product((0.5, 1.0), (0.4, 0.8), (0.2, 0.3), (2, 3))
    return {
        f"words {words}, spikes {spikes}, smoothing {smoothing}, seeds {seeds}": replace(
            base, fusion=replace(base.fusion, words=words, spikes=spikes), smoothing=smoothing, seeds=seeds
        )
        for words, spikes, smoothing, seeds in grid
    }


def _grid(lab: TextLab, name: str, one: Collection) -> Floats:
    """Recall at 5 of each answerable question by each variant, shape (questions, variants)."""
    with lab.memory(one.records, lab.embedder(name)) as memory:
        graph, rows = memory.state().graph, []
        for question in one.questions:
            if question.answerable:
                (cue,) = lab.embedder(name)([question.text])
                found = [recall(graph, question.text, cue, 5, own).nodes for own in _variants().values()]
                rows.append([recall_at((graph.ids[nodes] - 1).tolist(), question.supporting, 5) for nodes in found])
        return np.array(rows)


def defaults_held_out(name: str) -> Row:
    """Mean recall at 5 on folds that had no say in the choice, less what the defaults reach on them."""

    def measure(lab: TextLab) -> Measured:
        talks = lab.keep(f"variants, {name}", lambda: [_grid(lab, name, one) for one in lab.conversations])
        passages = lab.keep(
            f"variants of passages, {name}", lambda: [_grid(lab, name, lab.musique), _grid(lab, name, lab.hotpot)]
        )
        names = list(_variants())
        own = next(n for n, settings in enumerate(_variants().values()) if settings == RecallSettings())
        chosen, gains = Counter[str](), dict[str, list[float]]()
        for seed in SEEDS:
            folds = [np.random.default_rng(seed).permutation(len(part)) % _FOLDS for part in passages]
            for fold in range(_FOLDS):
                # The fold of the conversations is a whole conversation.
                inner = [talk for number, talk in enumerate(talks) if number != fold]
                rest = [part[places != fold] for part, places in zip(passages, folds, strict=True)]
                score = np.mean([np.concatenate(inner).mean(axis=0), *(part.mean(axis=0) for part in rest)], axis=0)
                best = int(np.argmax(score))
                chosen[names[best]] += 1
                held = [talks[fold], *(part[places == fold] for part, places in zip(passages, folds, strict=True))]
                for what, part in zip(("conversations", "musique", "hotpot"), held, strict=True):
                    gains.setdefault(what, []).append(100 * float((part[:, best] - part[:, own]).mean()))
        told = "; ".join(f"{variant}: {times}" for variant, times in chosen.most_common(3))
        equal = checked(own >= 0, f"the defaults are one of the {len(names)} variants")
        value = float(np.mean([np.mean(part) for part in gains.values()]))
        return Measured(value, "points", equal, gains, note=f"chosen of {_FOLDS * len(SEEDS)} times: {told}")

    return measure


def _rows() -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for name in EMBEDDER_NAMES:
        rows |= {
            f"abstains-from-answerable-{name}": abstention(name, "answerable"),
            f"abstains-from-others-{name}": abstention(name, "others"),
            f"abstains-from-renamed-{name}": abstention(name, "renamed"),
            f"tells-renamed-apart-{name}": told_apart(name, "renamed"),
            f"tells-unanswerable-apart-{name}": told_apart(name, "unanswerable"),
            f"conversations-at-5-over-fusion-{name}": over_fusion(name, "conversations", 0),
            f"conversations-at-10-over-fusion-{name}": over_fusion(name, "conversations", 1),
            f"musique-recall-at-5-{name}": passages_found(name, "musique", False),
            f"musique-all-support-at-10-{name}": passages_found(name, "musique", True),
            f"hotpot-at-5-over-fusion-{name}": over_fusion(name, "hotpot", 0),
            f"defaults-held-out-{name}": defaults_held_out(name),
        }
    return rows


RETRIEVAL_ROWS: Mapping[str, Row] = MappingProxyType(_rows())
