"""Puts synapses where a kernel streams them from: by source, delay and synapse, those onto a range of targets only.

Every function walks the synapses in their canonical order, with one counter a delay for the source at hand.
``rows``, shape (sources * delays + 1,), says where the synapses of each source and delay begin.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from neuro.arrays import AnyArray
from neuro.circuit._kernels import drawn_value


@njit(cache=True, error_model="numpy", nogil=True)
def count_rows(row_start: AnyArray, column: AnyArray, group: AnyArray, targets: AnyArray, rows: AnyArray) -> None:
    """Fill ``rows``, zero before."""
    first, stop = targets[0], targets[1]
    delays = (rows.size - 1) // max(row_start.size - 1, 1)
    for j in range(row_start.size - 1):
        for s in range(row_start[j], row_start[j + 1]):
            i = np.int64(column[s])
            if first <= i < stop:
                rows[j * delays + (np.int64(group[s]) if group.size else np.int64(0)) + 1] += 1
    for row in range(1, rows.size):
        rows[row] += rows[row - 1]


@njit(cache=True, error_model="numpy", nogil=True)
def place_values(
    row_start: AnyArray,
    column: AnyArray,
    group: AnyArray,
    targets: AnyArray,
    rows: AnyArray,
    values: AnyArray,
    out: AnyArray,
) -> None:
    """``out[place of s] = values[s]``."""
    first, stop = targets[0], targets[1]
    at = np.zeros((rows.size - 1) // max(row_start.size - 1, 1), np.int64)
    for j in range(row_start.size - 1):
        for delay in range(at.size):
            at[delay] = rows[j * at.size + delay]
        for s in range(row_start[j], row_start[j + 1]):
            i = np.int64(column[s])
            if first <= i < stop:
                d = np.int64(group[s]) if group.size else np.int64(0)
                out[at[d]] = values[s]
                at[d] += 1


@njit(cache=True, error_model="numpy", nogil=True)
def place_columns(
    row_start: AnyArray,
    column: AnyArray,
    group: AnyArray,
    targets: AnyArray,
    rows: AnyArray,
    out: AnyArray,
) -> None:
    """``out[place of s] = column[s] - first target``."""
    first, stop = targets[0], targets[1]
    at = np.zeros((rows.size - 1) // max(row_start.size - 1, 1), np.int64)
    for j in range(row_start.size - 1):
        for delay in range(at.size):
            at[delay] = rows[j * at.size + delay]
        for s in range(row_start[j], row_start[j + 1]):
            i = np.int64(column[s])
            if first <= i < stop:
                d = np.int64(group[s]) if group.size else np.int64(0)
                out[at[d]] = i - first
                at[d] += 1


@njit(cache=True, error_model="numpy", nogil=True)
def place_numbers(
    row_start: AnyArray,
    column: AnyArray,
    group: AnyArray,
    targets: AnyArray,
    rows: AnyArray,
    out: AnyArray,
) -> None:
    """``out[place of s] = s``."""
    first, stop = targets[0], targets[1]
    at = np.zeros((rows.size - 1) // max(row_start.size - 1, 1), np.int64)
    for j in range(row_start.size - 1):
        for delay in range(at.size):
            at[delay] = rows[j * at.size + delay]
        for s in range(row_start[j], row_start[j + 1]):
            i = np.int64(column[s])
            if first <= i < stop:
                d = np.int64(group[s]) if group.size else np.int64(0)
                out[at[d]] = s
                at[d] += 1


@njit(cache=True, error_model="numpy", nogil=True)
def index_incoming(
    row_start: AnyArray,
    column: AnyArray,
    group: AnyArray,
    targets: AnyArray,
    rows: AnyArray,
    post_rows: AnyArray,
    incoming: AnyArray,
    sources_of: AnyArray,
) -> None:
    """The places and sources of the synapses onto each target, in the order of the synapses.

    ``post_rows``, shape (targets + 1,), zero before, becomes where each target's synapses begin.
    """
    first, stop = targets[0], targets[1]
    for s in range(column.size):
        i = np.int64(column[s])
        if first <= i < stop:
            post_rows[i - first + 1] += 1
    for end in range(1, post_rows.size):
        post_rows[end] += post_rows[end - 1]
    ends = post_rows.copy()
    at = np.zeros((rows.size - 1) // max(row_start.size - 1, 1), np.int64)
    for j in range(row_start.size - 1):
        for delay in range(at.size):
            at[delay] = rows[j * at.size + delay]
        for s in range(row_start[j], row_start[j + 1]):
            i = np.int64(column[s])
            if first <= i < stop:
                d = np.int64(group[s]) if group.size else np.int64(0)
                z = ends[i - first]
                incoming[z] = at[d]
                sources_of[z] = j
                ends[i - first] = z + np.uint64(1)
                at[d] += 1


@njit(cache=True, error_model="numpy", nogil=True)
def place_draws(
    row_start: AnyArray,
    column: AnyArray,
    group: AnyArray,
    targets: AnyArray,
    rows: AnyArray,
    code: AnyArray,
    stream: np.uint64,
    out: AnyArray,
) -> None:
    """``out[place of s] = drawn number s``, counted in steps where there are steps."""
    first, stop = targets[0], targets[1]
    at = np.zeros((rows.size - 1) // max(row_start.size - 1, 1), np.int64)
    for j in range(row_start.size - 1):
        for delay in range(at.size):
            at[delay] = rows[j * at.size + delay]
        for s in range(row_start[j], row_start[j + 1]):
            i = np.int64(column[s])
            if first <= i < stop:
                d = np.int64(group[s]) if group.size else np.int64(0)
                out[at[d]] = drawn_value(code, stream, s)
                at[d] += 1
