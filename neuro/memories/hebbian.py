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

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole
from neuro.encoders.codes import check_codes
from neuro.errors import InvalidInput
from neuro.memories.pointers import pointer_codes

Ints = npt.NDArray[np.int64]


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
        self._indices = np.empty(0, dtype=np.int64)
        self._pointers = self._pointer_table(self._indices)
        self._items = 0
        self._known: set[int] = set()

    def __len__(self) -> int:
        return self._items

    @property
    def indices(self) -> Ints:
        """The index of each stored item, in the order of storing, shape (items,)."""
        return self._indices[: self._items].copy()

    @property
    def weights(self) -> npt.NDArray[np.bool_]:
        """The 1-bit weights as truth values, shape (units, pointer_units)."""
        octets = self._weights.astype("<u8").view(np.uint8)
        return np.unpackbits(octets, axis=1, count=self.pointer_units, bitorder="little").astype(bool)

    def store(self, cues: npt.ArrayLike, indices: npt.ArrayLike | None = None) -> Ints:
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
        names = self._names(len(codes), indices)
        pointers = self._pointer_table(names)
        imprint(self._weights, codes, pointers)
        self._append(names, pointers)
        return names

    def recall(self, cues: npt.ArrayLike, k: int = 1) -> tuple[Ints, Ints]:
        """The k stored items that fit best, best first; ties to the item stored earlier.

        Args:
            cues: (active,) or (batch, active).
            k: how many, at most the number of stored items.

        Returns:
            Indices and scores, each (k,) or (batch, k). A score counts the synapses between active cue
            units and the item's pointer units, at most ``active * pointer_active``.

        Raises:
            InvalidInput: cues that are no codes of ``units``, an empty memory, k out of range.
        """
        from neuro.memories._kernels import rank_batch

        if not self._items:
            raise InvalidInput("recall on an empty memory; store something first")
        check_whole("k", k, 1, self._items)
        sums = np.atleast_2d(self.activity(cues))
        keys = np.empty((len(sums), k), dtype=np.int64)
        rank_batch(sums, self._pointers[: self._items], keys)
        keys = np.sort(keys, axis=1)[:, ::-1]
        found, scores = self._indices[self._items - 1 - keys % self._items], keys // self._items
        return (found[0], scores[0]) if np.ndim(cues) == 1 else (found, scores)

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
    def from_state(cls, state: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing or has another dtype or shape, an index stands twice, a bit is
                set beyond the last pointer unit.
        """
        shape = _array(state, "shape", np.int64, (4,))
        units, pointer_units, pointer_active, seed = (int(value) for value in shape)
        check_whole("units", units, 1, 1 << 24)
        check_whole("pointer_units", pointer_units, 1, 1 << 24)
        weights = _array(state, "weights", np.uint64, (units, -(-pointer_units // 64)))
        indices = _array(state, "indices", np.int64, (None,))
        spare = -pointer_units % 64
        if spare and np.any(weights[:, -1] >> np.uint64(64 - spare)):
            raise InvalidInput(f"state: weights has a bit set beyond pointer unit {pointer_units - 1}")
        memory = cls(units, pointer_units=pointer_units, pointer_active=pointer_active, seed=seed)
        names = memory._names(len(indices), indices)
        memory._weights[:] = weights
        memory._append(names, memory._pointer_table(names))
        return memory

    def _names(self, items: int, indices: npt.ArrayLike | None) -> Ints:
        if indices is None:
            first = max(self._known, default=-1) + 1
            return np.arange(first, first + items, dtype=np.int64)
        given = np.asarray(indices)
        if given.shape != (items,) or (given.size and not np.issubdtype(given.dtype, np.integer)):
            raise InvalidInput(f"indices have shape {given.shape}, dtype {given.dtype}; {items} integers are allowed")
        names = given.astype(np.int64)
        if names.size and names.min() < 0:
            raise InvalidInput(f"indices hold {names.min()}; whole numbers >= 0 are allowed")
        ordered = np.sort(names)
        twice = ordered[1:][np.diff(ordered) == 0]
        if twice.size:
            raise InvalidInput(f"index {twice[0]} is given twice; each item has its own")
        taken = self._known.intersection(names.tolist())
        if taken:
            raise InvalidInput(f"index {min(taken)} is already stored; choose another")
        return names

    def _pointer_table(self, names: Ints) -> npt.NDArray[Any]:
        codes = pointer_codes(names, self.pointer_units, self.pointer_active, self.seed)
        # Recall reads the whole table: 16 bits an entry halve its time.
        return codes.astype(np.uint16 if self.pointer_units <= 1 << 16 else np.uint32)

    def _append(self, names: Ints, pointers: npt.NDArray[Any]) -> None:
        items = self._items + len(names)
        if items > len(self._indices):
            # Doubling, so that inserts one by one stay cheap.
            spare = max(items, 2 * len(self._indices)) - self._items
            self._indices = np.concatenate([self._indices[: self._items], np.zeros(spare, dtype=np.int64)])
            table = np.zeros((spare, self.pointer_active), dtype=self._pointers.dtype)
            self._pointers = np.concatenate([self._pointers[: self._items], table])
        self._indices[self._items : items] = names
        self._pointers[self._items : items] = pointers
        self._items = items
        self._known.update(names.tolist())


def _array(
    state: Mapping[str, npt.NDArray[Any]], name: str, dtype: type, shape: tuple[int | None, ...]
) -> npt.NDArray[Any]:
    if name not in state:
        raise InvalidInput(f"state: {name!r} is missing; it has {sorted(state)}")
    array = np.asarray(state[name])
    fits = len(array.shape) == len(shape) and all(
        want in (None, have) for want, have in zip(shape, array.shape, strict=True)
    )
    if array.dtype != dtype or not fits:
        raise InvalidInput(
            f"state: {name} has dtype {array.dtype}, shape {array.shape}; {np.dtype(dtype)} of shape {shape} is allowed"
        )
    return array
