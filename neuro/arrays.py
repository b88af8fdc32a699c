"""The types that signatures name, arrays that grow by doubling, and the largest of them in a fixed order."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

AnyArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
FloatingArray = npt.NDArray[np.floating]
"""float32 or float64: the dtype of what was given is kept."""

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
ComplexArray = npt.NDArray[np.complex64]
Phasors = npt.NDArray[np.complexfloating]
BitArray = npt.NDArray[np.uint64]
"""Bits, 64 to a word."""

NodeArray = npt.NDArray[np.uint32]
JSONValue = None | bool | int | float | str | Sequence["JSONValue"] | Mapping[str, "JSONValue"]
"""What a JSON file can say."""

Scalar = TypeVar("Scalar", bound=np.generic)


class Quantity(Protocol):
    """A number or an array with a unit, such as Brian2's ``20*ms``; numpy reads its value in SI units."""

    @property
    def dim(self) -> Hashable:
        """The dimension, as the library of units has it."""

    def __array__(self) -> AnyArray:
        """The value in SI units."""


class Drawable(Protocol):
    """Numbers that are kept as a rule, such as those of :mod:`neuro.circuit.draws`."""

    def __array__(self) -> AnyArray:
        """The numbers."""


Value = float | np.number | AnyArray | Sequence[float] | Sequence[Sequence[float]] | Quantity | Drawable
"""A number, an array, a quantity of either, or a draw; plain numbers are in SI units."""


Item = TypeVar("Item")


class FrozenMapping(Mapping[str, Item]):
    """A mapping that nobody can change, and that can be copied and sent to another process.

    The standard library's ``MappingProxyType`` can neither be copied deeply nor pickled.

    Args:
        items: what it holds; copied.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Item]) -> None:
        self._items = dict(items)

    def __getitem__(self, name: str) -> Item:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[type[FrozenMapping[Item]], tuple[dict[str, Item]]]:
        return type(self), (self._items,)


def grown(array: npt.NDArray[Scalar], rows: int) -> npt.NDArray[Scalar]:
    """The array itself if it has that many rows, else a copy with twice its rows or more; new ones hold anything."""
    if rows <= len(array):
        return array
    longer: npt.NDArray[Scalar] = np.empty((max(rows, 2 * len(array)), *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer


def stable_top_k(values: AnyArray, k: int | None = None) -> IntArray:
    """Where the ``k`` largest stand on the last axis, largest first, ties to the lower index; None: all of them.

    Args:
        values: floats or signed integers, shape (..., n).
        k: how many; where there are fewer, all.

    Returns:
        shape (..., min(k, n)).

    >>> stable_top_k(np.array([[1.0, 3.0, 2.0, 3.0]]), 3).tolist()
    [[1, 3, 2]]
    """
    return np.argsort(-values, axis=-1, kind="stable")[..., :k]
