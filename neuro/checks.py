"""Checks of what callers give: numbers, whole numbers, arrays of them, names, times and ticks."""

from __future__ import annotations

import keyword
import math

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, FloatingArray, IntArray, Value
from neuro.errors import CircuitError, InvalidInput

_GRID_TOLERANCE = 1e-3

_MOST_TICKS = 1 << 40
"""Thirty years of milliseconds; what is counted in ticks stays far inside 64 bits."""

_LARGEST = (1 << 63) - 1


def is_number(value: Value) -> bool:
    """Whether a value is one finite real number: no truth value, no array."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return bool(-math.inf < value < math.inf)


def is_whole(value: Value, lowest: int, highest: float = math.inf) -> bool:
    """Whether a value is one integer, no truth value, from ``lowest`` to ``highest``."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and lowest <= int(value) <= highest


def holds_whole(values: npt.ArrayLike) -> bool:
    """Whether an array or a list holds integers or nothing: no floats, no text, no truth value among the numbers."""
    array = np.asarray(values)
    if isinstance(values, list | tuple) and array.dtype.kind in "iu":
        # numpy takes True among numbers for 1.
        return not any(isinstance(value, bool | np.bool_) for value in np.array(values, dtype=object).ravel())
    return not array.size or np.issubdtype(array.dtype, np.integer)


def is_real(array: AnyArray) -> bool:
    """Whether an array holds integers or floats: no truth values, no complex numbers, no text."""
    return array.dtype.kind in "iuf"


def check_number(name: str, value: float) -> None:
    """Raise InvalidInput unless ``value`` is a finite number."""
    if not is_number(value):
        raise InvalidInput(f"{name} is {value!r}; a finite number is allowed")


def check_positive(name: str, value: float) -> None:
    """Raise InvalidInput unless ``value`` is a finite number above 0."""
    check_number(name, value)
    if value <= 0:
        raise InvalidInput(f"{name} is {value!r}; a finite number above 0 is allowed")


def check_not_negative(name: str, value: float) -> None:
    """Raise InvalidInput unless ``value`` is a finite number >= 0."""
    check_number(name, value)
    if value < 0:
        raise InvalidInput(f"{name} is {value!r}; a finite number >= 0 is allowed")


def check_share(name: str, value: float) -> None:
    """Raise InvalidInput unless ``0 <= value < 1``."""
    check_number(name, value)
    if not 0 <= value < 1:
        raise InvalidInput(f"{name} is {value!r}; 0 up to (not including) 1 is allowed")


def check_whole(name: str, value: float, lowest: int, highest: int) -> None:
    """Raise InvalidInput unless ``value`` is a whole number from ``lowest`` to ``highest``."""
    if not is_whole(value, lowest, highest):
        raise InvalidInput(f"{name} is {value!r}; a whole number from {lowest} to {highest} is allowed")


def check_ticks(ticks: float) -> None:
    """Raise InvalidInput unless ``ticks`` is a whole number of ticks to run."""
    if not is_whole(ticks, 0):
        raise InvalidInput(f"ticks is {ticks!r}; a whole number >= 0 is allowed")
    if ticks > _MOST_TICKS:
        raise InvalidInput(f"ticks is {ticks!r}; up to {_MOST_TICKS} are allowed")


def whole_numbers(values: npt.ArrayLike, what: str, lowest: int = -(1 << 63), highest: int = _LARGEST) -> IntArray:
    """Whole numbers as int64, in their shape; InvalidInput for floats, text, truth values and what is out of range.

    >>> whole_numbers([3, 1], "ids").tolist()
    [3, 1]
    """
    array = np.asarray(values)
    if not holds_whole(values):
        kind = "bool" if np.issubdtype(array.dtype, np.integer) else array.dtype
        raise InvalidInput(f"{what} have dtype {kind}; whole numbers are allowed: convert them if that is meant")
    if array.size and (int(array.min()) < lowest or int(array.max()) > highest):
        most = "2**63 - 1" if highest == _LARGEST else highest
        raise InvalidInput(f"{what} run from {array.min()} to {array.max()}; {lowest} to {most} is allowed")
    return array.astype(np.int64)


def frozen_integers(values: npt.ArrayLike, what: str) -> IntArray:
    """A read-only int64 copy of integers, for the parts of a circuit; CircuitError for any other dtype."""
    array = np.asarray(values)
    if not holds_whole(values):
        raise CircuitError(f"{what} has dtype {array.dtype}; integers are allowed")
    frozen = array.astype(np.int64)
    frozen.setflags(write=False)
    return frozen


def frozen_targets(values: npt.ArrayLike, what: str, below: int) -> npt.NDArray[np.int32]:
    """Read-only int32 numbers of target neurons ``0 <= i < below``, a vector; what is that already is taken as it is.

    Raises:
        CircuitError: another dtype or shape, an index out of range, or a bound beyond 2**31.
    """
    array = np.asarray(values)
    if not holds_whole(values):
        raise CircuitError(f"{what} has dtype {array.dtype}; integers are allowed")
    if below > 1 << 31:
        raise CircuitError(f"{what} counts up to {below}; up to {1 << 31} neurons are allowed")
    if array.ndim != 1:
        raise CircuitError(f"{what} has shape {array.shape}; a vector is allowed")
    if array.size and (array.min() < 0 or array.max() >= below):
        raise CircuitError(f"{what} holds {array.min()} to {array.max()}; target neurons 0 to {below - 1} are allowed")
    own = array.dtype == np.int32 and array.flags.owndata and not array.flags.writeable
    frozen = array if own else array.astype(np.int32)
    frozen.setflags(write=False)
    return frozen


def check_rows(rows: npt.ArrayLike, what: str, width: int | None = None) -> FloatingArray:
    """Rows (n, width) of floats as they are; InvalidInput for another shape or dtype, NaN or infinity."""
    array = np.asarray(rows)
    if array.ndim != 2 or array.size == 0 or not np.issubdtype(array.dtype, np.floating):
        raise InvalidInput(
            f"{what} have shape {array.shape}, dtype {array.dtype}; floats of shape (n, dimensions), not empty, "
            "are allowed"
        )
    if width is not None and array.shape[1] != width:
        raise InvalidInput(f"{what} have {array.shape[1]} dimensions; {width} are needed")
    if not np.all(np.isfinite(array)):
        raise InvalidInput(f"{what} hold NaN or infinity; only finite numbers are allowed")
    return array


def check_name(name: str, what: str) -> None:
    """Raise CircuitError unless ``name`` is an ASCII identifier, no keyword, no edge or double underscores."""
    if not isinstance(name, str) or not name.isascii() or not name.isidentifier() or keyword.iskeyword(name):
        raise CircuitError(
            f"{what} is named {str(name)[:60]!r}; use letters, digits and _, no digit first, no Python keyword"
        )
    if name.startswith("_") or name.endswith("_") or "__" in name:
        raise CircuitError(f"{what} is named {name!r}; a name can't start or end with _ or hold two in a row")


def to_ticks(time: Value, dt: float, what: str) -> IntArray:
    """Times in seconds (numbers, arrays or Brian2 quantities) as whole ticks, same shape.

    Raises:
        CircuitError: a time is negative or more than 1e-3 tick off the grid.

    >>> int(to_ticks(20e-3, 1e-3, "the delay"))
    20
    """
    exact = np.asarray(time, dtype=np.float64) / dt
    ticks = np.asarray(np.rint(exact))
    if not np.all(np.isfinite(exact)) or np.any(ticks < 0):
        raise CircuitError(f"{what} is {time}; finite times >= 0 s are allowed")
    if np.any(np.abs(exact - ticks) > _GRID_TOLERANCE):
        raise CircuitError(f"{what} is {time}, not a whole number of ticks of {dt:g} s; round it or change dt")
    return ticks.astype(np.int64)
