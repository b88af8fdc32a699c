"""Sparse projections: which entries of an embedding a unit sums, and with which whole-number weights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray
from neuro.errors import InvalidInput

LARGEST_WEIGHT = (1 << 15) - 1
"""A weight fits 16 bits with its sign."""


def draw_entries(dimensions: int, units: int, nonzeros: int, *, signed: bool, seed: int) -> npt.NDArray[np.uint16]:
    """Which entries of (x, -x) each unit sums, shape (units, nonzeros): distinct entries, a random sign each.

    The first ``nonzeros`` steps of a Fisher-Yates shuffle, for all units at once.
    """
    random = np.random.default_rng(seed)
    order = np.tile(np.arange(dimensions, dtype=np.uint16), (units, 1))
    every = np.arange(units)
    for place in range(nonzeros):
        other = random.integers(place, dimensions, units)
        order[every, place], order[every, other] = order[every, other], order[every, place].copy()
    entries = order[:, :nonzeros].copy()
    if signed:
        entries += (random.integers(0, 2, entries.shape) * dimensions).astype(np.uint16)
    return entries


def check_weights(weights: npt.ArrayLike, shape: tuple[int, int]) -> npt.NDArray[np.int16]:
    """Weights of a projection as a read-only copy.

    Raises:
        InvalidInput: not whole numbers, another shape, beyond 16 bits, or no weight other than zero.
    """
    given: AnyArray = np.asarray(weights)
    if given.shape != shape or not np.issubdtype(given.dtype, np.integer):
        raise InvalidInput(
            f"weights have shape {given.shape}, dtype {given.dtype}; whole numbers of shape (units, nonzeros) = "
            f"{shape} are allowed"
        )
    if given.min() < -LARGEST_WEIGHT or given.max() > LARGEST_WEIGHT or not given.any():
        raise InvalidInput(
            f"weights run from {given.min()} to {given.max()}; -{LARGEST_WEIGHT} to {LARGEST_WEIGHT}, "
            "not all of them 0, are allowed"
        )
    checked = given.astype(np.int16)
    checked.setflags(write=False)
    return checked
