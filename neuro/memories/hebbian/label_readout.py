"""Label read-out: which class the winning pointer units of a memory vote for.

    winners = the P most active pointer units;  votes_c = sum_(j in winners) w_jc;  label = the largest vote

The weights are learned from stored items by the multi-class perceptron with a margin: while the right class
leads by less than the margin, ``w_j,right += 1`` and ``w_j,rival -= 1`` for each winner j. Averaged over
the epochs they generalise better (Freund & Schapire, *Large margin classification using the perceptron
algorithm*, 1999); then they are rounded to a grid of a few bits, so that votes are small integers in silicon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import IntArray
from neuro.checks import check_whole, holds_whole
from neuro.encoders.codes import Codes, check_codes, top_units
from neuro.errors import InvalidInput
from neuro.memories.hebbian.hebbian import HebbianMemory

_MARGIN = 4
"""Margin of learning in votes per winner."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelReadout:
    """Votes of pointer units for classes.

    Args:
        weights: shape (pointer_units, classes), whole numbers.
        labels: what each class is called, shape (classes,), ascending integers.
        winners: P, how many pointer units vote.

    Raises:
        InvalidInput: shapes or dtypes that do not fit.
    """

    weights: npt.ArrayLike
    labels: npt.ArrayLike
    winners: int

    def __post_init__(self) -> None:
        weights, labels = np.array(self.weights), np.array(self.labels)
        if weights.ndim != 2 or weights.size == 0 or not np.issubdtype(weights.dtype, np.integer):
            raise InvalidInput(
                f"weights have shape {weights.shape}, dtype {weights.dtype}; integers "
                "(pointer_units, classes) are allowed"
            )
        if labels.shape != weights.shape[1:] or not np.issubdtype(labels.dtype, np.integer):
            raise InvalidInput(
                f"labels have shape {labels.shape}, dtype {labels.dtype}; {weights.shape[1]} integers are allowed"
            )
        if np.any(np.diff(labels) <= 0):
            raise InvalidInput("labels must ascend, each once")
        check_whole("winners", self.winners, 1, weights.shape[0])
        for name, array in (("weights", weights.astype(np.int64)), ("labels", labels.astype(np.int64))):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @classmethod
    def learn(
        cls,
        memory: HebbianMemory,
        cues: npt.ArrayLike,
        labels: npt.ArrayLike,
        *,
        winners: int = 256,
        bits: int = 4,
        epochs: int = 15,
        seed: int = 0,
    ) -> Self:
        """Learn the weights from labelled cues that ``memory`` recalls.

        Args:
            memory: holds at least one item.
            cues: shape (items, k).
            labels: an integer for each cue, shape (items,).
            winners: P.
            bits: of a weight, sign included: -(2**(bits - 1) - 1) to 2**(bits - 1) - 1.
            epochs: how often all cues are shown.
            seed: of their order.

        Raises:
            InvalidInput: an empty memory, shapes or numbers out of range.
        """
        from neuro.memories.hebbian._kernels import perceptron

        if not len(memory):
            raise InvalidInput("learning from an empty memory; store something first")
        check_whole("winners", winners, 1, memory.pointer_units)
        check_whole("bits", bits, 2, 16)
        check_whole("epochs", epochs, 1, 100_000)
        codes = check_codes(cues, memory.units, "cues")
        given = np.asarray(labels)
        if given.shape != (len(codes),) or not holds_whole(labels):
            raise InvalidInput(
                f"labels have shape {given.shape}, dtype {given.dtype}; {len(codes)} integers are allowed"
            )
        names, classes = np.unique(given, return_inverse=True)
        random = np.random.default_rng(seed)
        orders = np.array([random.permutation(len(codes)) for _ in range(epochs)], dtype=np.int64)
        active = top_units(memory.activity(codes), winners)
        total = np.zeros((memory.pointer_units, len(names)), dtype=np.int64)
        perceptron(active, classes.astype(np.int64), orders, _MARGIN * winners, total)
        return cls(_on_grid(total, bits), names.astype(np.int64), winners)

    def votes(self, pointers: npt.ArrayLike) -> IntArray:
        """Votes of winning pointer units, (winners,) -> (classes,) or (batch, winners) -> (batch,
        classes).
        """
        weights = np.asarray(self.weights)
        codes = check_codes(pointers, len(weights), "pointers")
        votes = np.asarray(weights[codes].sum(axis=1), dtype=np.int64)
        return votes[0] if np.ndim(pointers) == 1 else votes

    def pointers(self, memory: HebbianMemory, cues: npt.ArrayLike) -> Codes:
        """The pointer units that win when ``memory`` sees the cues: (k,) -> (winners,), (batch, k) ->
        (batch, winners).
        """
        return top_units(memory.activity(cues), self.winners)

    def classify(self, memory: HebbianMemory, cues: npt.ArrayLike) -> IntArray:
        """The label of each cue, (k,) -> () or (batch, k) -> (batch,); ties to the lower class.

        Raises:
            InvalidInput: cues that are no codes of the memory's units.
        """
        return np.asarray(np.asarray(self.labels)[self.votes(self.pointers(memory, cues)).argmax(axis=-1)])


def _on_grid(total: IntArray, bits: int) -> IntArray:
    """Weights scaled so that all but the largest 0.5 % fit, rounded and clipped to ``bits``."""
    limit = (1 << (bits - 1)) - 1
    largest = float(np.percentile(np.abs(total), 99.5)) or 1.0
    scaled = np.floor(total * (limit / largest) + 0.5)
    return np.asarray(np.clip(scaled, -limit, limit), dtype=np.int64)
