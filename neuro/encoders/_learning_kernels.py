"""Numba kernels of the learned encoder. Imported where they are used, so that `import neuro` stays light."""

from __future__ import annotations

import numpy as np
from numba import njit

from neuro.arrays import BoolArray, FloatArray, IntArray

_HALF, _ONE = 1 << 15, 1 << 16


@njit(cache=True)
def learn_all(
    levels: IntArray,
    learned: tuple[FloatArray, FloatArray, FloatArray],
    connected: BoolArray | None,
    teacher: IntArray,
    thresholds: tuple[int, float, float, float, float, float],
    gains: tuple[float, float, float, float],
    outcome: IntArray,
) -> None:
    """Presentations of competitive learning, one after the other.

    Args:
        levels: drives, shape (presentations, dimensions).
        learned: weights, thetas and gains, which change.
        connected: which weights there are; None: all.
        teacher: the unit that each gate lifts; -1: all.
        thresholds: window, v_threshold, rise, fall, largest theta, kick.
        gains: step of a weight; first and last gain, decay.
        outcome: winner and its tick of each presentation, shape (presentations, 2), written.
    """
    weights, theta, gain = learned
    _, _, rise, fall, limit, _ = thresholds
    step, first, last, decay = gains
    trace, v = np.empty(levels.shape[1], np.int64), np.empty(theta.size)
    for item in range(len(levels)):
        for unit in range(theta.size):
            theta[unit] = min(max(theta[unit] - fall, -limit), limit)
        winner, tick = _compete(levels[item], weights, theta, teacher[item], thresholds, trace, v)
        for row in range(len(weights)):
            level = levels[item, row // 2]
            seen = step * trace[row // 2] if (level > 0) == (row % 2 == 0) else 0.0
            if connected is None or connected[row, winner]:
                weights[row, winner] += gain[winner] * (seen - weights[row, winner])
        theta[winner] += rise
        gain[winner] = min(max(decay * gain[winner], last), first)
        outcome[item, 0], outcome[item, 1] = winner, tick


@njit(cache=True)
def _compete(
    levels: IntArray,
    weights: FloatArray,
    theta: FloatArray,
    teacher: int,
    thresholds: tuple[int, float, float, float, float, float],
    trace: IntArray,
    v: FloatArray,
) -> tuple[int, int]:
    """One presentation: the winner and its tick; ``trace`` holds the spikes of each pair, that tick's among them.

    The sums are taken in the order of the tick contract, so that they round as a simulator's do.
    """
    window, v_threshold, _, _, _, kick = thresholds
    phase = np.zeros(levels.size, np.int64)
    trace[:], v[:] = 0, 0.0
    winner, tick = -1, 0
    while winner < 0:
        tick += 1
        winner = _past_threshold(v, theta, v_threshold)
        for channel in range(levels.size):
            phase[channel] += abs(levels[channel])
            if phase[channel] > _HALF:
                phase[channel] -= _ONE
                trace[channel] += 1
                if winner < 0:
                    v += weights[2 * channel + (levels[channel] < 0)]
        if tick == window:
            if teacher >= 0:
                v[teacher] += kick
            else:
                v += kick
    return winner, tick


@njit(cache=True)
def _past_threshold(v: FloatArray, theta: FloatArray, v_threshold: float) -> int:
    """The unit with the largest margin above 0, of equals the first; -1 if there is none."""
    best, winner = 0.0, -1
    for unit in range(v.size):
        margin = v[unit] - (v_threshold + theta[unit])
        if margin > best:
            best, winner = margin, unit
    return winner


@njit(cache=True)
def even_thresholds(drives: FloatArray, active: int, rounds: int, rate: float) -> FloatArray:
    """Thresholds under which each unit is among the ``active`` largest margins about equally often.

    After each round over all rows of ``drives`` a threshold moves by ``rate`` times its unit's use, relative to even
    use, less 1, at most 3.
    """
    items, units = drives.shape
    theta, use, margins = np.zeros(units), np.empty(units), np.empty(units)
    best, value = np.empty(active, np.int64), np.empty(active)
    for _ in range(rounds):
        use[:] = 0.0
        for item in range(items):
            count = 0
            margins[:] = drives[item] - theta
            for j in range(units):
                margin = margins[j]
                if count == active and margin <= value[active - 1]:
                    continue
                place = count if count < active else active - 1
                while place > 0 and value[place - 1] < margin:
                    best[place], value[place] = best[place - 1], value[place - 1]
                    place -= 1
                best[place], value[place] = j, margin
                count = min(count + 1, active)
            for place in range(active):
                use[best[place]] += 1.0
        for j in range(units):
            theta[j] += rate * min(use[j] * units / (items * active) - 1.0, 3.0)
    return theta
