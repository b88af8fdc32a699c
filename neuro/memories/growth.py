"""Arrays that grow by doubling, so that storing one by one stays cheap."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)


def grown(array: npt.NDArray[Scalar], rows: int) -> npt.NDArray[Scalar]:
    """The array itself if it has that many rows, else a copy with twice its rows or more; new ones hold anything."""
    if rows <= len(array):
        return array
    longer: npt.NDArray[Any] = np.empty((max(rows, 2 * len(array)), *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer
