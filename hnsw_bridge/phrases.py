"""Links found without a language model: capitalised phrases, titles, and who mentions whom."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from hnsw_bridge.layers import EdgeLayer, edge_layer
from hnsw_bridge.metric import FloatArray

_PHRASE = re.compile(r"(?:[A-Z][\w'’.-]*|\d{4})(?:\s+(?:(?:of|the|and|de|von|van|&)\s+)?(?:[A-Z][\w'’-]*|\d+))*")
_EDGE_WORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "in",
        "of",
        "on",
        "at",
        "by",
        "it",
        "he",
        "she",
        "they",
        "his",
        "her",
        "this",
        "that",
        "these",
        "those",
        "is",
        "was",
        "as",
        "and",
        "but",
        "for",
        "from",
        "with",
        "its",
        "there",
        "after",
        "before",
        "during",
        "who",
        "what",
        "where",
        "when",
        "which",
        "how",
        "if",
    ]
)
_SHORTEST = 3


def phrases(text: str) -> frozenset[str]:
    """Capitalised phrases and years, in lower case, without leading and trailing function words."""
    found = set()
    for match in _PHRASE.finditer(text):
        words = match.group().strip(" .").lower().split()
        while words and words[0] in _EDGE_WORDS:
            words = words[1:]
        while words and words[-1] in _EDGE_WORDS:
            words = words[:-1]
        phrase = " ".join(words)
        if len(phrase) >= _SHORTEST:
            found.add(phrase)
    return frozenset(found)


def bare_title(title: str) -> str:
    """A title in lower case, without what stands in brackets."""
    return re.sub(r"\s*\(.*?\)", "", title).lower().strip()


def mention_layer(
    name: str, texts: Sequence[str], titles: Sequence[str], weight: float = 1.0, back: float = 1.0
) -> EdgeLayer:
    """Edges from a text to each other text whose title it mentions, and back with ``back`` times their weight.

    Everybody mentions a country, so the way back says less. Where two texts mention each other both ways count fully.
    """
    mentioned = Mentions(titles)
    pairs = [(i, j) for i, text in enumerate(texts) for j in mentioned.of(text) if i != j]
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    # Of a pair given twice the last weight counts: the mention's own.
    starts, stops = (np.r_[ends[:, a], ends[:, b]] for a, b in ((1, 0), (0, 1)))
    weights = np.r_[np.full(len(ends), weight * back), np.full(len(ends), weight)]
    kept = weights != 0
    return edge_layer(name, len(texts), starts[kept], stops[kept], weights[kept])


class Mentions:
    """Which titles a text mentions: whole words, case ignored, titles of at least four letters."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._nodes = len(titles)
        self._holders: dict[str, list[int]] = {}
        for node, title in enumerate(titles):
            key = _words(bare_title(title))
            if len(key) > _SHORTEST:
                self._holders.setdefault(key, []).append(node)
        self._lengths: dict[str, set[int]] = {}
        for key in self._holders:
            words = key.split()
            self._lengths.setdefault(words[0], set()).add(len(words))

    def of(self, text: str) -> list[int]:
        """Nodes whose title the text mentions, ascending."""
        words = _words(text).split()
        found: set[int] = set()
        for start, first in enumerate(words):
            for length in self._lengths.get(first, ()):
                found.update(self._holders.get(" ".join(words[start : start + length]), ()))
        return sorted(found)

    def scores(self, text: str) -> FloatArray:
        """1 for each node that the text mentions, shape (nodes,)."""
        result = np.zeros(self._nodes)
        result[self.of(text)] = 1.0
        return result


def _words(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text.lower()).strip()
