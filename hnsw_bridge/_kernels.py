"""Kernels of the bridge: numba, no fastmath, so every sum is the one the other targets compute."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@njit(cache=True, nogil=True)
def deliver(
    chosen: Ints,
    synapses: tuple[Ints, Ints, Floats],
    nodes: tuple[Floats, Ints, Bools, Ints],
    count: int,
    held: bool,
) -> int:
    """Add the weights of the chosen nodes' synapses to their targets, in canonical order, and wake the
    targets.

    ``synapses`` is (row_start, column, weight); ``nodes`` is (written state, refractory ticks left, is awake,
    list of the awake, of which ``count`` places are filled). A ``held`` state takes no write while
    refractory. Gives the new count.
    """
    row_start, column, weight = synapses
    state, refractory, is_awake, awake = nodes
    for source in chosen:
        for synapse in range(row_start[source], row_start[source + 1]):
            target = column[synapse]
            if not is_awake[target]:
                is_awake[target] = True
                awake[count] = target
                count += 1
            if not held or refractory[target] == 0:
                state[target] += weight[synapse]
    return count
