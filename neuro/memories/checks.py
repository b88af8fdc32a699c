"""Checks that the memories share: cues, k, thresholds, the arrays of a state."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.memories.memory import State

_SHORTEST = 1e-30
"""A squared length below this can't be divided by in float32."""


def check_float32(vectors: npt.ArrayLike, dimensions: int, what: str = "cues") -> npt.NDArray[np.float32]:
    """Vectors as float32 (n, dimensions); one vector (dimensions,) becomes a batch of one.

    Raises:
        InvalidInput: another dtype, not one or two dimensions, empty, another width, NaN or infinite.
    """
    given = np.asarray(vectors)
    if given.dtype != np.float32:
        raise InvalidInput(f"{what} have dtype {given.dtype}; float32 is allowed: use .astype(np.float32)")
    if given.ndim not in (1, 2) or given.size == 0:
        raise InvalidInput(
            f"{what} have shape {given.shape}; ({dimensions},) or (batch, {dimensions}), not empty, is allowed"
        )
    if given.shape[-1] != dimensions:
        raise InvalidInput(f"{what} have {given.shape[-1]} dimensions; this memory takes {dimensions}")
    if not np.all(np.isfinite(given)):
        raise InvalidInput(f"{what} hold NaN or infinity; only finite numbers are allowed")
    return np.ascontiguousarray(np.atleast_2d(given))


def check_directions(vectors: npt.ArrayLike, dimensions: int, what: str = "cues") -> npt.NDArray[np.float32]:
    """As :func:`check_float32`, and none of zero length: a zero vector has no direction to compare.

    Raises:
        InvalidInput: as :func:`check_float32`; a zero vector.
    """
    rows = check_float32(vectors, dimensions, what)
    short = np.flatnonzero(np.einsum("ij,ij->i", rows, rows, dtype=np.float64) < _SHORTEST)
    if short.size:
        raise InvalidInput(f"{what}: vector {short[0]} is zero and has no direction; leave it out")
    return rows


def check_recall(items: int, k: int, threshold: float | None) -> None:
    """Raise InvalidInput unless ``k`` of ``items`` can be recalled with that threshold."""
    if not items:
        raise InvalidInput("recall on an empty memory; store something first")
    check_whole("k", k, 1, items)
    if threshold is not None and not threshold == threshold:  # noqa: PLR0124
        raise InvalidInput("threshold is NaN; a number, or None for no threshold, is allowed")


def state_array(state: State, name: str, dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> npt.NDArray[Any]:
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
