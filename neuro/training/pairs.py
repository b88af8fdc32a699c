"""Pairs to learn from: a cue and the item that it must find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.encoders.stimulus import check_vectors
from neuro.errors import InvalidInput

Pairs = tuple[npt.ArrayLike, npt.ArrayLike]
"""Cues and items, each (n, dimensions): cue i belongs to item i."""

_FEWEST = 4
"""Two to train on and two to validate with."""


@dataclass(frozen=True, slots=True, eq=False)
class CheckedPairs:
    """Pairs that can be used: cues and items of shape (n, dimensions)."""

    cues: FloatArray
    items: FloatArray

    def __len__(self) -> int:
        return len(self.cues)

    def take(self, rows: IntArray) -> CheckedPairs:
        """Some of the pairs."""
        return CheckedPairs(self.cues[rows], self.items[rows])


def check_pairs(pairs: Pairs, dimensions: int) -> CheckedPairs:
    """The pairs as float64.

    Raises:
        InvalidInput: no two arrays of one shape, NaN, too few; an item or a cue that stands in two pairs: the one
            would be its own negative.
    """
    if not isinstance(pairs, tuple | list) or len(pairs) != 2:
        raise InvalidInput("pairs must be (cues, items), two arrays of shape (n, dimensions)")
    cues, items = (check_vectors(side, dimensions, what) for side, what in zip(pairs, ("cues", "items"), strict=True))
    _check_as_many(cues, items)
    if len(cues) < _FEWEST:
        raise InvalidInput(f"{len(cues)} pairs are too few to train and to validate; give {_FEWEST} or more")
    for side, what in ((cues, "cue"), (items, "item")):
        twice = _repeats(side)
        if twice.size:
            same_pair = _repeats(np.concatenate([cues, items], axis=1)).size
            raise InvalidInput(
                f"{twice.size} pairs repeat an earlier pair's {what} ({same_pair} repeat the whole pair, the others "
                f"conflict with it), the first is pair {twice[0]}: it would be its own negative; keep "
                "neuro.training.distinct_pairs(cues, items)"
            )
    return CheckedPairs(cues, items)


def distinct_pairs(cues: npt.ArrayLike, items: npt.ArrayLike) -> IntArray:
    """Rows of pairs to keep so that no cue and no item stands in two: the first of each, ascending.

    Raises:
        InvalidInput: no vectors, or not as many cues as items.

    >>> distinct_pairs([[1.0], [2.0], [2.0], [3.0]], [[5.0], [6.0], [7.0], [5.0]]).tolist()
    [0, 1]
    """
    left, right = check_vectors(cues, what="cues"), check_vectors(items, what="items")
    _check_as_many(left, right)
    keep = np.ones(len(left), dtype=bool)
    keep[_repeats(left)] = False
    keep[_repeats(right)] = False
    return np.flatnonzero(keep)


def split(count: int, share: float, seed: int) -> tuple[IntArray, IntArray]:
    """Rows to train on and rows to validate with, each ascending, at least two of each."""
    validated = min(max(2, round(share * count)), count - 2)
    order = np.random.default_rng((seed, 0)).permutation(count)
    return np.sort(order[validated:]), np.sort(order[:validated])


def _check_as_many(cues: FloatArray, items: FloatArray) -> None:
    if len(cues) != len(items):
        raise InvalidInput(f"{len(cues)} cues and {len(items)} items make no pairs; give one item for each cue")


def _repeats(rows: FloatArray) -> IntArray:
    """Rows that equal an earlier one, ascending."""
    _, first = np.unique(rows, axis=0, return_index=True)
    return np.setdiff1d(np.arange(len(rows)), first)
