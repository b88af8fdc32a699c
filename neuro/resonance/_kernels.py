"""Numba loops of the resonators: O(T) forward, and the adjoint backward; time-major, one thread.

Rows are (lanes,): every unit of every item of the batch side by side, per-unit numbers repeated for each item. They are
taken in blocks that fit the nearest cache. Each innermost loop is a function of its own with few arrays: one that is
written and up to five that are read, or two and three. LLVM compares the bounds of at most eight pairs before it gives
up vectors.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from neuro.arrays import FloatingArray

_BLOCK = 512
"""Lanes that are taken through all steps together."""
_SETTLED = 64
_NOTHING = 1e-37
"""Smaller gradients become 0, every 64 steps: subnormal numbers would never fade, and cost ten times the time."""


@njit(cache=True, error_model="numpy")
def forward(
    drive: FloatingArray,
    numbers: FloatingArray,
    state: FloatingArray,
    kept: tuple[FloatingArray, ...],
    every: int,
    ear: tuple[FloatingArray, ...],
) -> None:
    """``z_t = lambda z_(t-1) + gain (drive_t + bias)``, a spike where ``Re z_t > threshold``; all (steps, lanes).

    Args:
        numbers: Re lambda, Im lambda, threshold, gain, bias, (5, lanes).
        state: Re z and Im z, (2, lanes), replaced by the last.
        kept: filled: Re z and spikes of all steps, (steps, lanes); Im z before step ``c * every`` in row c, where the
            adjoint starts.
        ear: who hears the spikes: Re and Im mu, state, slopes as in :func:`forward_last`, (2, lanes) each; and the
            number of spikes, (lanes,), which is added to. Of no lanes: nobody.
    """
    steps, lanes = drive.shape
    out_x, spikes, marks = kept
    turns, heard, slopes, count = ear
    for start in range(0, lanes, _BLOCK):
        stop = min(lanes, start + _BLOCK)
        turn_x, turn_y, threshold, gain, bias = _rows(numbers, start, stop)
        x, y = state[0, start:stop], state[1, start:stop]
        into, fired = np.empty_like(x), np.zeros_like(x)
        for t in range(steps):
            if t % every == 0:
                marks[t // every, start:stop] = y
            _drive(into, drive[t, start:stop], bias, gain)
            _turn(x, y, turn_x, turn_y, into)
            _copy(out_x[t, start:stop], x)
            _fire(spikes[t, start:stop], x, threshold)
            _add(fired, spikes[t, start:stop])
        if count.shape[0]:
            # The spikes of the block are still in the cache.
            _add(count[start:stop], fired)
            _hear(spikes, turns, heard, slopes, start, stop)


@njit(cache=True, error_model="numpy")
def backward(
    given: tuple[FloatingArray, ...],
    numbers: FloatingArray,
    width: np.float32 | np.float64,
    kept: tuple[FloatingArray, ...],
    every: int,
    ear: tuple[FloatingArray, ...],
    gradient: FloatingArray,
    sums: FloatingArray,
) -> None:
    """The adjoint: ``g_t = dL/dz_t + conj(lambda) g_(t+1)``, dL/d drive_t = gain Re g_t.

    A spike counts as the derivative ``(width / (width + |x - threshold|))^2``.

    Args:
        given: dL/d spikes, dL/d Re z, (steps, lanes), each may have no rows; dL/d of the last z, (2, lanes),
            replaced by that of the first.
        numbers: as in :func:`forward`.
        kept: Re z0, (lanes,), Re z of all steps, (steps, lanes), the marks, and the drive; no rows of drive where
            nobody asks for the gradient of the gain.
        ear: Re and Im mu, dL/d of the last heard, replaced by that of the first, (2, lanes) each; dL/d of the number
            of spikes, (lanes,). Of no lanes: nobody heard.
        gradient: filled with dL/d drive, (steps, lanes).
        sums: added to, (5, lanes): sum g conj z_(t-1), real and imaginary (dL/d lambda); dL/d threshold; sum of
            Re g drive; sum of Re g.
    """
    given_spikes, given_x, ends = given
    first_x, out_x, marks, drive = kept
    turns, ear_ends, of_count = ear
    steps, lanes = out_x.shape
    ys = np.empty((every, min(lanes, _BLOCK)), dtype=out_x.dtype)
    for start in range(0, lanes, _BLOCK):
        stop = min(lanes, start + _BLOCK)
        turn_x, turn_y, threshold, gain, _ = _rows(numbers, start, stop)
        of_x, of_y, of_threshold, of_gain, of_bias = _rows(sums, start, stop)
        # conj(lambda) g_(t+1) while t counts down; the last z has no step after it.
        g, h, into = ends[0, start:stop], ends[1, start:stop], np.empty_like(ends[0, start:stop])
        for t in range(steps - 1, -1, -1):
            if t == steps - 1 or (t + 1) % every == 0:
                _replay((first_x, out_x, marks), (turn_x, turn_y), (t // every * every, t + 1), start, ys)
            into[:] = 0
            if given_spikes.shape[0]:
                _copy(into, given_spikes[t, start:stop])
            if of_count.shape[0]:
                _add(into, of_count[start:stop])
                _unhear(into, turns, ear_ends, start, t)
            _through_spikes(into, out_x[t, start:stop], threshold, width)
            _share(g, of_threshold, into)
            if given_x.shape[0]:
                _add(g, given_x[t, start:stop])
            _scale(gradient[t, start:stop], g, gain)
            if drive.shape[0]:
                _add_drive(of_gain, of_bias, g, drive[t, start:stop])
            before = out_x[t - 1, start:stop] if t > 0 else first_x[start:stop]
            y = ys[t % every, : stop - start]
            _add_along(of_x, g, h, before, y)
            _add_across(of_y, g, h, before, y)
            _turn_back(g, h, turn_x, turn_y)


@njit(cache=True, error_model="numpy")
def _unhear(into: FloatingArray, turns: FloatingArray, ends: FloatingArray, start: int, t: int) -> None:
    """Adds the gradient that comes through the ear of these lanes, and turns that back by a step."""
    stop = start + into.shape[0]
    x, y = ends[0, start:stop], ends[1, start:stop]
    if t % _SETTLED == 0:
        _settle(x)
        _settle(y)
    _add(into, x)
    _turn_back(x, y, turns[0, start:stop], turns[1, start:stop])


@njit(cache=True, error_model="numpy")
def _rows(numbers: FloatingArray, start: int, stop: int) -> tuple[FloatingArray, ...]:
    return (
        numbers[0, start:stop],
        numbers[1, start:stop],
        numbers[2, start:stop],
        numbers[3, start:stop],
        numbers[4, start:stop],
    )


@njit(cache=True, error_model="numpy")
def _replay(
    kept: tuple[FloatingArray, ...],
    turns: tuple[FloatingArray, ...],
    steps: tuple[int, int],
    start: int,
    ys: FloatingArray,
) -> None:
    """Im z before each of the steps (first, last + 1), of the lanes from ``start`` on: from a mark and Re z."""
    first_x, out_x, marks = kept
    turn_x, turn_y = turns
    stop, (first, last) = start + turn_x.shape[0], steps
    y = marks[first // ys.shape[0], start:stop].copy()
    for t in range(first, last):
        _copy(ys[t - first, : stop - start], y)
        _turn_y(y, out_x[t - 1, start:stop] if t > 0 else first_x[start:stop], turn_x, turn_y)


@njit(cache=True, error_model="numpy")
def forward_last(drive: FloatingArray, turns: FloatingArray, state: FloatingArray, slopes: FloatingArray) -> None:
    """Only the last z of ``z_t = lambda z_(t-1) + drive_t``, and its derivative by lambda.

    Args:
        drive: (steps, lanes).
        turns: Re lambda, Im lambda, (2, lanes).
        state: Re z and Im z, (2, lanes), replaced by the last.
        slopes: filled with ``dz/d lambda = e_T``, ``e_t = lambda e_(t-1) + z_(t-1)``, real and imaginary, (2, lanes).
    """
    lanes = drive.shape[1]
    for start in range(0, lanes, _BLOCK):
        _hear(drive, turns, state, slopes, start, min(lanes, start + _BLOCK))


@njit(cache=True, error_model="numpy")
def _hear(
    drive: FloatingArray, turns: FloatingArray, state: FloatingArray, slopes: FloatingArray, start: int, stop: int
) -> None:
    """The lanes from ``start`` to ``stop`` of :func:`forward_last`."""
    turn_x, turn_y = turns[0, start:stop], turns[1, start:stop]
    x, y = state[0, start:stop], state[1, start:stop]
    slope_x, slope_y = slopes[0, start:stop], slopes[1, start:stop]
    slope_x[:], slope_y[:] = 0, 0
    for t in range(drive.shape[0]):
        _turn_alone(slope_x, slope_y, turn_x, turn_y)
        _add_both(slope_x, slope_y, x, y)
        _turn(x, y, turn_x, turn_y, drive[t, start:stop])


@njit(cache=True, error_model="numpy")
def backward_last(turns: FloatingArray, ends: FloatingArray, gradient: FloatingArray) -> None:
    """The adjoint of :func:`forward_last`: ``g_t = conj(lambda) g_(t+1)``, dL/d drive_t = Re g_t.

    Args:
        turns: Re lambda, Im lambda, (2, lanes).
        ends: dL/d of the last z, (2, lanes), replaced by that of the first.
        gradient: filled with dL/d drive, (steps, lanes).
    """
    steps, lanes = gradient.shape
    for start in range(0, lanes, _BLOCK):
        stop = min(lanes, start + _BLOCK)
        turn_x, turn_y, g, h = turns[0, start:stop], turns[1, start:stop], ends[0, start:stop], ends[1, start:stop]
        for t in range(steps - 1, -1, -1):
            _copy(gradient[t, start:stop], g)
            if t % _SETTLED == 0:
                _settle(g)
                _settle(h)
            _turn_back(g, h, turn_x, turn_y)


@njit(cache=True, error_model="numpy")
def accumulate(
    drive_x: FloatingArray,
    drive_y: FloatingArray,
    turn_x: FloatingArray,
    turn_y: FloatingArray,
    x: FloatingArray,
    y: FloatingArray,
) -> None:
    """``z <- lambda z + drive`` with complex drive, (steps, lanes) each part; only the last z is kept, in x and y."""
    for t in range(drive_x.shape[0]):
        _turn(x, y, turn_x, turn_y, drive_x[t])
        _add(y, drive_y[t])


@njit(cache=True, error_model="numpy")
def _copy(out: FloatingArray, values: FloatingArray) -> None:
    for u in range(out.shape[0]):
        out[u] = values[u]


@njit(cache=True, error_model="numpy")
def _add(out: FloatingArray, values: FloatingArray) -> None:
    for u in range(out.shape[0]):
        out[u] += values[u]


@njit(cache=True, error_model="numpy")
def _add_both(out_x: FloatingArray, out_y: FloatingArray, x: FloatingArray, y: FloatingArray) -> None:
    for u in range(out_x.shape[0]):
        out_x[u] += x[u]
        out_y[u] += y[u]


@njit(cache=True, error_model="numpy")
def _scale(out: FloatingArray, values: FloatingArray, factors: FloatingArray) -> None:
    for u in range(out.shape[0]):
        out[u] = values[u] * factors[u]


@njit(cache=True, error_model="numpy")
def _settle(out: FloatingArray) -> None:
    for u in range(out.shape[0]):
        if abs(out[u]) < _NOTHING:
            out[u] = 0


@njit(cache=True, error_model="numpy")
def _drive(out: FloatingArray, values: FloatingArray, bias: FloatingArray, gain: FloatingArray) -> None:
    for u in range(out.shape[0]):
        out[u] = (values[u] + bias[u]) * gain[u]


@njit(cache=True, error_model="numpy")
def _turn(
    x: FloatingArray, y: FloatingArray, turn_x: FloatingArray, turn_y: FloatingArray, drive: FloatingArray
) -> None:
    """``x + i y`` becomes ``lambda (x + i y) + drive``."""
    for u in range(x.shape[0]):
        old = x[u]
        x[u] = old * turn_x[u] - y[u] * turn_y[u] + drive[u]
        y[u] = old * turn_y[u] + y[u] * turn_x[u]


@njit(cache=True, error_model="numpy")
def _turn_alone(x: FloatingArray, y: FloatingArray, turn_x: FloatingArray, turn_y: FloatingArray) -> None:
    """``x + i y`` becomes ``lambda (x + i y)``."""
    for u in range(x.shape[0]):
        old = x[u]
        x[u] = old * turn_x[u] - y[u] * turn_y[u]
        y[u] = old * turn_y[u] + y[u] * turn_x[u]


@njit(cache=True, error_model="numpy")
def _turn_y(y: FloatingArray, x: FloatingArray, turn_x: FloatingArray, turn_y: FloatingArray) -> None:
    """The imaginary part of ``lambda (x + i y)``."""
    for u in range(y.shape[0]):
        y[u] = x[u] * turn_y[u] + y[u] * turn_x[u]


@njit(cache=True, error_model="numpy")
def _turn_back(g: FloatingArray, h: FloatingArray, turn_x: FloatingArray, turn_y: FloatingArray) -> None:
    """``g + i h`` becomes ``conj(lambda) (g + i h)``."""
    for u in range(g.shape[0]):
        old = g[u]
        g[u] = old * turn_x[u] + h[u] * turn_y[u]
        h[u] = h[u] * turn_x[u] - old * turn_y[u]


@njit(cache=True, error_model="numpy")
def _fire(spikes: FloatingArray, x: FloatingArray, threshold: FloatingArray) -> None:
    for u in range(spikes.shape[0]):
        spikes[u] = x[u] > threshold[u]


@njit(cache=True, error_model="numpy")
def _through_spikes(
    given: FloatingArray, x: FloatingArray, threshold: FloatingArray, width: np.float32 | np.float64
) -> None:
    """dL/d spikes becomes dL/dx."""
    peak = width * width
    for u in range(given.shape[0]):
        distance = width + abs(x[u] - threshold[u])
        given[u] *= peak / (distance * distance)


@njit(cache=True, error_model="numpy")
def _share(g: FloatingArray, of_threshold: FloatingArray, given: FloatingArray) -> None:
    for u in range(g.shape[0]):
        g[u] += given[u]
        of_threshold[u] -= given[u]


@njit(cache=True, error_model="numpy")
def _add_drive(of_gain: FloatingArray, of_bias: FloatingArray, g: FloatingArray, drive: FloatingArray) -> None:
    for u in range(g.shape[0]):
        of_gain[u] += g[u] * drive[u]
        of_bias[u] += g[u]


@njit(cache=True, error_model="numpy")
def _add_along(out: FloatingArray, g: FloatingArray, h: FloatingArray, x: FloatingArray, y: FloatingArray) -> None:
    """Re g conj z, added."""
    for u in range(out.shape[0]):
        out[u] += g[u] * x[u] + h[u] * y[u]


@njit(cache=True, error_model="numpy")
def _add_across(out: FloatingArray, g: FloatingArray, h: FloatingArray, x: FloatingArray, y: FloatingArray) -> None:
    """Im g conj z, added."""
    for u in range(out.shape[0]):
        out[u] += h[u] * x[u] - g[u] * y[u]
