"""What the hetero-associative memories share: cue code -> synapses -> pointer code -> item.

A random sparse pointer code, drawn from the seed and its index, names each item. Storing writes the pair (cue code c,
pointer code p) into the synapses; recall sends a cue through them, ``s = c' W``, and ranks the items by how active
their pointer units are: ``score_a = sum_j p_aj s_j``. What a synapse is and how it learns is each memory's own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, IntArray, grown, stable_top_k
from neuro.checks import check_whole
from neuro.encoders.codes import Codes, check_codes
from neuro.memories.base import IndexedMemory, MemoryState, RecallResult, check_recall, recall_result, state_array
from neuro.memories.items import Items, whole_indices

_MOST_UNITS = 1 << 24


def pointer_codes(indices: IntArray, units: int, active: int, seed: int) -> IntArray:
    """The pointer code of each item index, shape (items, active), ascending.

    The units fall into ``active`` blocks; one unit of each block is drawn by a hash of (seed, index,
    block). So a code depends on nothing but the seed and the index: memories filled in another order, or on
    another machine, agree.

    Args:
        indices: shape (items,), whole numbers >= 0.
        units: m, at least ``active``.
        active: p.
        seed: of the hash.
    """
    from neuro.memories.hebbian._kernels import draw_pointers

    codes = np.empty((len(indices), active), dtype=np.int64)
    draw_pointers(indices, units, np.uint64(seed), codes)
    return codes


class PointerMemory(IndexedMemory, ABC):
    """Hetero-associative memory of sparse codes: cue code (k of ``units``) -> pointer code -> item index.

    Args:
        units: n, units of a cue code.
        pointer_units: m. There are n m synapses.
        pointer_active: p. Inserting an item of k active cue units writes k p synapses.
        seed: of the pointer codes.

    Raises:
        InvalidInput: a value outside its range.
    """

    def __init__(self, units: int, *, pointer_units: int = 4096, pointer_active: int = 16, seed: int = 0) -> None:
        check_whole("units", units, 1, _MOST_UNITS)
        check_whole("pointer_units", pointer_units, 1, _MOST_UNITS)
        check_whole("pointer_active", pointer_active, 1, pointer_units)
        check_whole("seed", seed, 0, (1 << 63) - 1)
        self.units = int(units)
        self.pointer_units = int(pointer_units)
        self.pointer_active = int(pointer_active)
        self.seed = int(seed)
        self._items = Items()
        self._pointers = self._pointer_table(self._items.indices)

    def store(self, cues: npt.ArrayLike, *, indices: npt.ArrayLike | None = None) -> IntArray:
        """Store items.

        Args:
            cues: their codes, (k,) or (items, k), as an encoder gives them.
            indices: a whole number >= 0 for each item, shape (items,), by which recall names it; consecutive
                numbers after the largest by default.

        Returns:
            The indices, shape (items,).

        Raises:
            InvalidInput: cues that are no codes of ``units``; indices of another number, negative, given
                twice or already stored. The memory is unchanged then.
        """
        codes = check_codes(cues, self.units, "cues")
        names = self._items.names(len(codes), indices)
        pointers = self._pointer_table(names)
        self._learn(codes, pointers)
        self._append(names, pointers)
        return names

    def recall(self, cues: npt.ArrayLike, k: int = 1, *, threshold: float | None = None) -> RecallResult:
        """The k stored items that fit best, best first; ties to the item stored earlier.

        Args:
            cues: (active,) or (batch, active).
            k: how many, at most the number of stored items.
            threshold: a score below it is answered by :data:`neuro.memories.NOTHING`; None: never.

        Returns:
            Indices and scores, each (k,) or (batch, k). A score adds up the synapses between active cue units and the
            item's pointer units; of 1-bit synapses it is at most ``active * pointer_active``.

        Raises:
            InvalidInput: cues that are no codes of ``units``, an empty memory, k out of range, a threshold of NaN.
        """
        check_recall(len(self), k, threshold)
        rows, scores = self._ranked(np.atleast_2d(self.activity(cues)), k)
        return recall_result(self._items.indices[rows], scores, threshold=threshold, single=np.ndim(cues) == 1)

    def forget(self, indices: npt.ArrayLike) -> None:
        """Remove items: recall names them no more. Their synapses stay, since other items may share them.

        Raises:
            InvalidInput: an index that is not stored or given twice; nothing is removed then.
        """
        items = len(self)
        stays = self._items.remove(indices)
        self._pointers = self._pointers[:items][stays]

    def activity(self, cues: npt.ArrayLike) -> AnyArray:
        """``s = c' W``: how strongly a cue drives each pointer unit, (pointer_units,) or (batch, pointer_units).

        Raises:
            InvalidInput: cues that are no codes of ``units``.
        """
        sums = self._sums(check_codes(cues, self.units, "cues"))
        return sums[0] if np.ndim(cues) == 1 else sums

    def pointers(self, indices: npt.ArrayLike) -> Codes:
        """The pointer code of each index, stored or not, (n, pointer_active), ascending.

        Raises:
            InvalidInput: indices that are no whole numbers >= 0.
        """
        return pointer_codes(np.atleast_1d(whole_indices(indices)), self.pointer_units, self.pointer_active, self.seed)

    @property
    @abstractmethod
    def weights(self) -> AnyArray:
        """The synapses, (units, pointer_units)."""

    @abstractmethod
    def state(self) -> dict[str, AnyArray]:
        """All that the memory is, as arrays."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described."""

    @abstractmethod
    def _learn(self, codes: Codes, pointers: AnyArray) -> None:
        """Write items into the synapses, one after the other."""

    @abstractmethod
    def _sums(self, codes: Codes) -> AnyArray:
        """``c' W`` of checked codes, (batch, pointer_units): int32 or float64."""

    def _ranked(self, sums: AnyArray, k: int) -> tuple[IntArray, AnyArray]:
        """Rows and scores of the k best items of each row of ``sums``, (batch, k)."""
        from neuro.memories.hebbian._kernels import rank_batch, scores_batch

        items = len(self)
        pointers = self._pointers[:items]
        if np.issubdtype(sums.dtype, np.integer):
            keys = np.empty((len(sums), k), dtype=np.int64)
            rank_batch(sums, pointers, keys)
            keys = np.sort(keys, axis=1)[:, ::-1]
            return items - 1 - keys % items, keys // items
        scores = np.empty((len(sums), items))
        scores_batch(sums, pointers, scores)
        rows = stable_top_k(scores, k)
        return rows, np.take_along_axis(scores, rows, axis=1)

    def _shape(self) -> dict[str, AnyArray]:
        """The part of the state that says which items there are and how large everything is."""
        return {
            "shape": np.array([self.units, self.pointer_units, self.pointer_active, self.seed], dtype=np.int64),
            "indices": self.indices,
        }

    def _restore_items(self, state: MemoryState) -> None:
        indices = state_array(state, "indices", np.int64, (None,))
        names = self._items.names(len(indices), indices)
        self._append(names, self._pointer_table(names))

    def _pointer_table(self, names: IntArray) -> AnyArray:
        codes = pointer_codes(names, self.pointer_units, self.pointer_active, self.seed)
        # Recall reads the whole table: 16 bits an entry halve its time.
        return codes.astype(np.uint16 if self.pointer_units <= 1 << 16 else np.uint32)

    def _append(self, names: IntArray, pointers: AnyArray) -> None:
        before = len(self)
        items = before + len(names)
        self._pointers = grown(self._pointers, items)
        self._pointers[before:items] = pointers
        self._items.add(names)


def state_shape(state: MemoryState) -> dict[str, int]:
    """``units``, ``pointer_units``, ``pointer_active`` and ``seed`` of a state, as the arguments of a memory.

    Raises:
        InvalidInput: the array is missing or damaged, a size is out of range.
    """
    names = ("units", "pointer_units", "pointer_active", "seed")
    shape = dict(zip(names, (int(value) for value in state_array(state, "shape", np.int64, (4,))), strict=True))
    for name in ("units", "pointer_units"):
        check_whole(name, shape[name], 1, _MOST_UNITS)
    return shape
