"""Hebbian memory: 1-bit clipped weights from a cue code to a random pointer code.

Storing an item sets the weight of every (active cue unit i, active pointer unit j) pair:
``W_ij <- W_ij or c_i p_j``. Recall sums the rows of the active cue units, ``s = c' W``, and ranks the items
by how active their pointer units are: ``score_a = sum_j p_aj s_j``.

Sources: Willshaw, Buneman & Longuet-Higgins, *Non-holographic associative memory*, Nature 222 (1969);
Palm, *On associative memory*, Biol. Cybern. 36 (1980): up to ln 2 bits a synapse for sparse, uncorrelated
codes. The pointer codes are random, so targets are uncorrelated whatever the items are; centring the
embeddings before they are encoded (:class:`neuro.encoders.KWTAEncoder`) decorrelates the cue codes. Without
both, 1-bit rows of frequent units fill up and all items answer at once.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray
from neuro.encoders.codes import Codes
from neuro.errors import InvalidInput
from neuro.memories.base import MemoryState, state_array
from neuro.memories.hebbian.bit_matrix import BitMatrix
from neuro.memories.hebbian.pointer_memory import PointerMemory, state_shape


class HebbianMemory(PointerMemory):
    """Hetero-associative memory of sparse codes: cue code (k of ``units``) -> pointer code -> item index.

    Args:
        units: n, units of a cue code.
        pointer_units: m. The weights take ``n m / 8`` bytes.
        pointer_active: p. Inserting an item of k active cue units sets at most k p bits.
        seed: of the pointer codes.

    Raises:
        InvalidInput: a value outside its range.
    """

    kind: ClassVar[str] = "memory.hebbian"

    def __init__(self, units: int, *, pointer_units: int = 4096, pointer_active: int = 16, seed: int = 0) -> None:
        super().__init__(units, pointer_units=pointer_units, pointer_active=pointer_active, seed=seed)
        self._synapses = BitMatrix(self.units, self.pointer_units)

    @property
    def weights(self) -> npt.NDArray[np.bool_]:
        """The 1-bit weights as truth values, shape (units, pointer_units)."""
        return self._synapses.dense()

    @property
    def synapses(self) -> BitMatrix:
        """The 1-bit weights as they are kept; must not be written to."""
        return self._synapses

    def merge(self, other: Self) -> Self:
        """A memory of the items of both: weights joined by OR, so neither order nor repetition matters.

        Items of both count once; their order in the merged memory ascends by index.

        Raises:
            InvalidInput: memories of different units, pointer units, pointer activity or seed.
        """
        mine, its = self._shape()["shape"], other._shape()["shape"]
        if not np.array_equal(mine, its):
            raise InvalidInput(
                f"memories of (units, pointer_units, pointer_active, seed) {mine.tolist()} and {its.tolist()} "
                "can't be merged; make them alike"
            )
        merged = type(self)(
            self.units, pointer_units=self.pointer_units, pointer_active=self.pointer_active, seed=self.seed
        )
        np.bitwise_or(self._synapses.words, other._synapses.words, out=merged._synapses.words)
        names = np.union1d(self.indices, other.indices)
        merged._append(names, merged._pointer_table(names))
        return merged

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is, as arrays: ``shape`` (units, pointer_units, pointer_active, seed),
        ``indices``, ``weights``.
        """
        return self._shape() | {"weights": self._synapses.words.copy()}

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing or has another dtype or shape, an index stands twice, a bit is
                set beyond the last pointer unit.
        """
        shape = state_shape(state)
        words = state_array(state, "weights", np.uint64, (shape["units"], -(-shape["pointer_units"] // 64)))
        memory = cls(**shape)
        memory._restore_items(state)
        memory._synapses = BitMatrix.from_words(words, memory.pointer_units)
        return memory

    def _learn(self, codes: Codes, pointers: AnyArray) -> None:
        self._synapses.imprint(codes, pointers)

    def _sums(self, codes: Codes) -> npt.NDArray[np.int32]:
        return self._synapses.sums(codes)
