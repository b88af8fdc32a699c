"""Drives in frames: one row of currents a frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput


def as_frames(values: npt.ArrayLike, what: str) -> npt.NDArray[np.float64]:
    """Values of shape (neurons,) or (frames, neurons) as (frames, neurons).

    Raises:
        InvalidInput: empty, of another shape, or not finite.
    """
    rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if rows.ndim != 2 or rows.size == 0 or not np.all(np.isfinite(rows)):
        raise InvalidInput(f"{what} has shape {rows.shape}; finite numbers of shape (frames, neurons) are allowed")
    return rows
