"""Late fusion: one score from exact similarity, words and spikes.

    score = similarity / max + words * BM25 / max(max, least) + spikes * activation / max + mentions * mention
            + seeds * seed

Each maximum is over the candidates of a query; ``least`` keeps a question of which the best text holds little from
being judged by that little alone. A mention is 1 where the question names the item, a seed 1 where the spikes started:
what they reach does not push out where they came from. The activation of a node is what the spikes carried to it:

    a_j = sum over spikes (t, i) of fade^t w_ij g_ij ,   w in thresholds, over all edge layers
    g_ij = rest + (1 - rest) open_ij

``open_ij`` is 1 unless the question is known in words. Then it says how well j answers the words of the question that i
leaves open: a second hop counts where it brings what the first one lacks.

Sources: Robertson & Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond* (2009). The stemmer: Harman,
    *How effective is suffixing?*, JASIS 42 (1991).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole
from neuro.errors import InvalidInput, ToolError
from neuro.spikes import QuerySpikes

if TYPE_CHECKING:
    from neuro.simulators.event_driven import EventProgram


@dataclass(frozen=True, slots=True)
class Fusion:
    """How much each part counts; 0 switches one off.

    Args:
        similarity, words, spikes, mentions: weights of the parts.
        seeds: bonus that the seeds keep, so that what they reach does not push them out; .15 to .3 was best.
        root: whether the activation's square root counts, which flattens it.
        fade: share of a spike's weight per tick that it comes later.
        rest: what a spike still carries to a node that answers nothing of what its source left open; 1: all.
    """

    similarity: float = 1.0
    words: float = 1.0
    spikes: float = 0.8
    mentions: float = 0.4
    root: bool = False
    fade: float = 0.5
    rest: float = 0.1
    seeds: float = 0.3

    def __post_init__(self) -> None:
        parts = (self.similarity, self.words, self.spikes, self.mentions, self.seeds)
        if not all(0 <= part <= 1000 for part in parts) or not any(parts) or not 0 < self.fade <= 1:
            raise InvalidInput(f"{self!r}: weights from 0 to 1000, not all 0, and fade in (0, 1] are allowed")
        if not 0 <= self.rest <= 1:
            raise InvalidInput(f"rest is {self.rest!r}; a share from 0 to 1 is allowed")

    @property
    def seeding(self) -> Fusion:
        """The weights that decide where spikes start: similarity does, even where it counts nothing in the answer."""
        return self if self.similarity > 0 else replace(self, similarity=1.0)

    def scores(self, parts: Mapping[str, FloatArray], least: Mapping[str, float] = MappingProxyType({})) -> FloatArray:
        """The fused score of each candidate.

        Args:
            parts: arrays of one shape by the names of the weights.
            least: of a part, what takes the place of a maximum that is smaller.
        """
        total = np.zeros_like(next(iter(parts.values())))
        for name, values in parts.items():
            flat = np.sqrt(np.maximum(values, 0.0)) if name == "spikes" and self.root else values
            top = max(float(flat.max(initial=0.0)), least.get(name, 0.0))
            total += getattr(self, name) * (flat / top if top > 0 else flat)
        return total


NodeNumbers = npt.NDArray[np.int32 | np.int64]
Open = Callable[[int, NodeNumbers], FloatArray]
"""How well some nodes answer what one node leaves open of the question: node, ends -> shape (ends,), 0 to 1."""


def activation(
    run: QuerySpikes, program: EventProgram, fade: float = 0.5, unmatched: Open | None = None, rest: float = 1.0
) -> FloatArray:
    """What a query's spikes carried to each node along all edges, in thresholds, shape (nodes,)."""
    from hnsw_bridge.spreading import THRESHOLD

    result = np.zeros(program.nodes)
    strength = fade ** run.ticks.astype(np.float64) / THRESHOLD
    for node, share in zip(run.nodes.tolist(), strength.tolist(), strict=True):
        for layer in program.layers:
            row = slice(int(layer.row_start[node]), int(layer.row_start[node + 1]))
            ends, carried = layer.column[row], share * layer.weights["w"][row]
            # No node is twice in a row, so plain indexing adds up rightly.
            result[ends] += carried if unmatched is None else carried * (rest + (1.0 - rest) * unmatched(node, ends))
    return result


class WordScores:
    """BM25 over texts, plurals stemmed; needs the extra ``text``.

    Raises:
        ToolError: bm25s is not installed.
        InvalidInput: no texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        if not texts:
            raise InvalidInput("there are no texts; BM25 needs at least one")
        try:
            import bm25s
        except ImportError:
            raise ToolError("bm25s is not installed; install the extra: pip install 'spikeloom[text]'") from None
        self._engine: ModuleType = bm25s
        self._index = bm25s.BM25()
        split = self._split(list(texts))
        self._index.index(split, show_progress=False)
        self._held = [frozenset(words) for words in split]

    def scores(self, question: str) -> FloatArray:
        """The BM25 score of each text, shape (texts,)."""
        (words,) = self._split([question])
        return self._scored(words)

    def each(self, question: str) -> FloatArray:
        """The BM25 scores of each text to each different word of the question alone, shape (words, texts)."""
        (words,) = self._split([question])
        return np.array([self._scored([word]) for word in dict.fromkeys(words)]).reshape(-1, len(self._held))

    def unmatched(self, question: str) -> Open:
        """For a text, the BM25 scores of other texts to the words of the question that it lacks, over their maximum."""
        (words,) = self._split([question])
        alone = np.array([self._scored([word]) for word in words]).reshape(len(words), len(self._held))
        tops: dict[bytes, float] = {}

        def answered_by(text: int, ends: NodeNumbers) -> FloatArray:
            lacking = np.flatnonzero([word not in self._held[text] for word in words])
            key = lacking.tobytes()
            if key not in tops:
                tops[key] = float(alone[lacking].sum(axis=0).max(initial=0.0))
            total = alone[np.ix_(lacking, ends)].sum(axis=0)
            return np.asarray(total / tops[key] if tops[key] > 0 else total)

        return answered_by

    def _split(self, texts: list[str]) -> list[list[str]]:
        words: list[list[str]] = self._engine.tokenize(
            texts, stopwords="en", stemmer=stems, return_ids=False, show_progress=False
        )
        return words

    def _scored(self, words: list[str]) -> FloatArray:
        scores = self._index.get_scores(words) if words else np.zeros(len(self._held))
        return np.asarray(scores, dtype=np.float64)


def stems(words: Sequence[str]) -> list[str]:
    """Words without the s of a plural, by Harman's three rules: -ies to -y, -es to -e, -s away."""
    return [stem(word) for word in words]


def stem(word: str) -> str:
    """A word without the s of a plural, by Harman's three rules: -ies to -y, -es to -e, -s away."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return f"{word[:-3]}y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word


def ranked_by(scores: FloatArray, nodes: IntArray, k: int) -> IntArray:
    """The k best nodes, best first; ties go to the lower node."""
    return np.asarray(nodes[np.lexsort((nodes, -scores))[:k]], dtype=np.int64)


def covering_seeds(scores: FloatArray, term_scores: FloatArray, count: int, tire: float = 0.5) -> IntArray:
    """Places of at most ``count`` candidates that cover different words, in the order of their choice.

    Greedy, as in maximal marginal relevance: once a seed is chosen, the words that it holds are tired for the others,

        chosen_r = argmax_j  score_j - tire sum_{t in covered} term_tj / max_j sum_t term_tj

    Ties go to the lower place. Source: Carbonell & Goldstein, *The use of MMR, diversity-based reranking*, SIGIR
    (1998), with words for similarity.

    Args:
        scores: shape (candidates,), how well each answers the question as a whole.
        term_scores: shape (terms, candidates), how well each answers one word of the question alone; above 0 where it
            holds the word.
        count: how many seeds.
        tire: how much a covered word counts against the others that hold it, in units of ``scores``; 0: the best.

    Raises:
        InvalidInput: shapes that don't fit, a count below 1, a tire below 0 or not finite.
    """
    check_whole("the number of seeds", count, 1, 1 << 31)
    if scores.ndim != 1 or term_scores.ndim != 2 or term_scores.shape[1] != scores.size:
        raise InvalidInput(
            f"scores have shape {scores.shape}, term_scores {term_scores.shape}; (candidates,) and (terms, candidates)"
        )
    if not (np.isfinite(tire) and tire >= 0):
        raise InvalidInput(f"tire is {tire!r}; a finite number from 0 up is allowed")
    shares = term_scores / max(float(term_scores.sum(axis=0).max(initial=0.0)), 1e-300)
    left, chosen = scores.astype(np.float64), list[int]()
    covered = np.zeros(len(term_scores), dtype=np.bool_)
    for _ in range(min(count, scores.size)):
        left[chosen] = -np.inf
        chosen.append(int(np.argmax(left - tire * shares[covered].sum(axis=0))))
        covered |= term_scores[:, chosen[-1]] > 0
    return np.array(chosen, dtype=np.int64)
