"""Numba kernels of the encoders. Imported where they are used, so that `import neuro` stays light."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from neuro.arrays import AnyArray, FloatArray, IntArray


@njit(cache=True)
def levels_of(
    entries: AnyArray,
    weights: FloatArray | None,
    mirrored: FloatArray,
    top_level: int,
    raw: FloatArray,
    levels: npt.NDArray[np.int32],
) -> None:
    """Current levels of one vector; ``mirrored`` is (x, -x), ``raw`` (units,) is work space.

    ``raw[u] = sum_j mirrored[entries[u, j]]``, each term times ``weights[u, j]`` unless weights is None;
    ``levels[u] = floor(max(raw[u], 0) / max(raw) * top_level + 1/2)``.
    """
    units, nonzeros = entries.shape
    peak = 0.0
    for unit in range(units):
        total = 0.0
        if weights is None:  # Decided when the kernel is compiled: None is a type of its own.
            for place in range(nonzeros):
                total += mirrored[entries[unit, place]]
        else:
            for place in range(nonzeros):
                total += weights[unit, place] * mirrored[entries[unit, place]]
        raw[unit] = total
        peak = max(peak, total)
    if peak <= 0.0:
        levels[:] = 0
        return
    for unit in range(units):
        # The quotient first: a scale top_level / peak could overflow for a tiny peak.
        levels[unit] = np.int32(max(raw[unit], 0.0) / peak * top_level + 0.5)


@njit(cache=True)
def top_units(levels: npt.NDArray[np.int32], top_level: int, winners: IntArray) -> None:
    """The ``winners.size`` units of highest level, ties to the lower index, written in ascending order."""
    # Four counts of each level, taken in turn: most units are at level 0, and one count would wait for itself.
    counts = np.zeros((4, top_level + 1), np.int64)
    for unit in range(levels.size):
        counts[unit & 3, levels[unit]] += 1
    histogram = counts[0] + counts[1] + counts[2] + counts[3]
    cut, above = top_level, 0
    while above + histogram[cut] < winners.size:
        above += histogram[cut]
        cut -= 1
    at_cut, place = winners.size - above, 0
    for unit in range(levels.size):
        if levels[unit] < cut:
            continue
        if levels[unit] == cut:
            if at_cut == 0:
                continue
            at_cut -= 1
        winners[place] = unit
        place += 1


@njit(cache=True)
def top_units_batch(levels: npt.NDArray[np.int32], top_level: int, winners: IntArray) -> None:
    """:func:`top_units` for each row of ``levels``."""
    for row in range(levels.shape[0]):
        top_units(levels[row], top_level, winners[row])


@njit(cache=True)
def levels_of_batch(
    entries: AnyArray,
    weights: FloatArray | None,
    mirrored: FloatArray,
    top_level: int,
    levels: npt.NDArray[np.int32],
) -> None:
    """:func:`levels_of` for each row of ``mirrored`` (batch, 2 dimensions)."""
    raw = np.empty(entries.shape[0], np.float64)
    for row in range(mirrored.shape[0]):
        levels_of(entries, weights, mirrored[row], top_level, raw, levels[row])


@njit(cache=True)
def encode_batch(
    entries: AnyArray,
    weights: FloatArray | None,
    mirrored: FloatArray,
    top_level: int,
    winners: IntArray,
) -> None:
    """:func:`levels_of`, then :func:`top_units`, for each row of ``mirrored`` (batch, 2 dimensions)."""
    raw = np.empty(entries.shape[0], np.float64)
    levels = np.empty(entries.shape[0], np.int32)
    for row in range(mirrored.shape[0]):
        levels_of(entries, weights, mirrored[row], top_level, raw, levels)
        top_units(levels, top_level, winners[row])
