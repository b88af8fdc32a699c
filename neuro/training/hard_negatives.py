"""Hard negatives: which other items an anchor is compared with.

Sources: Schroff, Kalenichenko & Philbin, *FaceNet* (2015), for semi-hard negatives; Wu, Manmatha, Smola & Kraehenbuehl,
*Sampling matters in deep embedding learning* (2017), for distance-weighted ones; Xiong et al., *ANCE* (2021), for
candidates from an index that is refreshed while the encoder changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from neuro.arrays import Float32Array, FloatArray, FloatingArray, IntArray, stable_top_k
from neuro.checks import check_positive, check_whole
from neuro.encoders import KWTAEncoder
from neuro.encoders.codes import binary
from neuro.errors import InvalidInput
from neuro.training.losses import check_batch, directions
from neuro.training.pairs import CheckedPairs

Neighbours = Callable[[FloatingArray, int], IntArray]
"""``neighbours(queries, k)``: rows of the nearest items of each query, shape (queries, k)."""

Indexing = Callable[[FloatingArray], Neighbours]
"""Makes the neighbours of the items given, as building an HNSW index does."""

_NEAREST = 0.5
"""Distances below this count as this: the weight of a nearer one would swamp all others (Wu et al.)."""


class Mining(StrEnum):
    """Which of the candidates become negatives."""

    HARDEST = "hardest"
    SEMI_HARD = "semi-hard"
    DISTANCE_WEIGHTED = "distance-weighted"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class HardNegativeMiner:
    """Picks negatives out of candidates; an anchor's own item is never one.

    * ``HARDEST``: the nearest.
    * ``SEMI_HARD``: the nearest of those farther than the positive, by less than ``margin``; where they are too few,
      the nearest of those farther still, then the farthest of those nearer than the positive.
    * ``DISTANCE_WEIGHTED``: drawn with weight ``1 / q(d)``, ``q(d) = d^(n-2) (1 - d^2/4)^((n-3)/2)``, how often two
      random directions in n dimensions are d apart; without repeats.
    * ``RANDOM``: drawn evenly; without repeats.

    Distances are Euclidean between rows of length 1.

    Args:
        strategy: of :class:`Mining`.
        candidates: how many are taken from the neighbours, the own item not counted.
        margin: of the semi-hard ones, > 0.
        refresh: steps of training after which candidates are looked up anew.
        seed: of what is drawn.

    Raises:
        InvalidInput: a value outside its range.
    """

    strategy: Mining = Mining.SEMI_HARD
    candidates: int = 50
    margin: float = 0.2
    refresh: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.strategy, Mining):
            raise InvalidInput(f"strategy is {self.strategy!r}; one of {', '.join(Mining)} of Mining is allowed")
        check_whole("candidates", self.candidates, 1, 1 << 20)
        check_positive("margin", self.margin)
        check_whole("refresh", self.refresh, 1, 1 << 62)
        check_whole("seed", self.seed, 0, 1 << 62)

    def choose(
        self,
        anchors: npt.ArrayLike,
        items: npt.ArrayLike,
        own: npt.ArrayLike,
        candidates: IntArray,
        count: int,
        draw: int = 0,
    ) -> IntArray:
        """Rows of ``count`` negatives of each anchor, shape (anchors, count), the chosen ones in their order.

        Args:
            anchors: shape (n, dimensions).
            items: shape (m, dimensions).
            own: the row of each anchor's item.
            candidates: rows of items, shape (n, c), distinct in a row; the own item may be among them.
            count: negatives of an anchor, at most c - 1.
            draw: number of this draw; another one draws other negatives from the same seed.

        Raises:
            InvalidInput: as a loss; a row of zeros, which has no direction; candidates that are too few, no rows of
                items, or twice in one list.
        """
        left, right, rows = check_batch(anchors, items, own)
        offered = np.asarray(candidates)
        whole = np.issubdtype(offered.dtype, np.integer) and offered.ndim == 2 and offered.size > 0
        if not whole or len(offered) != len(left) or not 0 <= offered.min() <= offered.max() < len(right):
            raise InvalidInput(
                f"candidates of shape {offered.shape}; rows from 0 to {len(right) - 1}, one list for each of "
                f"{len(left)} anchors, are allowed"
            )
        check_whole("count", count, 1, offered.shape[1] - 1)
        ordered = np.sort(offered, axis=1)
        if np.any(ordered[:, 1:] == ordered[:, :-1]):
            twice = int(np.argmax(np.any(ordered[:, 1:] == ordered[:, :-1], axis=1)))
            raise InvalidInput(f"the candidates of anchor {twice} name an item twice; give each once")
        (a, _), (b, _) = directions(left, "anchors"), directions(right, "items")
        random = np.random.default_rng((self.seed, draw))
        chosen = np.empty((len(a), count), dtype=np.int64)
        for anchor, (row, mine) in enumerate(zip(offered, rows, strict=True)):
            others = row[row != mine]
            near = np.linalg.norm(b[others] - a[anchor], axis=1)
            limit = float(np.linalg.norm(b[mine] - a[anchor]))
            chosen[anchor] = others[self._pick(near, limit, count, a.shape[1], random)]
        return chosen

    def _pick(
        self, near: FloatingArray, positive: float, count: int, dimensions: int, random: np.random.Generator
    ) -> IntArray:
        match self.strategy:
            case Mining.HARDEST:
                return np.argsort(near, kind="stable")[:count]
            case Mining.SEMI_HARD:
                # Inside the band, beyond it, too near: by distance in the first two, from far to near in the last.
                group = np.where(near <= positive, 2, np.where(near < positive + self.margin, 0, 1))
                return np.asarray(np.lexsort((np.where(group == 2, -near, near), group))[:count])
            case Mining.RANDOM:
                return random.permutation(near.size)[:count]
            case Mining.DISTANCE_WEIGHTED:
                # The largest of log weight + Gumbel noise: a draw without repeats, safe for weights beyond floats.
                scores = distance_log_weights(near, dimensions) + random.gumbel(size=near.size)
                return stable_top_k(scores, count)


def distance_log_weights(distances: npt.ArrayLike, dimensions: int) -> FloatingArray:
    """``-log q(d)`` for directions in so many dimensions, d cut to 0.5 .. just below 2."""
    d = np.clip(np.asarray(distances, dtype=np.float64), _NEAREST, 2.0 - 1e-6)
    return np.asarray(-(dimensions - 2) * np.log(d) - (dimensions - 3) / 2 * np.log(1.0 - d * d / 4))


def exact_neighbours(items: FloatingArray) -> Neighbours:
    """Neighbours by looking at every item: largest inner product first, ties to the lower row."""

    def nearest(queries: FloatingArray, k: int) -> IntArray:
        return stable_top_k(queries @ items.T, k)

    return nearest


class Negatives:
    """The negatives of every pair that is trained on: mined among the items' codes, anew while the encoder changes.

    Args:
        miner: which candidates are taken.
        indexing: where candidates come from.
        pairs: what is trained on.
    """

    def __init__(self, miner: HardNegativeMiner, indexing: Indexing, pairs: CheckedPairs) -> None:
        self._miner, self._indexing, self._pairs = miner, indexing, pairs
        self._chosen: IntArray = np.zeros((len(pairs), 0), dtype=np.int64)

    def renew(self, encoder: KWTAEncoder, step: int, *, first: bool, count: int) -> None:
        """Look candidates up where it is time: every ``refresh`` steps, at each epoch's ``first``, for a new count.

        Raises:
            InvalidInput: neighbours that are not whole numbers of shape (pairs, k).
        """
        count = min(count, len(self._pairs) - 1, self._miner.candidates)
        if not first and step % self._miner.refresh and count == self._chosen.shape[1]:
            return
        if count == 0:
            self._chosen = np.zeros((len(self._pairs), 0), dtype=np.int64)
            return
        cues, items = (_features(encoder, side) for side in (self._pairs.cues, self._pairs.items))
        offered = min(self._miner.candidates + 1, len(items))
        candidates = np.asarray(self._indexing(items)(cues, offered))
        if candidates.shape != (len(cues), offered) or not np.issubdtype(candidates.dtype, np.integer):
            raise InvalidInput(
                f"the neighbours have shape {candidates.shape}, dtype {candidates.dtype}; rows of items of shape "
                f"{(len(cues), offered)} are needed"
            )
        self._chosen = self._miner.choose(cues, items, np.arange(len(cues)), candidates, count, draw=step)

    def of(self, rows: IntArray) -> IntArray:
        """The mined rows of some pairs, each once."""
        return np.unique(self._chosen[rows])


def _features(encoder: KWTAEncoder, vectors: FloatArray) -> Float32Array:
    """Codes as rows of length 1."""
    return binary(encoder.encode(vectors), encoder.units) * np.float32(1.0 / math.sqrt(encoder.active))
