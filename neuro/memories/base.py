"""What every associative memory offers, whatever it is made of, and the checks that memories share.

    store(cues, values) -> indices        recall(cues, k) -> RecallResult        forget(indices)        state()

A memory knows its items by indices: whole numbers that the caller chooses, or that count up. Cues are sparse codes
(:class:`neuro.memories.HebbianMemory`) or float32 vectors; each memory says which. Nothing is cast in silence, and
an error leaves a memory as it was. ``merge``, ``energy`` and ``capacity`` exist only where they mean something.

The tests in ``tests/memories/test_every_memory.py`` hold each memory in ``neuro.memories`` to this page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, Float32Array, FloatArray, IntArray
from neuro.checks import check_whole
from neuro.encoders.stimulus import as_batch
from neuro.errors import InvalidInput
from neuro.memories.items import Items

MemoryState = Mapping[str, AnyArray]
"""All that a memory is, as arrays by name: no objects, so that it can be written without pickle."""

NOTHING = -1
"""The index that recall gives where no item scores at least the threshold: the memory abstains."""

_SHORTEST = 1e-30
"""A squared length below this can't be divided by in float32."""

_LONGEST = 1e30
"""Two vectors of a squared length above this may have a product beyond float32."""

SQUARED_LENGTHS = (_SHORTEST, _LONGEST)
"""The least and the largest squared length of a vector whose direction counts."""


@dataclass(frozen=True, slots=True, eq=False)
class RecallResult:
    """The answer of a memory, best item first.

    Args:
        indices: of the items, (k,) or (batch, k); :data:`NOTHING` where the score lies below the threshold.
        scores: how well each fits, same shape, falling along the last axis; each memory says in which unit.
        values: what was stored for each item, (k, ...) or (batch, k, ...); None if the memory keeps no values. Zero
            where the index is :data:`NOTHING`.
    """

    indices: IntArray
    scores: AnyArray
    values: AnyArray | None = None


class Memory(Protocol):
    """The shape of an associative memory."""

    kind: ClassVar[str]
    """What files call this kind of memory, such as ``"memory.hebbian"``: unique, and the same whatever its class is
    called."""

    def __len__(self) -> int:
        """How many items are stored."""
        ...

    @property
    def indices(self) -> IntArray:
        """The index of each stored item, in the order of storing, (items,)."""
        ...

    def store(self, cues: npt.ArrayLike, *, indices: npt.ArrayLike | None = None) -> IntArray:
        """Store items; returns their indices, (items,).

        Raises:
            InvalidInput: cues that do not fit the memory, indices negative, given twice or already stored.
        """
        ...

    def recall(self, cues: npt.ArrayLike, k: int = 1, *, threshold: float | None = None) -> RecallResult:
        """The k items that fit each cue best, ties to the one stored earlier.

        Args:
            cues: one cue or a batch.
            k: at most the number of stored items.
            threshold: a best score below it is answered by :data:`NOTHING`; None: never abstain.

        Raises:
            InvalidInput: an empty memory, k out of range, cues that do not fit, a threshold that is NaN.
        """
        ...

    def forget(self, indices: npt.ArrayLike) -> None:
        """Remove items: recall names them no more.

        Raises:
            InvalidInput: an index that is not stored or given twice; nothing is removed then.
        """
        ...

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is, as arrays."""
        ...

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing, has another dtype or shape, or contradicts another.
        """
        ...


class IndexedMemory:
    """Base of the memories whose items have a row each: how many there are, and their indices."""

    _items: Items

    def __len__(self) -> int:
        return len(self._items)

    @property
    def indices(self) -> IntArray:
        """The index of each stored item, in the order of storing, (items,)."""
        return self._items.indices.copy()


def recall_result(
    indices: IntArray, scores: AnyArray, values: AnyArray | None = None, *, threshold: float | None, single: bool
) -> RecallResult:
    """The answers to a batch, or to its only cue: :data:`NOTHING` where a score lies below the threshold."""
    if threshold is not None:
        fits = scores >= threshold
        indices = np.where(fits, indices, NOTHING)
        values = None if values is None else np.where(fits[..., None], values, 0)
    if single:
        return RecallResult(indices[0], scores[0], None if values is None else values[0])
    return RecallResult(indices, scores, values)


def check_float32(vectors: npt.ArrayLike, dimensions: int, what: str = "cues") -> Float32Array:
    """Vectors as float32 (n, dimensions); one vector (dimensions,) becomes a batch of one.

    Raises:
        InvalidInput: another dtype, not one or two dimensions, empty, another width, NaN or infinite.
    """
    rows = _as_rows(vectors, dimensions, what)
    if not np.all(np.isfinite(rows)):
        raise InvalidInput(f"{what} hold NaN or infinity; only finite numbers are allowed")
    return rows


def check_lengths(vectors: npt.ArrayLike, dimensions: int, what: str = "cues") -> tuple[Float32Array, FloatArray]:
    """The vectors of :func:`check_float32` and their lengths, (n,); a zero vector has no direction to compare.

    Raises:
        InvalidInput: as :func:`check_float32`; a zero vector, one longer than 1e15.
    """
    rows = _as_rows(vectors, dimensions, what)
    # Squares of float32 fit into float64, so their sum is finite just where all of the row is.
    squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    if not ((squares >= _SHORTEST) & (squares <= _LONGEST)).all():
        _refuse_length(squares, what)
    return rows, np.sqrt(squares)


def _as_rows(vectors: npt.ArrayLike, dimensions: int, what: str) -> Float32Array:
    given = np.asarray(vectors)
    if given.dtype != np.float32:
        raise InvalidInput(f"{what} have dtype {given.dtype}; float32 is allowed: use .astype(np.float32)")
    return as_batch(given, dimensions, what, f"this memory takes {dimensions}")


def _refuse_length(squares: FloatArray, what: str) -> None:
    if not np.all(np.isfinite(squares)):
        raise InvalidInput(f"{what} hold NaN or infinity; only finite numbers are allowed")
    if squares.min() < _SHORTEST:
        raise InvalidInput(f"{what}: vector {squares.argmin()} is zero and has no direction; leave it out")
    raise InvalidInput(f"{what}: vector {squares.argmax()} is longer than {_LONGEST**0.5:g}; scale it down")


def check_recall(items: int, k: int, threshold: float | None) -> None:
    """Raise InvalidInput unless ``k`` of ``items`` can be recalled with that threshold."""
    if not items:
        raise InvalidInput("recall on an empty memory; store something first")
    check_whole("k", k, 1, items)
    if threshold is None:
        return
    if np.ndim(threshold) or np.asarray(threshold).dtype.kind not in "iuf":
        raise InvalidInput(f"threshold is {threshold!r}; a number, or None for no threshold, is allowed")
    if not threshold == threshold:  # noqa: PLR0124
        raise InvalidInput("threshold is NaN; a number, or None for no threshold, is allowed")


def state_array(state: MemoryState, name: str, dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> AnyArray:
    """An array of a state, checked; None in ``shape`` stands for any size.

    Raises:
        InvalidInput: missing, or of another dtype or shape.
    """
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
