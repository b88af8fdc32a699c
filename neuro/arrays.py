"""The types that signatures name, arrays and JSON, and arrays that grow by doubling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

AnyArray = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
FloatingArray = npt.NDArray[np.floating[Any]]
"""float32 or float64: the dtype of what was given is kept."""

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
ComplexArray = npt.NDArray[np.complex64]
Phasors = npt.NDArray[np.complexfloating[Any, Any]]
BitArray = npt.NDArray[np.uint64]
"""Bits, 64 to a word."""

NodeArray = npt.NDArray[np.uint32]
JSONValue = None | bool | int | float | str | Sequence["JSONValue"] | Mapping[str, "JSONValue"]
"""What a JSON file can say."""

Scalar = TypeVar("Scalar", bound=np.generic)


def grown(array: npt.NDArray[Scalar], rows: int) -> npt.NDArray[Scalar]:
    """The array itself if it has that many rows, else a copy with twice its rows or more; new ones hold anything."""
    if rows <= len(array):
        return array
    longer: npt.NDArray[Any] = np.empty((max(rows, 2 * len(array)), *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer
