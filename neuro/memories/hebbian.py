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

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole
from neuro.encoders.codes import check_codes
from neuro.errors import InvalidInput
from neuro.memories.checks import check_recall, state_array
from neuro.memories.items import Items
from neuro.memories.memory import NOTHING, Ints, Recall, State
from neuro.memories.pointers import pointer_codes


class HebbianMemory:
    """Hetero-associative memory of sparse codes: cue code (k of ``units``) -> pointer code -> item index.

    Args:
        units: n, units of a cue code.
        pointer_units: m. The weights take ``n m / 8`` bytes.
        pointer_active: p. Inserting an item of k active cue units sets at most k p bits.
        seed: of the pointer codes.

    Raises:
        InvalidInput: a value outside its range.
    """

    def __init__(self, units: int, *, pointer_units: int = 4096, pointer_active: int = 16, seed: int = 0) -> None:
        check_whole("units", units, 1, 1 << 24)
        check_whole("pointer_units", pointer_units, 1, 1 << 24)
        check_whole("pointer_active", pointer_active, 1, pointer_units)
        check_whole("seed", seed, 0, (1 << 63) - 1)
        self.units = int(units)
        self.pointer_units = int(pointer_units)
        self.pointer_active = int(pointer_active)
        self.seed = int(seed)
        self._weights = np.zeros((self.units, -(-self.pointer_units // 64)), dtype=np.uint64)
        self._items = Items()
        self._pointers = self._pointer_table(self._items.indices)

    def __len__(self) -> int:
        return len(self._items)

    @property
    def indices(self) -> Ints:
        """The index of each stored item, in the order of storing, shape (items,)."""
        return self._items.indices.copy()

    @property
    def weights(self) -> npt.NDArray[np.bool_]:
        """The 1-bit weights as truth values, shape (units, pointer_units)."""
        octets = self._weights.astype("<u8").view(np.uint8)
        return np.unpackbits(octets, axis=1, count=self.pointer_units, bitorder="little").astype(bool)

    def store(self, cues: npt.ArrayLike, *, indices: npt.ArrayLike | None = None) -> Ints:
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
        from neuro.memories._kernels import imprint

        codes = check_codes(cues, self.units, "cues")
        names = self._items.names(len(codes), indices)
        pointers = self._pointer_table(names)
        imprint(self._weights, codes, pointers)
        self._append(names, pointers)
        return names

    def recall(self, cues: npt.ArrayLike, k: int = 1, *, threshold: float | None = None) -> Recall:
        """The k stored items that fit best, best first; ties to the item stored earlier.

        Args:
            cues: (active,) or (batch, active).
            k: how many, at most the number of stored items.
            threshold: a score below it is answered by :data:`NOTHING`; None: never.

        Returns:
            Indices and scores, each (k,) or (batch, k). A score counts the synapses between active cue
            units and the item's pointer units, at most ``active * pointer_active``.

        Raises:
            InvalidInput: cues that are no codes of ``units``, an empty memory, k out of range, a threshold of NaN.
        """
        from neuro.memories._kernels import rank_batch

        items = len(self)
        check_recall(items, k, threshold)
        sums = np.atleast_2d(self.activity(cues))
        keys = np.empty((len(sums), k), dtype=np.int64)
        rank_batch(sums, self._pointers[:items], keys)
        keys = np.sort(keys, axis=1)[:, ::-1]
        found, scores = self._items.indices[items - 1 - keys % items], keys // items
        if threshold is not None:
            found = np.where(scores >= threshold, found, NOTHING)
        return Recall(found[0], scores[0]) if np.ndim(cues) == 1 else Recall(found, scores)

    def forget(self, indices: npt.ArrayLike) -> None:
        """Remove items: recall names them no more. Their bits stay, since other items may share them.

        Raises:
            InvalidInput: an index that is not stored or given twice; nothing is removed then.
        """
        items = len(self)
        stays = self._items.remove(indices)
        self._pointers = self._pointers[:items][stays]

    def merge(self, other: Self) -> Self:
        """A memory of the items of both: weights joined by OR, so neither order nor repetition matters.

        Items of both count once; their order in the merged memory ascends by index.

        Raises:
            InvalidInput: memories of different units, pointer units, pointer activity or seed.
        """
        mine, its = self.state()["shape"], other.state()["shape"]
        if not np.array_equal(mine, its):
            raise InvalidInput(
                f"memories of (units, pointer_units, pointer_active, seed) {mine.tolist()} and {its.tolist()} "
                "can't be merged; make them alike"
            )
        merged = type(self)(
            self.units, pointer_units=self.pointer_units, pointer_active=self.pointer_active, seed=self.seed
        )
        np.bitwise_or(self._weights, other._weights, out=merged._weights)
        names = np.union1d(self.indices, other.indices)
        merged._append(names, merged._pointer_table(names))
        return merged

    def activity(self, cues: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """``s = c' W``: how many active cue units reach each pointer unit, (pointer_units,) or (batch,
        pointer_units).

        Raises:
            InvalidInput: cues that are no codes of ``units``.
        """
        from neuro.memories._kernels import column_sums

        codes = check_codes(cues, self.units, "cues")
        words = self._weights.shape[1]
        planes = np.empty((max(2, codes.shape[1].bit_length()), words), dtype=np.uint64)
        padded = np.empty((len(codes), 64 * words), dtype=np.int32)
        column_sums(self._weights, codes, planes, padded)
        sums = padded[:, : self.pointer_units]
        return sums[0] if np.ndim(cues) == 1 else sums

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All that the memory is, as arrays: ``shape`` (units, pointer_units, pointer_active, seed),
        ``indices``, ``weights``.
        """
        return {
            "shape": np.array([self.units, self.pointer_units, self.pointer_active, self.seed], dtype=np.int64),
            "indices": self.indices,
            "weights": self._weights.copy(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing or has another dtype or shape, an index stands twice, a bit is
                set beyond the last pointer unit.
        """
        shape = state_array(state, "shape", np.int64, (4,))
        units, pointer_units, pointer_active, seed = (int(value) for value in shape)
        check_whole("units", units, 1, 1 << 24)
        check_whole("pointer_units", pointer_units, 1, 1 << 24)
        weights = state_array(state, "weights", np.uint64, (units, -(-pointer_units // 64)))
        indices = state_array(state, "indices", np.int64, (None,))
        spare = -pointer_units % 64
        if spare and np.any(weights[:, -1] >> np.uint64(64 - spare)):
            raise InvalidInput(f"state: weights has a bit set beyond pointer unit {pointer_units - 1}")
        memory = cls(units, pointer_units=pointer_units, pointer_active=pointer_active, seed=seed)
        names = memory._items.names(len(indices), indices)
        memory._weights[:] = weights
        memory._append(names, memory._pointer_table(names))
        return memory

    def _pointer_table(self, names: Ints) -> npt.NDArray[Any]:
        codes = pointer_codes(names, self.pointer_units, self.pointer_active, self.seed)
        # Recall reads the whole table: 16 bits an entry halve its time.
        return codes.astype(np.uint16 if self.pointer_units <= 1 << 16 else np.uint32)

    def _append(self, names: Ints, pointers: npt.NDArray[Any]) -> None:
        before = len(self)
        items = before + len(names)
        if items > len(self._pointers):
            # Doubling, so that inserts one by one stay cheap.
            grown = np.zeros((max(items, 2 * before), self.pointer_active), dtype=self._pointers.dtype)
            grown[:before] = self._pointers[:before]
            self._pointers = grown
        self._pointers[before:items] = pointers
        self._items.add(names)
