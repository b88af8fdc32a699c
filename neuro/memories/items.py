"""The items of a memory by index: which are there, in which row of its arrays each one stands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.arrays import BoolArray, IntArray, grown
from neuro.checks import holds_whole
from neuro.errors import InvalidInput

LARGEST_INDEX = (1 << 62) - 1
"""Leaves room for the next index to count up to."""


class Items:
    """Indices in the order of storing; row r of a memory's arrays belongs to the r-th.

    Args:
        indices: of the items that are there from the start.

    Raises:
        InvalidInput: as :meth:`names`.
    """

    def __init__(self, indices: npt.ArrayLike = ()) -> None:
        self._rows: dict[int, int] = {}
        self._indices = np.empty(0, dtype=np.int64)
        self._largest = -1
        given = np.asarray(indices)
        if given.size:
            self.add(self.names(len(given), given))

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def indices(self) -> IntArray:
        """In the order of storing, (items,); a view that must not be written to."""
        return self._indices[: len(self._rows)]

    def names(self, items: int, indices: npt.ArrayLike | None = None) -> IntArray:
        """The indices that new items get: those given, or consecutive ones after the largest. Changes nothing.

        Raises:
            InvalidInput: another number of indices, no integers, out of range, given twice or already stored.
        """
        if indices is None:
            first = self._largest + 1
            if first + items - 1 > LARGEST_INDEX:
                raise InvalidInput(f"no index is left after {first - 1}; give indices up to {LARGEST_INDEX}")
            return np.arange(first, first + items, dtype=np.int64)
        names = _distinct(indices)
        if names.shape != (items,):
            raise InvalidInput(f"indices have shape {names.shape}; one for each of {items} items is allowed")
        taken = self._rows.keys() & set(names.tolist())
        if taken:
            raise InvalidInput(f"index {min(taken)} is already stored; choose another")
        return names

    def add(self, names: IntArray) -> None:
        """Append what :meth:`names` returned."""
        before = len(self._rows)
        items = before + len(names)
        self._indices = grown(self._indices, items)
        self._indices[before:items] = names
        self._rows.update(zip(names.tolist(), range(before, items), strict=True))
        self._largest = max(self._largest, int(names.max(initial=-1)))

    def rows(self, indices: npt.ArrayLike) -> IntArray:
        """The row of each index, (n,).

        Raises:
            InvalidInput: no integers, an index given twice or not stored.
        """
        names = np.atleast_1d(_distinct(indices))
        missing = [name for name in names.tolist() if name not in self._rows]
        if missing:
            raise InvalidInput(f"index {missing[0]} is not stored; {len(self)} items are, see .indices")
        return self.places(names)

    def places(self, names: IntArray) -> IntArray:
        """The row of each index, all known to be stored, (n,)."""
        return np.array([self._rows[name] for name in names.tolist()], dtype=np.int64)

    def remove(self, indices: npt.ArrayLike) -> BoolArray:
        """Take items out; later ones move up. Returns a mask of the rows that stay, (items before,).

        Raises:
            InvalidInput: as :meth:`rows`; nothing is removed then.
        """
        stays = np.ones(len(self), dtype=bool)
        stays[self.rows(indices)] = False
        kept = self.indices[stays].copy()
        self._indices, self._rows = kept, {name: row for row, name in enumerate(kept.tolist())}
        self._largest = int(kept.max(initial=-1))
        return stays


def whole_indices(indices: npt.ArrayLike) -> IntArray:
    """Indices as int64, () or (n,).

    Raises:
        InvalidInput: no integers, another shape, out of range.
    """
    given = np.asarray(indices)
    if given.ndim > 1 or not holds_whole(indices):
        raise InvalidInput(f"indices have shape {given.shape}, dtype {given.dtype}; integers (items,) are allowed")
    if given.size and (given.min() < 0 or given.max() > LARGEST_INDEX):
        wrong = given.min() if given.min() < 0 else given.max()
        raise InvalidInput(f"indices hold {wrong}; whole numbers from 0 to {LARGEST_INDEX} are allowed")
    return given.astype(np.int64)


def _distinct(indices: npt.ArrayLike) -> IntArray:
    names = whole_indices(indices)
    ordered = np.sort(names, axis=None)
    twice = ordered[1:][np.diff(ordered) == 0]
    if twice.size:
        raise InvalidInput(f"index {twice[0]} is given twice; each item has its own")
    return names
