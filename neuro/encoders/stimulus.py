"""The vectors that encoders take: checked, never cast in silence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, Scalar
from neuro.errors import InvalidInput

LARGEST = 1e300
"""Above this a sum over some entries could overflow."""


def as_batch(given: npt.NDArray[Scalar], dimensions: int | None, what: str, needed: str) -> npt.NDArray[Scalar]:
    """Vectors as (n, dimensions), contiguous; one vector (dimensions,) becomes a batch of one.

    Raises:
        InvalidInput: not one or two dimensions, empty, or another width than ``dimensions`` (None: any), of which
            ``needed`` says what is.
    """
    width = "dimensions" if dimensions is None else dimensions
    if given.ndim not in (1, 2) or given.size == 0:
        raise InvalidInput(f"{what} have shape {given.shape}; ({width},) or (batch, {width}), not empty, is allowed")
    if dimensions is not None and given.shape[-1] != dimensions:
        raise InvalidInput(f"{what} have {given.shape[-1]} dimensions; {needed}")
    return np.ascontiguousarray(given).reshape(-1, given.shape[-1])


def check_vectors(vectors: npt.ArrayLike, dimensions: int | None = None, what: str = "vectors") -> FloatArray:
    """Vectors as float64 (n, dimensions); one vector (dimensions,) becomes a batch of one.

    Args:
        vectors: float32 or float64.
        dimensions: how many are needed; None for any.
        what: their name in an error.

    Raises:
        InvalidInput: another dtype, not one or two dimensions, empty, NaN, infinite or beyond 1e300.
    """
    given = np.asarray(vectors)
    if given.dtype not in (np.float32, np.float64):
        raise InvalidInput(f"{what} have dtype {given.dtype}; float32 or float64 is allowed: use .astype(np.float32)")
    rows = as_batch(given, dimensions, what, f"this encoder takes {dimensions}").astype(np.float64)
    if not np.all(np.abs(rows) < LARGEST):
        raise InvalidInput(f"{what} hold NaN, infinity or a number beyond {LARGEST:g}; only finite numbers are allowed")
    return rows
