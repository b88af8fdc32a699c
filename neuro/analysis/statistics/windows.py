"""Windows: the checks that all statistics share, of tick lengths, ranges of ticks and widths."""

from __future__ import annotations

import numpy as np

from neuro.arrays import FloatArray
from neuro.errors import InvalidInput

Measure = float | FloatArray
"""A number, or a Brian2 quantity of no dimensions: numpy takes one for an array with one value, in SI units."""

_GRID_TOLERANCE = 1e-3


def seconds(value: Measure, what: str) -> float:
    """A time in seconds, from a number or a Brian2 quantity; InvalidInput unless it is finite and > 0."""
    return positive(value, what, "a time > 0 s")


def positive(value: Measure, what: str, allowed: str = "a number > 0") -> float:
    """One finite number > 0; InvalidInput says what is allowed otherwise."""
    given = np.asarray(value)
    number = float(given) if given.ndim == 0 and np.issubdtype(given.dtype, np.number) else np.nan
    if not (np.isfinite(number) and number > 0):
        raise InvalidInput(f"{what} is {value!r}; {allowed} is allowed")
    return number


def whole_ticks(width: Measure, dt: Measure, what: str) -> int:
    """A width in seconds as a whole number of ticks, 1 or more.

    Raises:
        InvalidInput: the width is no whole number of ticks (to 1e-3 of a tick).

    >>> whole_ticks(5e-3, 1e-4, "the bin width")
    50
    """
    exact = seconds(width, what) / seconds(dt, "dt")
    ticks = round(exact)
    if ticks < 1 or abs(exact - ticks) > _GRID_TOLERANCE:
        raise InvalidInput(f"{what} is {width} s, not a whole number of ticks of {float(dt):g} s; round it")
    return ticks


def check_range(start: int, stop: int) -> None:
    """Raise InvalidInput unless 0 <= start < stop."""
    for value in (start, stop):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise InvalidInput(f"start is {start!r} and stop {stop!r}; whole ticks are allowed")
    if not 0 <= start < stop:
        raise InvalidInput(f"ticks {start} to {stop} hold nothing; 0 <= start < stop is allowed")


def whole_bins(start: int, stop: int, width: int, what: str) -> int:
    """How many bins of ``width`` ticks fit into the range; InvalidInput if there is none."""
    check_range(start, stop)
    bins = (stop - start) // width
    if bins < 1:
        raise InvalidInput(f"{what} is {width} ticks long, the range only {stop - start}; take a longer run")
    return bins
