"""Numba: one layer of a network for a block of its items, forward and adjoint; what is around the scan of the lanes."""

from __future__ import annotations

import numpy as np
from numba import njit

from neuro.arrays import FloatingArray
from neuro.resonance._kernels import backward, forward


@njit(cache=True, error_model="numpy")
def layer_forward(
    block: tuple[int, int, int],
    kept: tuple[FloatingArray, ...],
    every: int,
    numbers: tuple[FloatingArray, ...],
    moving: tuple[FloatingArray, ...],
) -> None:
    """Run one layer of :class:`neuro.resonance.stack.ResonateStack` for some of the items.

    Args:
        block: which layer, first item, last item + 1.
        kept: drive, Re z and spikes, (layers, 3, steps * batch * units), a block's rows together, the last two filled;
            marks, (layers, marks * batch * units), filled, see :func:`neuro.resonance._kernels.forward`.
        numbers: of the layers, (layers, 5, units), and of the ears, (layers, 2, units).
        moving: states and those of the ears, (2, layers, batch, units), replaced by the last; slopes of the ears, as
            large, and the count, (layers, batch, units), filled.
    """
    place, start, stop = block
    states, heard, slopes, count = moving
    lanes = (stop - start) * states.shape[3]
    state, ear, fired = _lanes(states, block), _lanes(heard, block), np.zeros(lanes, states.dtype)
    slope = np.empty_like(ear)
    drive, out_x, spikes, own_marks = _rows(kept, block, states)
    forward(
        drive,
        _tiled(numbers[0][place], stop - start),
        state,
        (out_x, spikes, own_marks),
        every,
        (_tiled(numbers[1][place], stop - start), ear, slope, fired),
    )
    _put(states, block, state)
    _put(heard, block, ear)
    _put(slopes, block, slope)
    for item in range(start, stop):
        for unit in range(states.shape[3]):
            count[place, item, unit] = fired[(item - start) * states.shape[3] + unit]


@njit(cache=True, error_model="numpy")
def layer_backward(
    block: tuple[int, int, int],
    given: tuple[FloatingArray, ...],
    kept: tuple[FloatingArray, ...],
    every: int,
    numbers: tuple[FloatingArray, ...],
    width: np.float32 | np.float64,
    moving: tuple[FloatingArray, ...],
    sums: tuple[FloatingArray, ...],
) -> None:
    """The adjoint of :func:`layer_forward`.

    Args:
        block, kept, every, numbers: as there.
        given: dL/d spikes of the block, (steps, items * units), may have no rows; dL/d of the count, (layers, batch,
            units); filled with dL/d drive of the block, (steps, items * units).
        width: of a spike's surrogate.
        moving: first states; dL/d of the last states and of those of the ears, replaced by that of the first; the
            slopes.
        sums: dL/d of the numbers, added to.
    """
    place, start, stop = block
    of_spikes, of_count, gradient = given
    states, of_states, of_heard, slopes = moving
    items, lanes = stop - start, gradient.shape[1]
    ends, ear, slope = _lanes(of_states, block), _lanes(of_heard, block), _lanes(slopes, block)
    _add_turns(sums[1][place], ear, slope)
    (drive, out_x, _, own_marks), found = _rows(kept, block, states), np.zeros((5, lanes), gradient.dtype)
    backward(
        (of_spikes, out_x[:0], ends),
        _tiled(numbers[0][place], items),
        width,
        (_lanes(states, block)[0], out_x, own_marks, drive),
        every,
        (_tiled(numbers[1][place], items), ear, of_count[place, start:stop].copy().reshape(-1)),
        gradient,
        found,
    )
    _put(of_states, block, ends)
    _put(of_heard, block, ear)
    _add_numbers(sums[0][place], found, numbers[0][place])


@njit(cache=True, error_model="numpy")
def _rows(
    kept: tuple[FloatingArray, ...], block: tuple[int, int, int], states: FloatingArray
) -> tuple[FloatingArray, ...]:
    """Drive, Re z, spikes, (steps, lanes), and marks, (marks, lanes), of a block."""
    room, marks = kept
    place, start, stop = block
    batch, units = states.shape[2:]
    each, few, lanes = room.shape[2] // batch, marks.shape[1] // batch, (stop - start) * units
    return (
        room[place, 0, each * start : each * stop].reshape(-1, lanes),
        room[place, 1, each * start : each * stop].reshape(-1, lanes),
        room[place, 2, each * start : each * stop].reshape(-1, lanes),
        marks[place, few * start : few * stop].reshape(-1, lanes),
    )


@njit(cache=True, error_model="numpy")
def _tiled(values: FloatingArray, items: int) -> FloatingArray:
    """(kinds, units) to (kinds, items * units)."""
    kinds, units = values.shape
    wide = np.empty((kinds, items * units), values.dtype)
    for kind in range(kinds):
        for item in range(items):
            for unit in range(units):
                wide[kind, item * units + unit] = values[kind, unit]
    return wide


@njit(cache=True, error_model="numpy")
def _lanes(values: FloatingArray, block: tuple[int, int, int]) -> FloatingArray:
    """The block's part of (2, layers, batch, units), (2, lanes)."""
    place, start, stop = block
    units = values.shape[3]
    lanes = np.empty((2, (stop - start) * units), values.dtype)
    for part in range(2):
        for item in range(start, stop):
            for unit in range(units):
                lanes[part, (item - start) * units + unit] = values[part, place, item, unit]
    return lanes


@njit(cache=True, error_model="numpy")
def _put(values: FloatingArray, block: tuple[int, int, int], lanes: FloatingArray) -> None:
    """Replace the block's part of (2, layers, batch, units)."""
    place, start, stop = block
    units = values.shape[3]
    for part in range(2):
        for item in range(start, stop):
            for unit in range(units):
                values[part, place, item, unit] = lanes[part, (item - start) * units + unit]


@njit(cache=True, error_model="numpy")
def _add_turns(sums: FloatingArray, ends: FloatingArray, slopes: FloatingArray) -> None:
    """dL/d mu = g conj(dh/d mu), real and imaginary, (2, units), of all items."""
    units = sums.shape[1]
    for lane in range(ends.shape[1]):
        sums[0, lane % units] += ends[0, lane] * slopes[0, lane] + ends[1, lane] * slopes[1, lane]
        sums[1, lane % units] += ends[1, lane] * slopes[0, lane] - ends[0, lane] * slopes[1, lane]


@njit(cache=True, error_model="numpy")
def _add_numbers(sums: FloatingArray, found: FloatingArray, numbers: FloatingArray) -> None:
    """dL/d lambda, threshold, gain, bias, (5, units), from the adjoint's sums: z is driven by gain (drive + bias)."""
    units = sums.shape[1]
    for lane in range(found.shape[1]):
        unit = lane % units
        for kind in range(3):
            sums[kind, unit] += found[kind, lane]
        sums[3, unit] += found[3, lane] + numbers[4, unit] * found[4, lane]
        sums[4, unit] += numbers[3, unit] * found[4, lane]
