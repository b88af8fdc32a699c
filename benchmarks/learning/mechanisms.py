"""Every optional part of the spreading neuron on and off, on seven tasks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.data import data_folder
from benchmarks.learning.multihop import PassageSet
from benchmarks.learning.use import ITEMS, counted, usage
from benchmarks.search.lab import Floats, pool
from hnsw_bridge import (
    Dendrites,
    EdgeLayer,
    EdgeStdp,
    Fusion,
    Gamma,
    History,
    Homeostasis,
    Metric,
    NeuromorphicSearch,
    Priming,
    Resonance,
    Seeds,
    SpikeIndex,
    Spreading,
    SpreadingParts,
    WordScores,
    activation,
    build_index,
    build_search,
    edge_layer,
    find_embedder,
    no_edges,
    phrases,
    shared_layer,
)
from hnsw_bridge.association import spread_from_best
from neuro.arrays import stable_top_k
from neuro.errors import ToolError

_BASE = Spreading(links=False, ticks=8, max_winners=64)
_UTTERANCES, _SPEAKERS = 370, 9


def _on(**parts: Any) -> Spreading:
    return replace(_BASE, parts=SpreadingParts(**parts))


MECHANISMS: Mapping[str, tuple[Spreading, Spreading]] = MappingProxyType(
    {
        "gamma gate, 40 Hz": (_BASE, _on(gamma=Gamma())),
        "gamma gate, 250 Hz": (_BASE, _on(gamma=Gamma(250.0))),
        "resonance": (_BASE, _on(resonance=Resonance())),
        "dendrites": (_BASE, _on(dendrites=Dendrites())),
        "priming": (_BASE, _on(priming=Priming())),
        "temporal history": (_BASE, _on(history=History())),
        "homeostasis": (_BASE, _on(homeostasis=Homeostasis())),
        "refractoriness": (replace(_BASE, refractory=0), _BASE),
    }
)
"""Settings without and with each part."""

TYPED = "typed edges"
"""The mechanism that is no part of a neuron: layers with weights of their own, against one weight for all links."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Something that spreading is good for.

    Args:
        index: of the items.
        layers: between them.
        judge: a search's score on each question, 0 to 1.
        own: what settings of the task's own change in those of a mechanism.
    """

    index: SpikeIndex
    layers: list[EdgeLayer]
    judge: Callable[[NeuromorphicSearch], Floats]
    own: Callable[[Spreading], Spreading] = lambda settings: settings


def scores_of(task: Task) -> dict[str, tuple[Floats, Floats]]:
    """Each mechanism: scores of all questions without and with it."""
    graph, known = build_search(task.index, task.own(_BASE), layers=task.layers).graph, dict[str, Floats]()

    def judged_by(settings: Spreading, layers: list[EdgeLayer]) -> Floats:
        key = f"{settings} {[float(layer.weight.sum()) for layer in layers]}"
        if key not in known:
            known[key] = task.judge(build_search(task.index, task.own(settings), graph, layers, proposals=False))
        return known[key]

    found = {
        name: (judged_by(without, task.layers), judged_by(with_it, task.layers))
        for name, (without, with_it) in MECHANISMS.items()
    }
    if len(task.layers) > 1:
        mean = float(np.concatenate([layer.weight for layer in task.layers]).mean())
        alike = [replace(layer, weight=np.full(len(layer), mean)) for layer in task.layers]
        found[TYPED] = judged_by(_BASE, alike), judged_by(_BASE, task.layers)
    return found


def passages_task(name: str) -> Task:
    """R@5 of MuSiQue's or Hotpot's supporting passages."""
    of = PassageSet(name)

    def judge(search: NeuromorphicSearch) -> Floats:
        rows = []
        for question in of.questions:
            run = spread_from_best(search, question.base, 2)
            carried = activation(run, search.program, 0.5, question.gate.unmatched, question.gate.rest)
            best = stable_top_k((question.base + Fusion().scores({"spikes": carried}))[None], 5)[0]
            rows.append(float(np.isin(question.supporting, best).mean()))
        return np.array(rows)

    return Task(build_index(of.passages.astype(np.float32), metric=Metric.COSINE), of.layers, judge)


def conversations_task() -> Task:
    """R@5 of the evidence in locomo_dev5, each question among the turns of its own conversation."""
    talks = json.loads((data_folder() / "text" / "locomo_dev5.json").read_text(encoding="utf-8"))
    turns = [turn for talk in talks for turn in talk["turns"]]
    first = np.cumsum([0, *(len(talk["turns"]) for talk in talks)])
    embed = find_embedder("wordllama")
    rows = embed([f"{turn['speaker']}: {turn['text']}" for turn in turns]).astype(np.float32)
    marks = [
        {f"{place} {phrase}" for phrase in phrases(turn["text"])}
        for place, talk in enumerate(talks)
        for turn in talk["turns"]
    ]
    after = np.arange(len(turns) - 1)
    sessions = [(place, turn["session"]) for place, talk in enumerate(talks) for turn in talk["turns"]]
    after = after[[sessions[number] == sessions[number + 1] for number in after.tolist()]]
    adjacent = edge_layer("adjacent", len(turns), after, after + 1, 0.5, both_ways=True)
    asked = []
    for talk, start in zip(talks, first.tolist(), strict=False):
        words = WordScores([turn["text"] for turn in talk["turns"]])
        known = [one for one in talk["questions"] if one["answerable"] and one["evidence"]]
        cues = embed([one["question"] for one in known])
        for one, cue in zip(known, cues, strict=True):
            row = slice(start, start + len(talk["turns"]))
            own = rows[row].astype(np.float64)
            cosines = np.maximum(own @ cue / (np.linalg.norm(own, axis=1) * np.linalg.norm(cue)), 0.0)
            base = np.zeros(len(turns))
            base[row] = Fusion().scores({"similarity": cosines, "words": words.scores(one["question"])})
            asked.append((base, start, words.unmatched(one["question"]), np.array(one["evidence"]) + start))

    def judge(search: NeuromorphicSearch) -> Floats:
        found = []
        for base, start, unmatched, evidence in asked:
            run = spread_from_best(search, base, 2)

            def shifted(node: int, ends: Any, start: int = start, unmatched: Any = unmatched) -> Any:
                return unmatched(node - start, ends - start)

            carried = activation(run, search.program, 0.5, shifted, 0.1)
            best = stable_top_k((base + Fusion().scores({"spikes": carried}))[None], 5)[0]
            found.append(float(np.isin(evidence, best).mean()))
        return np.array(found)

    return Task(build_index(rows, metric=Metric.COSINE), [shared_layer("phrases", marks, scale=0.25), adjacent], judge)


def hypernyms_task(children: int = 1000) -> Task:
    """hit@5 of the hypernym's hypernym from a gloss, over edges learned from one hop."""
    folder = data_folder() / "text"
    parents = json.loads((folder / "wordnet_nouns.json").read_text(encoding="utf-8"))["hypernyms"]
    grand = [{far for parent in own for far in parents[parent]} - {child} for child, own in enumerate(parents)]
    generator = np.random.default_rng(1)
    asked = generator.choice([child for child, far in enumerate(grand) if far], children, replace=False).tolist()
    known, queue = set[int](), list(asked)
    while queue:
        node = queue.pop()
        if node not in known:
            known.add(node)
            queue.extend(parents[node])
    place = {node: number for number, node in enumerate(sorted(known))}
    with np.load(folder / "wordnet_nouns.npz", allow_pickle=False) as arrays:
        entries = arrays["entry"][sorted(known)].astype(np.float32)
        glosses = arrays["gloss"][asked].astype(np.float32)
    pairs = [(place[child], place[parent]) for child in sorted(known) for parent in parents[child] if parent != child]
    rule = EdgeStdp(rise=4.0, fall=0.25, keep=1.0, highest=4.0)
    layer = no_edges(len(known), rule).update(pairs).layer("hypernyms")
    nearest = np.argmax(glosses @ entries.T, axis=1)

    def judge(search: NeuromorphicSearch) -> Floats:
        hits = []
        for child, start in zip(asked, nearest.tolist(), strict=True):
            (run,) = search.spread(Seeds(np.array([[start]]), np.ones((1, 1))))
            carried = activation(run, search.program, 0.5)
            carried[place[child]] = -1.0
            best = stable_top_k(carried[None], 5)[0]
            hits.append(float(bool({place[far] for far in grand[child]} & set(best[carried[best] > 0].tolist()))))
        return np.array(hits)

    return Task(build_index(entries, metric=Metric.COSINE), [layer], judge)


def sessions_task() -> Task:
    """Partners among the three best after 500 sessions, over counted edges."""
    used = usage(1)
    members, mates = used.groups.ravel(), np.repeat(used.groups, used.groups.shape[1], axis=0)
    layer = counted(used.sessions)
    layer = replace(layer, weight=2.0 * layer.weight)

    def judge(search: NeuromorphicSearch) -> Floats:
        found = []
        for item, row, cosines in zip(members.tolist(), mates, used.cosines, strict=False):
            (run,) = search.spread(Seeds(np.array([[int(np.argmax(cosines))]]), np.ones((1, 1))))
            parts = {"similarity": cosines, "spikes": activation(run, search.program, 0.5)}
            best = stable_top_k(Fusion().scores(parts)[None], 4)[0]
            found.append(float(np.isin(best[best != item][:3], row).mean()))
        return np.array(found)

    # Nothing is asked of the index: its links are left out, and seeds are given.
    return Task(build_index(np.random.default_rng(0).normal(size=(ITEMS, 8)).astype(np.float32)), [layer], judge)


def vowels_task() -> Task:
    """The speaker of an utterance of JapaneseVowels: votes of the frames that spikes reach, frame after frame."""
    train, test = (_utterances(part) for part in ("TRAIN", "TEST"))
    frames = np.concatenate([frames for frames, _ in train])
    middle, scale = frames.mean(axis=0), frames.std(axis=0)
    speaker = np.concatenate([np.full(len(part), who) for part, who in train])
    utterance = np.concatenate([np.full(len(part), number) for number, (part, _) in enumerate(train)])
    after = np.flatnonzero(utterance[:-1] == utterance[1:])
    order = edge_layer("order", len(frames), after, after + 1, 1.0)

    def judge(search: NeuromorphicSearch) -> Floats:
        right = []
        for part, who in test:
            fresh = search.forget() if search.program.lasting else search
            labels = fresh.query(((part - middle) / scale).astype(np.float32), 5).labels
            votes = np.bincount(speaker[labels[labels >= 0]], minlength=_SPEAKERS)
            right.append(float(np.argmax(votes) == who))
        return np.array(right)

    index = build_index(((frames - middle) / scale).astype(np.float32), metric=Metric.L2)
    return Task(index, [order], judge, lambda settings: replace(settings, links=True))


def _utterances(part: str) -> list[tuple[Floats, int]]:
    """Frames, shape (frames, 12), and speaker of each utterance, from the files that aeon ships.

    Raises:
        ToolError: aeon is not installed.
    """
    spec = find_spec("aeon")
    if spec is None or spec.origin is None:
        raise ToolError("aeon is not installed; it ships JapaneseVowels: pip install --no-deps aeon==1.6.0")
    file = Path(spec.origin).parent / "datasets" / "data" / "JapaneseVowels" / f"JapaneseVowels_{part}.ts"
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#@":
            *channels, who = line.split(":")
            found.append((np.array([[float(x) for x in channel.split(",")] for channel in channels]).T, int(who) - 1))
    return found


def neighbours_task() -> Task:
    """recall@10 of the nearest among 2,000 clustered items, by spikes along similarity links alone."""
    rows, queries = pool(2000, 300, 1, 64)
    index = build_index(rows, metric=Metric.COSINE)
    truth = [np.argsort(index.exact(query), kind="stable")[:10] for query in queries]

    def judge(search: NeuromorphicSearch) -> Floats:
        labels = search.query(queries, 10).labels
        return np.array([np.isin(near, found).mean() for near, found in zip(truth, labels, strict=True)])

    return Task(index, [], judge, lambda settings: replace(settings, links=True, max_winners=None))


TASKS: Mapping[str, Callable[[], Task]] = MappingProxyType(
    {
        "musique": lambda: passages_task("musique_train100"),
        "hotpot": lambda: passages_task("hotpot_dev100"),
        "locomo": conversations_task,
        "wordnet": hypernyms_task,
        "sessions": sessions_task,
        "vowels": vowels_task,
        "neighbours": neighbours_task,
    }
)
"""The tasks by name, each made only if its row is asked for."""
