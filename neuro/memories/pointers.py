"""Pointer codes: the random sparse code that names a stored item, drawn from a seed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


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
    from neuro.memories._kernels import draw_pointers

    codes = np.empty((len(indices), active), dtype=np.int64)
    draw_pointers(indices, units, np.uint64(seed), codes)
    return codes
