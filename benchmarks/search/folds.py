"""Nested cross-validation over questions: whatever can be chosen is chosen on the other folds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.form import Measured, checked
from benchmarks.search.lab import SEEDS, Floats

FOLDS = 5
_DRAWS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What :func:`judged` says of each question.

    Args:
        alone: shape (questions, 3), of exact cosine.
        fused: shape (questions, variants, 3), of each variant.
        variants: what each is, in words.
    """

    alone: Floats
    fused: Floats
    variants: tuple[str, ...]


def judged(found: Any, supporting: list[int]) -> Floats:
    """R@5, all-support@10, and the mean of R@1 to R@10: finer than either, so variants are chosen by it.

    ``found`` has shape (..., 10 or more), best first; the result (..., 3).
    """
    hits = np.zeros(np.shape(found[..., :10]))
    for one in supporting:
        hits += found[..., :10] == one
    recall = np.cumsum(hits, axis=-1) / len(supporting)
    return np.stack([recall[..., 4], recall[..., -1] == 1.0, recall.mean(axis=-1)], axis=-1)


def folds(questions: int, seed: int) -> Any:
    """The fold of each question, shape (questions,)."""
    return np.random.default_rng(seed).permutation(questions) % FOLDS


def held_out(fused: Floats, seed: int) -> tuple[Floats, list[int]]:
    """Each question judged by the variant that is best on the other folds, shape (questions, 3); and these variants."""
    fold = folds(len(fused), seed)
    result, chosen = np.empty((len(fused), fused.shape[2])), []
    for part in range(FOLDS):
        chosen.append(int(np.argmax(fused[fold != part, :, -1].mean(axis=0))))
        result[fold == part] = fused[fold == part, chosen[-1]]
    return result, chosen


def held_out_gain(kept: Judged, column: int, note: str) -> Measured:
    """Points over exact cosine on held-out folds; column 0 is R@5, 1 all-support@10."""
    alone, samples, chosen, values = kept.alone[:, column], {}, Counter[str](), []
    for seed in SEEDS:
        own, best = held_out(kept.fused, seed)
        values.append(own[:, column])
        gain, fold = 100 * (own[:, column] - alone), folds(len(alone), seed)
        samples[f"folds 0 to {FOLDS - 1} of seed {seed}"] = [float(gain[fold == part].mean()) for part in range(FOLDS)]
        chosen.update(kept.variants[variant] for variant in best)
    paired = np.mean(values, axis=0) - alone
    draws = np.random.default_rng(0).integers(0, len(paired), (_DRAWS, len(paired)))
    low, high = np.percentile(100 * paired[draws].mean(axis=1), (2.5, 97.5))
    most, times = chosen.most_common(1)[0]
    told = (
        f"{note}; each of {len(kept.variants):,} variants could be chosen, on the other {FOLDS - 1} folds alone, "
        f"divided by seeds {SEEDS}; 95 % paired bootstrap {low:.1f} to {high:.1f}; "
        f"chosen {times} times of {FOLDS * len(SEEDS)}: {most}; samples: gain in each fold"
    )
    equal = checked(len(alone) == len(kept.fused) == 100, "both sides rank the same passages by the same embeddings")
    return Measured(100 * float(paired.mean()), "points", equal, samples, "exact cosine, %", 100 * alone.mean(), told)
