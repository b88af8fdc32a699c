"""Numba loops of the resonators: O(T) forward, and the adjoint backward; time-major, one thread.

Rows are (lanes,): every unit of every item of the batch side by side, per-unit numbers repeated for each item. Each
innermost loop writes one array and reads at most five, so that LLVM can prove it free of aliases and use vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[np.floating[Any]]


@njit(cache=True)
def forward(drive: Array, numbers: Array, state: Array, out_x: Array, spikes: Array, marks: Array, every: int) -> None:
    """``z_t = lambda z_(t-1) + drive_t``, a spike where ``Re z_t > threshold``; all (steps, lanes).

    Args:
        numbers: Re lambda, Im lambda, threshold, (3, lanes).
        state: Re z and Im z, (2, lanes), replaced by the last.
        marks: gets Im z before step ``c * every`` in row c: the adjoint starts there.
    """
    steps, lanes = drive.shape
    turn_x, turn_y, threshold = numbers[0], numbers[1], numbers[2]
    before, y = state[0].copy(), state[1]
    for t in range(steps):
        if t % every == 0:
            marks[t // every] = y
        row, out, fired = drive[t], out_x[t], spikes[t]
        for u in range(lanes):
            out[u] = before[u] * turn_x[u] - y[u] * turn_y[u] + row[u]
        for u in range(lanes):
            y[u] = before[u] * turn_y[u] + y[u] * turn_x[u]
        for u in range(lanes):
            fired[u] = out[u] > threshold[u]
        before = out
    state[0] = before


@njit(cache=True)
def backward(
    given: tuple[Array, Array, Array],
    numbers: Array,
    width: float,
    kept: tuple[Array, Array, Array],
    every: int,
    gradient: Array,
    sums: Array,
) -> None:
    """The adjoint: ``g_t = dL/dz_t + conj(lambda) g_(t+1)``, dL/d drive_t = Re g_t, dL/d lambda = sum g_t conj z_(t-1).

    A spike counts as the derivative ``(width / (width + |x - threshold|))^2``.

    Args:
        given: dL/d spikes, dL/d Re z, (steps, lanes), the second may have no rows; dL/d of the last z, (2, lanes),
            replaced by that of the first.
        numbers: as in :func:`forward`.
        kept: Re z0, (lanes,), Re z of all steps, (steps, lanes), and the marks.
        gradient: filled with dL/d drive, (steps, lanes).
        sums: added to: dL/d Re lambda, dL/d Im lambda, dL/d threshold, (3, lanes).
    """
    given_spikes, given_x, ends = given
    first_x, out_x, marks = kept
    steps, lanes = given_spikes.shape
    turn_x, turn_y, threshold = numbers[0], numbers[1], numbers[2]
    ys = np.empty((every, lanes), dtype=given_spikes.dtype)
    into, h, h_next = np.empty_like(first_x), np.empty_like(first_x), ends[1].copy()
    g_next = ends[0].copy()
    for part in range((steps - 1) // every, -1, -1):
        start, stop = part * every, min(steps, (part + 1) * every)
        _replay(out_x, first_x, marks[part], numbers, start, stop, ys)
        for t in range(stop - 1, start - 1, -1):
            xs, y, g = out_x[t - 1] if t > 0 else first_x, ys[t - start], gradient[t]
            _through_spikes(given_spikes[t], out_x[t], threshold, width, into, sums[2])
            if given_x.shape[0]:
                extra = given_x[t]
                for u in range(lanes):
                    into[u] += extra[u]
            if t == steps - 1:
                for u in range(lanes):
                    g[u] = into[u] + g_next[u]
                h[:] = h_next
            else:
                for u in range(lanes):
                    g[u] = into[u] + g_next[u] * turn_x[u] + h_next[u] * turn_y[u]
                _turn_back(h_next, g_next, turn_x, turn_y, h)
            _of_turn(g, h, xs, y, sums)
            g_next = g
            h, h_next = h_next, h
    for u in range(lanes):
        ends[0, u] = g_next[u] * turn_x[u] + h_next[u] * turn_y[u]
    _turn_back(h_next, g_next, turn_x, turn_y, ends[1])


@njit(cache=True)
def _replay(out_x: Array, first_x: Array, mark: Array, numbers: Array, start: int, stop: int, ys: Array) -> None:
    """Im z before each step of a part, from its mark and Re z."""
    turn_x, turn_y = numbers[0], numbers[1]
    ys[0] = mark
    for t in range(start, stop - 1):
        xs, y, new = out_x[t - 1] if t > 0 else first_x, ys[t - start], ys[t + 1 - start]
        for u in range(mark.shape[0]):
            new[u] = xs[u] * turn_y[u] + y[u] * turn_x[u]


@njit(cache=True)
def _through_spikes(given: Array, x: Array, threshold: Array, width: float, into: Array, of_threshold: Array) -> None:
    peak = width * width
    for u in range(x.shape[0]):
        distance = width + abs(x[u] - threshold[u])
        into[u] = given[u] * peak / (distance * distance)
    for u in range(x.shape[0]):
        of_threshold[u] -= into[u]


@njit(cache=True)
def _turn_back(h: Array, g: Array, turn_x: Array, turn_y: Array, out: Array) -> None:
    """The imaginary part of ``conj(lambda) (g + i h)``."""
    for u in range(h.shape[0]):
        out[u] = h[u] * turn_x[u] - g[u] * turn_y[u]


@njit(cache=True)
def _of_turn(g: Array, h: Array, x: Array, y: Array, sums: Array) -> None:
    of_x, of_y = sums[0], sums[1]
    for u in range(g.shape[0]):
        of_x[u] += g[u] * x[u] + h[u] * y[u]
    for u in range(g.shape[0]):
        of_y[u] += h[u] * x[u] - g[u] * y[u]


@njit(cache=True)
def accumulate(drive_x: Array, drive_y: Array, turn_x: Array, turn_y: Array, x: Array, y: Array) -> None:
    """``z <- lambda z + drive`` with complex drive, (steps, lanes) each part; only the last z is kept, in x and y."""
    steps, lanes = drive_x.shape
    before = x.copy()
    for t in range(steps):
        row_x, row_y = drive_x[t], drive_y[t]
        before[:] = x
        for u in range(lanes):
            x[u] = before[u] * turn_x[u] - y[u] * turn_y[u] + row_x[u]
        for u in range(lanes):
            y[u] = before[u] * turn_y[u] + y[u] * turn_x[u] + row_y[u]
