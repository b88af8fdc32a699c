"""Pointer codes: the random sparse code that names a stored item, drawn from a seed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_WEYL = np.uint64(0x9E3779B97F4A7C15)


def _mixed(counter: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): well-mixed bits of a counter."""
    bits = counter * _WEYL
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def pointer_codes(indices: npt.NDArray[np.int64], units: int, active: int, seed: int) -> npt.NDArray[np.int64]:
    """The pointer code of each item index, shape (items, active), ascending.

    The units fall into ``active`` blocks; one unit of each block is drawn by a hash of (seed, index,
    block). So a code depends on nothing but the seed and the index: memories filled in another order, or on
    another machine, agree.

    Args:
        indices: shape (items,), whole numbers >= 0.
        units: m, at least ``active``.
        active: p.
        seed: of the hash.
    """
    edges = np.arange(active + 1) * units // active
    stream = _mixed(_mixed(np.array([seed], dtype=np.uint64) + np.uint64(1)) + indices.astype(np.uint64))
    draws = _mixed(stream[:, None] + np.arange(active, dtype=np.uint64))
    sizes = np.diff(edges).astype(np.uint64)
    return (edges[:-1] + (draws % sizes).astype(np.int64)).astype(np.int64)
