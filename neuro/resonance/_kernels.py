"""Numba loops of the resonators: O(T) forward, and the adjoint backward; time-major, one thread.

Rows are (lanes,): every unit of every item of the batch side by side, per-unit numbers repeated for each item. They are
taken in blocks that fit the nearest cache. Each innermost loop is a function of its own that writes one array and reads
at most five, none of them a neighbour in memory: so LLVM can prove it free of aliases and use vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[np.floating[Any]]

_BLOCK = 512
"""Lanes that are taken through all steps together."""
_SETTLED = 64
_NOTHING = 1e-37
"""Smaller gradients become 0, every 64 steps: subnormal numbers would never fade, and cost ten times the time."""


@njit(cache=True, error_model="numpy")
def forward(drive: Array, numbers: Array, state: Array, out_x: Array, spikes: Array, marks: Array, every: int) -> None:
    """``z_t = lambda z_(t-1) + drive_t``, a spike where ``Re z_t > threshold``; all (steps, lanes).

    Args:
        numbers: Re lambda, Im lambda, threshold, (3, lanes).
        state: Re z and Im z, (2, lanes), replaced by the last.
        marks: gets Im z before step ``c * every`` in row c: the adjoint starts there.
    """
    steps, lanes = drive.shape
    for start in range(0, lanes, _BLOCK):
        stop = min(lanes, start + _BLOCK)
        turn_x, turn_y = numbers[0, start:stop].copy(), numbers[1, start:stop].copy()
        threshold = numbers[2, start:stop].copy()
        x, y = state[0, start:stop].copy(), state[1, start:stop].copy()
        for t in range(steps):
            if t % every == 0:
                marks[t // every, start:stop] = y
            _turn_x(out_x[t, start:stop], x, y, turn_x, turn_y, drive[t, start:stop])
            _turn_y(y, x, turn_x, turn_y)
            _copy(x, out_x[t, start:stop])
            _fire(spikes[t, start:stop], x, threshold)
        state[0, start:stop], state[1, start:stop] = x, y


@njit(cache=True, error_model="numpy")
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
    first_x, out_x, _ = kept
    steps, lanes = given_spikes.shape
    ys = np.empty((every, min(lanes, _BLOCK)), dtype=given_spikes.dtype)
    for start in range(0, lanes, _BLOCK):
        stop = min(lanes, start + _BLOCK)
        turn_x, turn_y = numbers[0, start:stop].copy(), numbers[1, start:stop].copy()
        threshold = numbers[2, start:stop].copy()
        of_x, of_y, of_threshold = sums[0, start:stop].copy(), sums[1, start:stop].copy(), sums[2, start:stop].copy()
        # conj(lambda) g_(t+1) while t counts down; the last z has no step after it.
        g, h = ends[0, start:stop].copy(), ends[1, start:stop].copy()
        into, y = np.empty_like(g), np.empty_like(g)
        for t in range(steps - 1, -1, -1):
            if t == steps - 1 or (t + 1) % every == 0:
                _replay(kept, (turn_x, turn_y), (t // every * every, t + 1), start, ys)
            _through_spikes(into, given_spikes[t, start:stop], out_x[t, start:stop], threshold, width)
            _subtract(of_threshold, into)
            _add(g, into)
            if given_x.shape[0]:
                _add(g, given_x[t, start:stop])
            _copy(gradient[t, start:stop], g)
            _copy(y, ys[t % every, : stop - start])
            if t > 0:
                _copy(into, out_x[t - 1, start:stop])
            else:
                _copy(into, first_x[start:stop])
            _add_along(of_x, g, h, into, y)
            _add_across(of_y, g, h, into, y)
            _copy(into, g)
            _turn_x_back(g, into, h, turn_x, turn_y)
            _turn_y_back(h, into, turn_x, turn_y)
        ends[0, start:stop], ends[1, start:stop] = g, h
        sums[0, start:stop], sums[1, start:stop], sums[2, start:stop] = of_x, of_y, of_threshold


@njit(cache=True, error_model="numpy")
def _replay(
    kept: tuple[Array, Array, Array], turns: tuple[Array, Array], steps: tuple[int, int], start: int, ys: Array
) -> None:
    """Im z before each of the steps (first, last + 1), of the lanes from ``start`` on: from a mark and Re z."""
    first_x, out_x, marks = kept
    turn_x, turn_y = turns
    stop, (first, last) = start + turn_x.shape[0], steps
    y = marks[first // ys.shape[0], start:stop].copy()
    for t in range(first, last):
        _copy(ys[t - first, : stop - start], y)
        if t > 0:
            _turn_y(y, out_x[t - 1, start:stop], turn_x, turn_y)
        else:
            _turn_y(y, first_x[start:stop], turn_x, turn_y)


@njit(cache=True, error_model="numpy")
def forward_last(drive: Array, turns: Array, state: Array, slopes: Array) -> None:
    """Only the last z of ``z_t = lambda z_(t-1) + drive_t``, and its derivative by lambda.

    Args:
        drive: (steps, lanes).
        turns: Re lambda, Im lambda, (2, lanes).
        state: Re z and Im z, (2, lanes), replaced by the last.
        slopes: filled with ``dz/d lambda = e_T``, ``e_t = lambda e_(t-1) + z_(t-1)``, real and imaginary, (2, lanes).
    """
    steps, lanes = drive.shape
    for start in range(0, lanes, _BLOCK):
        stop = min(lanes, start + _BLOCK)
        turn_x, turn_y = turns[0, start:stop].copy(), turns[1, start:stop].copy()
        x, y = state[0, start:stop].copy(), state[1, start:stop].copy()
        slope_x, slope_y, old = np.zeros_like(x), np.zeros_like(x), np.empty_like(x)
        for t in range(steps):
            _copy(old, slope_x)
            _turn_x(slope_x, old, slope_y, turn_x, turn_y, x)
            _turn_y(slope_y, old, turn_x, turn_y)
            _add(slope_y, y)
            _copy(old, x)
            _turn_x(x, old, y, turn_x, turn_y, drive[t, start:stop])
            _turn_y(y, old, turn_x, turn_y)
        state[0, start:stop], state[1, start:stop] = x, y
        slopes[0, start:stop], slopes[1, start:stop] = slope_x, slope_y


@njit(cache=True, error_model="numpy")
def backward_last(turns: Array, ends: Array, gradient: Array) -> None:
    """The adjoint of :func:`forward_last`: ``g_t = conj(lambda) g_(t+1)``, dL/d drive_t = Re g_t.

    Args:
        turns: Re lambda, Im lambda, (2, lanes).
        ends: dL/d of the last z, (2, lanes), replaced by that of the first.
        gradient: filled with dL/d drive, (steps, lanes).
    """
    steps, lanes = gradient.shape
    for start in range(0, lanes, _BLOCK):
        stop = min(lanes, start + _BLOCK)
        turn_x, turn_y = turns[0, start:stop].copy(), turns[1, start:stop].copy()
        g, h = ends[0, start:stop].copy(), ends[1, start:stop].copy()
        old = np.empty_like(g)
        for t in range(steps - 1, -1, -1):
            _copy(gradient[t, start:stop], g)
            if t % _SETTLED == 0:
                _settle(g)
                _settle(h)
            _copy(old, g)
            _turn_x_back(g, old, h, turn_x, turn_y)
            _turn_y_back(h, old, turn_x, turn_y)
        ends[0, start:stop], ends[1, start:stop] = g, h


@njit(cache=True, error_model="numpy")
def accumulate(drive_x: Array, drive_y: Array, turn_x: Array, turn_y: Array, x: Array, y: Array) -> None:
    """``z <- lambda z + drive`` with complex drive, (steps, lanes) each part; only the last z is kept, in x and y."""
    before = np.empty_like(x)
    for t in range(drive_x.shape[0]):
        _copy(before, x)
        _turn_x(x, before, y, turn_x, turn_y, drive_x[t])
        _turn_y(y, before, turn_x, turn_y)
        _add(y, drive_y[t])


@njit(cache=True, error_model="numpy")
def _copy(out: Array, values: Array) -> None:
    for u in range(out.shape[0]):
        out[u] = values[u]


@njit(cache=True, error_model="numpy")
def _add(out: Array, values: Array) -> None:
    for u in range(out.shape[0]):
        out[u] += values[u]


@njit(cache=True, error_model="numpy")
def _settle(out: Array) -> None:
    for u in range(out.shape[0]):
        if abs(out[u]) < _NOTHING:
            out[u] = 0


@njit(cache=True, error_model="numpy")
def _subtract(out: Array, values: Array) -> None:
    for u in range(out.shape[0]):
        out[u] -= values[u]


@njit(cache=True, error_model="numpy")
def _turn_x(out: Array, x: Array, y: Array, turn_x: Array, turn_y: Array, drive: Array) -> None:
    """The real part of ``lambda (x + i y) + drive``."""
    for u in range(out.shape[0]):
        out[u] = x[u] * turn_x[u] - y[u] * turn_y[u] + drive[u]


@njit(cache=True, error_model="numpy")
def _turn_y(y: Array, x: Array, turn_x: Array, turn_y: Array) -> None:
    """The imaginary part of ``lambda (x + i y)``."""
    for u in range(y.shape[0]):
        y[u] = x[u] * turn_y[u] + y[u] * turn_x[u]


@njit(cache=True, error_model="numpy")
def _turn_x_back(out: Array, g: Array, h: Array, turn_x: Array, turn_y: Array) -> None:
    """The real part of ``conj(lambda) (g + i h)``."""
    for u in range(out.shape[0]):
        out[u] = g[u] * turn_x[u] + h[u] * turn_y[u]


@njit(cache=True, error_model="numpy")
def _turn_y_back(h: Array, g: Array, turn_x: Array, turn_y: Array) -> None:
    """The imaginary part of ``conj(lambda) (g + i h)``."""
    for u in range(h.shape[0]):
        h[u] = h[u] * turn_x[u] - g[u] * turn_y[u]


@njit(cache=True, error_model="numpy")
def _fire(spikes: Array, x: Array, threshold: Array) -> None:
    for u in range(spikes.shape[0]):
        spikes[u] = x[u] > threshold[u]


@njit(cache=True, error_model="numpy")
def _through_spikes(out: Array, given: Array, x: Array, threshold: Array, width: float) -> None:
    peak = width * width
    for u in range(out.shape[0]):
        distance = width + abs(x[u] - threshold[u])
        out[u] = given[u] * peak / (distance * distance)


@njit(cache=True, error_model="numpy")
def _add_along(out: Array, g: Array, h: Array, x: Array, y: Array) -> None:
    """Re g conj z, added."""
    for u in range(out.shape[0]):
        out[u] += g[u] * x[u] + h[u] * y[u]


@njit(cache=True, error_model="numpy")
def _add_across(out: Array, g: Array, h: Array, x: Array, y: Array) -> None:
    """Im g conj z, added."""
    for u in range(out.shape[0]):
        out[u] += h[u] * x[u] - g[u] * y[u]
