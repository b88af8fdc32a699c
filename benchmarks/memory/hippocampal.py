"""Rows of bench ``memory``: the hippocampal memory on real entries, beside exact cosine on the same pool."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from benchmarks.form import Measured, Row, checked
from benchmarks.memory.data import SEEDS, Floats, MemoryLab, Pool, auroc, blurred, nearest
from hnsw_bridge import HNSWCues, IndexSettings
from neuro.memories import HippocampalMemory

_PHRASING = 1.5
"""How far a phrasing moves an embedding: that many times the way from another noun's entry to its gloss."""
_MANY = 100_000
_SEARCH = IndexSettings(links=16, build_effort=100, search_effort=100)


def _filled(pool: Pool) -> HippocampalMemory:
    memory = HippocampalMemory(pool.stored.shape[1])
    memory.store(pool.stored)
    return memory


def phrased(lab: MemoryLab, vectors: Floats, seed: tuple[int, int], distance: float = _PHRASING) -> Floats:
    """Unit vectors moved as another noun's gloss lies from its entry: real differences of wording."""
    random = np.random.default_rng(seed)
    other = random.integers(len(lab.nouns.entry), size=len(vectors))
    moved = vectors + distance * (lab.nouns.gloss[other] - lab.nouns.entry[other])
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


def _right(memory: HippocampalMemory, cues: Floats, asked: np.ndarray) -> float:
    return float(np.mean(memory.recall(cues).indices[:, 0] == asked))


def recall(lab: MemoryLab) -> Measured:
    """R@1 of the gloss, minus exact cosine's, in points: the worst of the seeds."""
    samples: dict[str, list[float]] = {"hippocampal": [], "cosine": []}
    for seed in SEEDS:
        pool = lab.pool(seed)
        samples["hippocampal"].append(_right(_filled(pool), pool.cues["gloss"], pool.asked))
        samples["cosine"].append(float(np.mean(nearest(pool.cues["gloss"], pool.stored)[0] == pool.asked)))
    gains = [100 * (left - right) for left, right in zip(*samples.values(), strict=True)]
    return Measured(
        min(gains),
        "points",
        "same pool of 20,000 entries, same 2,000 glosses on both sides",
        samples,
        "exact cosine, R@1",
        min(samples["cosine"]),
        "one cue a memory; with one cue the score is the cosine, so ties alone could differ",
    )


def variants(lab: MemoryLab) -> Measured:
    """What 1 and 3 further phrasings kept as cues gain in R@1, in points: the smallest gain of all."""
    samples: dict[str, list[float]] = {"0": [], "1": [], "3": []}
    for seed in SEEDS:
        pool = lab.pool(seed)
        asked = phrased(lab, pool.stored[pool.asked], (seed, 99))
        memory = HippocampalMemory(pool.stored.shape[1])
        memory.store(phrased(lab, pool.stored, (seed, 0)))
        samples["0"].append(_right(memory, asked, pool.asked))
        for variant in (1, 2, 3):
            memory.add_cues(np.arange(len(pool.stored)), phrased(lab, pool.stored, (seed, variant)))
            if variant != 2:
                samples[str(variant)].append(_right(memory, asked, pool.asked))
    gains = [
        100 * (more - none) for count in ("1", "3") for more, none in zip(samples[count], samples["0"], strict=True)
    ]
    return Measured(
        min(gains),
        "points",
        "same pools and questions with 0, 1 and 3 variants",
        samples,
        note="stored cues, variants and questions are phrasings of the same entries, drawn apart: an entry moved "
        f"{_PHRASING} times the way from another entry to its gloss; samples: R@1 by variants",
    )


def abstention(lab: MemoryLab) -> Measured:
    """AUROC of the score between glosses of stored and of other entries, minus the cosine's: the worst of the seeds."""
    samples: dict[str, list[float]] = {"hippocampal": [], "cosine": []}
    for seed in SEEDS:
        pool = lab.pool(seed)
        memory = _filled(pool)
        scores = [memory.recall(cues).scores[:, 0] for cues in (pool.cues["gloss"], pool.unanswerable)]
        cosines = [nearest(cues, pool.stored)[1] for cues in (pool.cues["gloss"], pool.unanswerable)]
        samples["hippocampal"].append(auroc(*scores))
        samples["cosine"].append(auroc(*cosines))
    gains = [round(left - right, 6) for left, right in zip(*samples.values(), strict=True)]
    return Measured(
        min(gains),
        "",
        "same cues on both sides",
        samples,
        "cosine threshold, AUROC",
        min(samples["cosine"]),
        "2,000 glosses of stored entries against 2,000 of entries that are not stored",
    )


def latency(lab: MemoryLab) -> Measured:
    """p50 of one recall at 100,000 memories, after the embedding, over the HNSW index; in ms."""
    nouns = lab.nouns
    random = np.random.default_rng(0)
    chosen = random.integers(len(nouns.entry), size=_MANY)
    # The data holds 25,438 entries; four variants of each at cosine .9 make a pool of 100,000 that is as clustered.
    stored = blurred(nouns.entry[chosen], 0.9, random)
    memory = HippocampalMemory(stored.shape[1], cue_index=HNSWCues(_SEARCH))
    with lab.stages.stage("Build the index of 100,000"):
        memory.store(stored)
    asked = random.permutation(_MANY)[:1000]
    cues = blurred(stored[asked], 0.8, random)
    right = float(np.mean([memory.recall(cue).indices[0] == name for cue, name in zip(cues, asked, strict=True)]))
    exact = float(np.mean(nearest(cues, stored)[0] == asked))
    times = []
    for cue in cues:
        start = time.perf_counter()
        memory.recall(cue)
        times.append(1e3 * (time.perf_counter() - start))
    return Measured(
        statistics.median(times),
        "ms",
        checked(right > 0.95 * exact, "R@1 over the index is at least .95 of exact cosine's"),
        {"p50, p95": [statistics.median(times), float(np.quantile(times, 0.95))], "R@1": [right], "exact R@1": [exact]},
        note=f"one query at a time, {_SEARCH}",
    )


HIPPOCAMPAL_ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "hippocampal-recall-20000": recall,
        "hippocampal-cue-variants": variants,
        "hippocampal-abstention": abstention,
        "hippocampal-latency-100000": latency,
    }
)
