"""Checks that the phasor codes share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput

Phasors = npt.NDArray[np.complexfloating[Any, Any]]

_UNIT_TOLERANCE = 1e-3


def check_phasors(vectors: npt.ArrayLike, dimensions: int, what: str = "vectors") -> Phasors:
    """Complex vectors as a batch (n, dimensions); one vector (dimensions,) becomes a batch of one.

    Raises:
        InvalidInput: no complex numbers, not one or two dimensions, empty, another width, NaN or infinite.
    """
    given = np.asarray(vectors)
    if not np.issubdtype(given.dtype, np.complexfloating):
        raise InvalidInput(f"{what} have dtype {given.dtype}; complex numbers are allowed: use FHRR.from_phases")
    if given.ndim not in (1, 2) or given.size == 0:
        raise InvalidInput(
            f"{what} have shape {given.shape}; ({dimensions},) or (batch, {dimensions}), not empty, is allowed"
        )
    if given.shape[-1] != dimensions:
        raise InvalidInput(f"{what} have {given.shape[-1]} dimensions; {dimensions} are allowed")
    if not np.all(np.isfinite(given)):
        raise InvalidInput(f"{what} hold NaN or infinity; only finite numbers are allowed")
    return np.ascontiguousarray(np.atleast_2d(given))


def check_unit_phasors(vectors: npt.ArrayLike, dimensions: int, what: str = "cues") -> npt.NDArray[np.complex64]:
    """As :func:`check_phasors`, complex64 and each entry of length 1.

    Raises:
        InvalidInput: as :func:`check_phasors`; another dtype; an entry of another length.
    """
    given = np.asarray(vectors)
    if given.dtype != np.complex64:
        raise InvalidInput(f"{what} have dtype {given.dtype}; complex64 is allowed: use .astype(np.complex64)")
    rows = check_phasors(given, dimensions, what)
    if np.any(np.abs(np.abs(rows) - 1) > _UNIT_TOLERANCE):
        raise InvalidInput(f"{what} hold entries that are no unit phasors; normalise them with FHRR.normalise")
    return np.asarray(rows, dtype=np.complex64)
