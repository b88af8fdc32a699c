"""Rows of bench ``search`` on texts through a memory: each embedder that ships, from the words to the answers."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.form import Measured, Row, checked
from benchmarks.search.folds import Judged, held_out_gain, judged
from benchmarks.search.lab import SearchLab
from hnsw_bridge import Embed, Fusion, RecallSettings, TextMemory, find_embedder, recall
from hnsw_bridge.text.records import NewRecord
from neuro.arrays import Float32Array

_SMALL = ("minilm", "wordllama")
"""The others stand in bench ``text``."""


@dataclass(frozen=True, slots=True, eq=False)
class _Remembered:
    """What one embedder gave: questions judged by cosine and by variant, and the times."""

    kept: Judged
    passage_ms: float
    embed_ms: float
    answer_ms: float


def _variants() -> list[RecallSettings]:
    weights = product((2, 3, 5), (0.1, 0.2, 0.4), (0.4, 0.6, 0.8), (0.1, 0.3, 1.0))
    return [
        RecallSettings(Fusion(words=words, spikes=spikes, rest=rest), seeds) for seeds, words, spikes, rest in weights
    ]


class _Timed:
    """An embedder that adds up its time."""

    def __init__(self, embed: Any) -> None:
        self._embed, self.name, self.seconds = embed, embed.name, 0.0

    def __call__(self, texts: Any) -> Float32Array:
        start = time.perf_counter()
        rows: Float32Array = self._embed(texts)
        self.seconds += time.perf_counter() - start
        return rows


def _remember(lab: SearchLab, embed: Embed) -> _Remembered:
    texts = [passage.split("\n", 1) for passage in lab.questions["passages"]]
    timed = _Timed(embed)
    with TemporaryDirectory() as folder, TextMemory(Path(folder) / "memory", timed) as memory:
        timed.seconds = 0.0
        ids = memory.add([NewRecord(text, metadata={"title": title}) for title, text in texts])
        passage_ms = 1e3 * timed.seconds / len(texts)
        place = {number: passage for passage, number in enumerate(ids)}
        state = memory.state()
        graph = state.graph
        names = np.array([place[number] for number in graph.ids.tolist()])
        alone, fused, embed_times, answer_times = [], [], [], []
        for question in lab.questions["questions"]:
            start = time.perf_counter()
            cue = timed([question["question"]])[0]
            embed_times.append(1e3 * (time.perf_counter() - start))
            order = np.argsort(-(graph.vectors @ cue.astype(np.float32)), kind="stable")[:10]
            alone.append(judged(names[order], question["supporting"]))
            found_by = []
            for variant in _variants():
                start = time.perf_counter()
                found = recall(graph, question["question"], cue, 10, variant)
                answer_times.append(1e3 * (time.perf_counter() - start))
                found_by.append(names[found.nodes])
            fused.append(judged(np.array(found_by), question["supporting"]))
    kept = Judged(np.array(alone), np.array(fused), tuple(map(str, _variants())))
    return _Remembered(kept, passage_ms, statistics.median(embed_times), statistics.median(answer_times))


def _kept(lab: SearchLab, name: str) -> _Remembered:
    result: _Remembered = lab.keep(f"embedder {name}", lambda: _remember(lab, find_embedder(name)))
    return result


def remembered_gain(name: str, column: int) -> Row:
    """Points over the same embedder's exact cosine on held-out folds; column 0 is R@5, 1 all-support@10."""

    def measure(lab: SearchLab) -> Measured:
        kept = _kept(lab, name)
        note = f"settings of recall() are variants; embedding {kept.passage_ms:.1f} ms a passage"
        return held_out_gain(kept.kept, column, note)

    return measure


def answer_time(name: str) -> Row:
    """p50 of one question through the memory, its embedding included."""

    def measure(lab: SearchLab) -> Measured:
        kept = _kept(lab, name)
        equal = checked(kept.embed_ms > 0, "every question is embedded and answered by the same calls as in use")
        samples = {"embedding, recall": [kept.embed_ms, kept.answer_ms]}
        note = f"1,890 passages; storing one costs {kept.passage_ms:.2f} ms of embedding"
        return Measured(kept.embed_ms + kept.answer_ms, "ms", equal, samples, note=note)

    return measure


TEXT_ROWS: Mapping[str, Row] = MappingProxyType(
    {f"memory-recall-at-5-{name}": remembered_gain(name, 0) for name in _SMALL}
    | {f"memory-all-support-at-10-{name}": remembered_gain(name, 1) for name in _SMALL}
    | {f"memory-answer-time-{name}": answer_time(name) for name in _SMALL}
)
