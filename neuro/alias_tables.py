"""Tables of Poisson numbers: what a random word means, for means on a grid (Walker's alias method).

A number of mean m <= 16 is one of the mean floor(64 m) / 64, read from a row of the table by one random word (Walker
1977; Vose 1991), plus one of the small mean that is left, which is nearly always 0 and found by the word times an odd
constant (a lattice that falls evenly on the table's shares). A larger mean is the sum of equal parts. Every target
reads the same table, so every target draws the same numbers.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import numpy.typing as npt

LARGEST_MEAN = 16
"""Of one look into the table."""

MEAN_STEPS = 64
"""Means of the grid in one."""

COLUMNS_BITS, SHARE_BITS = 6, 26
"""A word is the number of a column and a share of it."""

_COLUMNS = 1 << COLUMNS_BITS


@cache
def poisson_tables() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """``limits`` and ``others``, shape (means, columns), read-only: column c where the share is below the limit.

    Elsewhere the number is ``others[mean, c]``.
    """
    rows = LARGEST_MEAN * MEAN_STEPS + 1
    limits, others = np.zeros((rows, _COLUMNS), np.uint32), np.zeros((rows, _COLUMNS), np.uint8)
    for row in range(rows):
        limits[row], others[row] = _alias_row(row / MEAN_STEPS)
    for table in (limits, others):
        table.setflags(write=False)
    return limits, others


def _alias_row(mean: float) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    chance = math.exp(-mean)
    share = np.zeros(_COLUMNS)
    for count in range(_COLUMNS):
        share[count] = chance * _COLUMNS
        chance *= mean / (count + 1)
    share *= _COLUMNS / share.sum()
    limit, other = np.ones(_COLUMNS), np.arange(_COLUMNS)
    small = [column for column in range(_COLUMNS) if share[column] < 1]
    large = [column for column in range(_COLUMNS) if share[column] >= 1]
    while small and large:
        low, high = small.pop(), large[-1]
        limit[low], other[low] = share[low], high
        share[high] -= 1 - share[low]
        if share[high] < 1:
            small.append(large.pop())
    return np.rint(limit * (1 << SHARE_BITS)).astype(np.uint32), other.astype(np.uint8)
