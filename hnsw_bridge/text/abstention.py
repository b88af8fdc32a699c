"""Whether a memory holds anything about a question: what of the question its best answers cover.

    answerability = (cosine + COVERED covered + NAMED named) / (1 + COVERED + NAMED) ,   from 0 to 1

    cosine    the largest cosine of question and record, from what the embedder gives unrelated texts (0) to 1
    covered   the largest share of the question's words that one of the best answers, with the turns around it, holds
    named     the share of the names in the question that any record holds; 1 where it names nobody

The memory abstains below :data:`LEAST_ANSWERABILITY`, which is the same for every embedder and every number of records:
shares and maxima do not move when records are copied. Since the sum is linear in the cosine, it can be said as the
cosine that *this* question needs, which a record that repeats the question always has.

Names are capitalised words inside an English question. Where a language capitalises other words as well, nothing is
taken for a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hnsw_bridge.text.tokenizer import tokens
from neuro.arrays import BoolArray, Float32Array

COVERED, NAMED = 0.5, 0.6
"""How much the words and the names of a question count beside the cosine."""

LEAST_ANSWERABILITY = 0.38
"""Below it a memory abstains; chosen on the conversations of bench `text`."""

_BEST = 10
"""Answers that may cover a question."""
_HIGHEST = 0.999
"""The cosine that no question needs more than; a record that repeats it has 1 but for rounding."""
_ASKING = "am are did do does had has have how is of the to what when where which who whom whose why"
_ENGLISH = frozenset(_ASKING.split())
_WORD = re.compile(r"[^\W\d_][\w'’-]*")

_UNRELATED = (
    "The committee approved the budget on Tuesday.",
    "A cat sleeps on the warm radiator.",
    "Photosynthesis turns light into sugar.",
    "He fixed the brakes of the old truck.",
    "This recipe needs two cups of flour.",
    "Our flight to Madrid was delayed.",
    "The orchestra rehearsed a slow movement.",
    "She planted tulips along the fence.",
    "Their goalkeeper saved a penalty.",
    "Rust formed on the cables of the bridge.",
    "I lost my keys near the station.",
    "That volcano has been quiet for a century.",
)


@dataclass(frozen=True, slots=True)
class Answerability:
    """What a memory holds about a question.

    Args:
        nearest: the largest cosine.
        covered, named: see the module.
        zero: the cosine that the embedder gives unrelated texts.
    """

    nearest: float
    covered: float
    named: float
    zero: float

    @property
    def score(self) -> float:
        """From 0 to 1."""
        cosine = max(self.nearest - self.zero, 0.0) / (1.0 - self.zero)
        return min((cosine + self._without_cosine) / (1.0 + COVERED + NAMED), 1.0)

    @property
    def needed(self) -> float:
        """The cosine below which the memory abstains from this question, at most 1."""
        rest = LEAST_ANSWERABILITY * (1.0 + COVERED + NAMED) - self._without_cosine
        return min(self.zero + (1.0 - self.zero) * rest, _HIGHEST)

    @property
    def _without_cosine(self) -> float:
        return COVERED * self.covered + NAMED * self.named


def answerability(question: str, held: BoolArray, known: BoolArray, nearest: float, zero: float) -> Answerability:
    """What a memory holds about a question.

    Args:
        question: its text.
        held: shape (tokens, answers): which of its different tokens each answer holds, the best answer first.
        known: shape (tokens,): which any record holds.
        nearest: the largest cosine.
        zero: of :func:`unrelated_cosine`.
    """
    asked = list(dict.fromkeys(tokens(question)))
    named = names_of(question)
    names = np.array([token in named for token in asked], dtype=np.bool_)
    share = float(known[names].mean()) if names.any() else 1.0
    covered = float(held[:, :_BEST].mean(axis=0).max(initial=0.0)) if asked else 0.0
    return Answerability(nearest, covered, share, zero)


def names_of(question: str) -> frozenset[str]:
    """The tokens of the capitalised words inside an English question; none where its language is another."""
    words = _WORD.findall(question)
    if not _ENGLISH.intersection(word.lower() for word in words):
        return frozenset()
    return frozenset(token for word in words[1:] if word[0].isupper() for token in tokens(word))


def unrelated_cosine(embed: Callable[[Sequence[str]], Float32Array]) -> float:
    """The mean cosine that an embedder gives texts which have nothing to do with each other, 0 to 0.95."""
    rows = embed(_UNRELATED).astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = np.triu_indices(len(rows), 1)
    return float(np.clip((rows @ rows.T)[pairs].mean(), 0.0, 0.95))
