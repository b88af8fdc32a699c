"""Checks that the settings of training share."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput

Floats = npt.NDArray[np.floating]


def check_positive(name: str, value: float) -> None:
    """Raise InvalidInput unless ``value`` is a finite number above 0."""
    _check_number(name, value)
    if value <= 0:
        raise InvalidInput(f"{name} is {value!r}; a finite number above 0 is allowed")


def check_share(name: str, value: float) -> None:
    """Raise InvalidInput unless ``0 <= value < 1``."""
    _check_number(name, value)
    if not 0 <= value < 1:
        raise InvalidInput(f"{name} is {value!r}; 0 up to (not including) 1 is allowed")


def check_not_negative(name: str, value: float) -> None:
    """Raise InvalidInput unless ``value`` is a finite number >= 0."""
    _check_number(name, value)
    if value < 0:
        raise InvalidInput(f"{name} is {value!r}; a finite number >= 0 is allowed")


def check_rows(rows: npt.ArrayLike, what: str, width: int | None = None) -> Floats:
    """Rows (n, width) of floats as they are; InvalidInput for another shape or dtype, NaN or infinity."""
    given = np.asarray(rows)
    if given.ndim != 2 or given.size == 0 or not np.issubdtype(given.dtype, np.floating):
        raise InvalidInput(
            f"{what} have shape {given.shape}, dtype {given.dtype}; floats of shape (n, dimensions), not empty, "
            "are allowed"
        )
    if width is not None and given.shape[1] != width:
        raise InvalidInput(f"{what} have {given.shape[1]} dimensions; {width} are needed")
    if not np.all(np.isfinite(given)):
        raise InvalidInput(f"{what} hold NaN or infinity; only finite numbers are allowed")
    return given


def _check_number(name: str, value: float) -> None:
    is_number = isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        raise InvalidInput(f"{name} is {value!r}; a finite number is allowed")
