"""Row of bench ``search``: what each stage of the search changes when it is switched off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.form import Measured, checked
from benchmarks.search.lab import SEEDS, K, SearchLab
from benchmarks.search.multihop import Design, Passages, Question
from hnsw_bridge import (
    Dendrites,
    EdgeLayer,
    Fusion,
    Gamma,
    History,
    Homeostasis,
    Metric,
    NeuromorphicSearch,
    Priming,
    Resonance,
    SearchResult,
    Spreading,
    SpreadingParts,
    associate,
    build_search,
    temporal_layer,
)

_ITEMS = 20_000
_EVERYTHING = Spreading(
    max_winners=48,
    winners_per_tick=8,
    ticks=16,
    delay=1,
    parts=SpreadingParts(Gamma(250.0, 0.75), Resonance(16.0), Dendrites(), Priming(), Homeostasis(), History()),
)
_FUSION, _DESIGN = Fusion(), Design(power=2.0, digits=False, back=0.3, scale=0.25)


def _without(parts: str) -> Spreading:
    return replace(_EVERYTHING, parts=replace(_EVERYTHING.parts, **{parts: None}))


def _stages(order: EdgeLayer) -> Iterator[tuple[str, Spreading, list[EdgeLayer], bool]]:
    """Name, settings, layers, proposals of the search without each stage in turn."""
    yield "spreading", replace(_EVERYTHING, enabled=False), [order], False
    yield "similarity links", replace(_EVERYTHING, links=False), [order], False
    yield "edge layers", _EVERYTHING, [], False
    yield "delays", replace(_EVERYTHING, delay=0), [replace(order, delay=0)], False
    yield "refractoriness", replace(_EVERYTHING, refractory=0), [order], False
    yield "winner takes all", replace(_EVERYTHING, winners_per_tick=None), [order], False
    for part in ("gamma", "resonance", "dendrites", "priming", "homeostasis", "history"):
        yield part, _without(part), [order], False
    yield "answers among spikes alone", _EVERYTHING, [order], True


def _changed(whole: SearchResult, less: SearchResult) -> tuple[int, int]:
    """Queries whose answers differ, and whose spikes do."""
    spikes = sum(
        not (np.array_equal(a.ticks, b.ticks) and np.array_equal(a.nodes, b.nodes))
        for a, b in zip(whole.runs, less.runs, strict=True)
    )
    return int((whole.labels != less.labels).any(axis=1).sum()), spikes


def _of_nodes(lab: SearchLab) -> tuple[dict[str, list[float]], SearchResult]:
    """Without each stage of the circuit: queries of 300 whose answers differ, and whose spikes do."""
    search, queries = lab.search(_ITEMS, Metric.COSINE, SEEDS[0])
    order = replace(temporal_layer("order", np.random.default_rng(0).permutation(_ITEMS), _ITEMS, reach=2), delay=2)

    def asked(settings: Spreading, layers: list[EdgeLayer], proposals: bool) -> SearchResult:
        return build_search(search.index, settings, search.graph, layers, proposals=proposals).query(queries, K)

    whole = asked(_EVERYTHING, [order], False)
    changed = {
        name: [*map(float, _changed(whole, asked(settings, layers, proposals)))]
        for name, settings, layers, proposals in _stages(order)
    }
    return changed, whole


def _of_fusion(search: NeuromorphicSearch, questions: list[Question]) -> dict[str, list[float]]:
    """Without each part of the fused score: questions of 100 whose answers differ."""
    variants = {
        "similarity": replace(_FUSION, similarity=0.0),
        "words": replace(_FUSION, words=0.0),
        "spikes": replace(_FUSION, spikes=0.0),
        "mentions": replace(_FUSION, mentions=0.0),
        "what is left open": replace(_FUSION, rest=1.0),
    }

    def answers(fusion: Fusion) -> list[list[int]]:
        return [
            associate(search, one.cue, K, fusion=fusion, evidence=one.evidence).labels.tolist() for one in questions
        ]

    whole = answers(_FUSION)
    return {
        f"fusion: {name}": [float(sum(a != b for a, b in zip(whole, answers(fusion), strict=True)))]
        for name, fusion in variants.items()
    }


def every_stage_matters(lab: SearchLab) -> Measured:
    """The fewest queries whose answers change when one stage is switched off."""
    changed, whole = _of_nodes(lab)
    passages: Passages = lab.keep("passages", lambda: Passages(lab))
    changed |= _of_fusion(passages.search(_DESIGN), passages.questions)
    least = min(changed, key=lambda name: changed[name][0])
    count, limit = whole.activated, whole.runs.activated.max()
    equal = checked(int(count.min()) > 0, f"with all stages every query fires, {count.min()} to {limit} spikes")
    note = (
        f"{len(changed)} stages, each off in turn; 300 queries over {_ITEMS:,} items, fusion: 100 questions; "
        f"least by {least!r}; samples: queries whose answers differ, whose spikes do"
    )
    return Measured(changed[least][0], "queries", equal, changed, note=note)
