"""Late fusion: one score from exact similarity, words and spikes.

    score = similarity / max + words * BM25 / max + spikes * activation / max + mentions * mention

Each maximum is over the candidates of a query. The activation of a node is what the spikes carried to it:

    a_j = sum over spikes (t, i) of fade^t w_ij ,   w in thresholds, over all edge layers

Source: Robertson & Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond* (2009).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hnsw_bridge.event_program import EventProgram
from hnsw_bridge.events import QuerySpikes
from hnsw_bridge.labels import IntArray
from hnsw_bridge.metric import FloatArray
from hnsw_bridge.spreading import THRESHOLD
from neuro.errors import InvalidInput, ToolError


@dataclass(frozen=True, slots=True)
class Fusion:
    """How much each part counts; 0 switches one off.

    Args:
        similarity, words, spikes, mentions: weights of the parts.
        root: whether the activation's square root counts, which flattens it.
        fade: share of a spike's weight per tick that it comes later.
    """

    similarity: float = 1.0
    words: float = 0.2
    spikes: float = 0.6
    mentions: float = 0.2
    root: bool = False
    fade: float = 0.5

    def __post_init__(self) -> None:
        parts = (self.similarity, self.words, self.spikes, self.mentions)
        if not all(0 <= part <= 1000 for part in parts) or not any(parts) or not 0 < self.fade <= 1:
            raise InvalidInput(f"{self!r}: weights from 0 to 1000, not all 0, and fade in (0, 1] are allowed")

    def scores(self, parts: Mapping[str, FloatArray]) -> FloatArray:
        """The fused score of each candidate; ``parts`` holds arrays of one shape by the names of the weights."""
        total = np.zeros_like(next(iter(parts.values())))
        for name, values in parts.items():
            flat = np.sqrt(np.maximum(values, 0.0)) if name == "spikes" and self.root else values
            top = flat.max(initial=0.0)
            total += getattr(self, name) * (flat / top if top > 0 else flat)
        return total


def activation(run: QuerySpikes, program: EventProgram, fade: float = 0.5) -> FloatArray:
    """What a query's spikes carried to each node along all edges, in thresholds, shape (nodes,)."""
    result = np.zeros(program.nodes)
    strength = fade ** run.ticks.astype(np.float64) / THRESHOLD
    for layer in program.layers:
        weights = layer.weights["w"]
        for node, share in zip(run.nodes.tolist(), strength.tolist(), strict=True):
            row = slice(int(layer.row_start[node]), int(layer.row_start[node + 1]))
            # No node is twice in a row, so plain indexing adds up rightly.
            result[layer.column[row]] += share * weights[row]
    return result


class WordScores:
    """BM25 over texts; needs the extra ``text``.

    Raises:
        ToolError: bm25s is not installed.
        InvalidInput: no texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        if not texts:
            raise InvalidInput("there are no texts; BM25 needs at least one")
        self._engine = _engine()
        self._index = self._engine.BM25()
        self._index.index(self._engine.tokenize(list(texts), stopwords="en", show_progress=False), show_progress=False)

    def scores(self, question: str) -> FloatArray:
        """The BM25 score of each text, shape (texts,)."""
        (words,) = self._engine.tokenize([question], stopwords="en", return_ids=False, show_progress=False)
        return np.asarray(self._index.get_scores(words), dtype=np.float64)


def _engine() -> Any:
    try:
        import bm25s
    except ImportError:
        raise ToolError("bm25s is not installed; install the extra: pip install 'spikeloom[text]'") from None
    return bm25s


def ranked_by(scores: FloatArray, nodes: IntArray, k: int) -> IntArray:
    """The k best nodes, best first; ties go to the lower node."""
    return np.asarray(nodes[np.lexsort((nodes, -scores))[:k]], dtype=np.int64)
