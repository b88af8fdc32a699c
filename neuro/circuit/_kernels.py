"""Random synapses and numbers from a counter hash, compiled: no stream, no array of pairs.

A word is SplitMix64's output function of (stream + counter * golden ratio); Steele, Lea & Flood, "Fast splittable
pseudorandom number generators" (OOPSLA 2014).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from neuro.arrays import AnyArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNIT = 1.0 / 9007199254740992.0
_ATTEMPTS = 100_000


@njit(cache=True, error_model="numpy", nogil=True)
def word(stream: np.uint64, counter: int | np.uint64) -> np.uint64:
    """64 random bits."""
    z = np.uint64(stream) + np.uint64(counter) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return np.uint64(z ^ (z >> np.uint64(31)))


@njit(cache=True, error_model="numpy", nogil=True)
def below(stream: np.uint64, counter: int, bound: int) -> np.int64:
    """A whole number 0 <= x < bound, bound < 2**32."""
    return np.int64((word(stream, counter) >> np.uint64(32)) * np.uint64(bound) >> np.uint64(32))


@njit(cache=True, error_model="numpy", nogil=True)
def unit(stream: np.uint64, counter: int | np.uint64) -> float:
    """A number 0 < x <= 1."""
    return float(np.float64((word(stream, counter) >> np.uint64(11)) + np.uint64(1))) * _UNIT


@njit(cache=True, error_model="numpy", nogil=True)
def drawn_value(code: AnyArray, stream: np.uint64, number: int) -> float:
    """One number of a distribution; in whole steps, where there are steps.

    ``code``: 0 for uniform or 1 for normal numbers, two numbers of the distribution, bounds, step.
    """
    first, second, low, high, step = code[1], code[2], code[3], code[4], code[5]
    for attempt in range(_ATTEMPTS):
        counter = np.uint64(2) * (np.uint64(number) + (np.uint64(attempt) << np.uint64(40)))
        x: float = unit(stream, counter)
        if code[0] == 0.0:
            x = first + (second - first) * x
        else:
            turn = 2.0 * math.pi * unit(stream, counter + np.uint64(1))
            x = first + second * (math.sqrt(-2.0 * math.log(x)) * math.cos(turn))
        if step > 0.0:
            x = float(np.rint(x / step))
            if low / step - 1e-6 <= x <= high / step + 1e-6:
                return x
        elif low <= x <= high:
            return x
    return math.nan


@njit(cache=True, error_model="numpy", nogil=True)
def draw(code: AnyArray, stream: np.uint64, out: AnyArray) -> None:
    """The numbers 0, 1, ...; in steps, where there are steps."""
    for s in range(out.size):
        out[s] = drawn_value(code, stream, s)


@njit(cache=True, error_model="numpy", nogil=True)
def random_pairs(stream: np.uint64, probability: float, targets: int, row_start: AnyArray, column: AnyArray) -> None:
    """Every pair with a probability above 0: from one hit to the next is a geometric step.

    Fills ``row_start``, shape (sources + 1,), where ``column`` is empty, else ``column``.
    """
    rest = math.log1p(-probability) if probability < 1.0 else -math.inf
    total = 0
    for j in range(row_start.size - 1):
        own, i, number = word(stream, j + 1), -1, 0
        while True:
            gap = math.log(unit(own, number)) / rest
            number += 1
            if gap >= targets - i - 1:
                break
            i += 1 + int(gap)
            if column.size:
                column[total] = i
            total += 1
        if not column.size:
            row_start[j + 1] = total


@njit(cache=True, error_model="numpy", nogil=True)
def distinct_sources(stream: np.uint64, degree: int, at: AnyArray, targets: int, column: AnyArray) -> None:
    """``degree`` different sources for each target (Floyd's sampling).

    ``at``, shape (sources + 1,): where ``column`` is empty, ``at[j + 1]`` counts the synapses of source j, else
    ``at[j]`` is where the next one goes.
    """
    sources = at.size - 1
    taken = np.zeros(sources, np.bool_)
    chosen = np.zeros(degree, np.int64)
    for i in range(targets):
        own = word(stream, i + 1)
        for number in range(degree):
            last = sources - degree + number
            j = below(own, number, last + 1)
            if taken[j]:
                j = np.int64(last)
            taken[j] = True
            chosen[number] = j
        for number in range(degree):
            j = chosen[number]
            taken[j] = False
            if column.size:
                column[at[j]] = i
                at[j] += 1
            else:
                at[j + 1] += 1


@njit(cache=True, error_model="numpy", nogil=True)
def drawn_pairs(stream: np.uint64, total: int, at: AnyArray, targets: int, column: AnyArray) -> None:
    """``total`` pairs of a source and a target, each drawn with replacement; counts and fills as above."""
    sources = at.size - 1
    for number in range(total):
        j = below(stream, 2 * number, sources)
        if column.size:
            column[at[j]] = below(stream, 2 * number + 1, targets)
            at[j] += 1
        else:
            at[j + 1] += 1


@njit(cache=True, error_model="numpy", nogil=True)
def sort_rows(row_start: AnyArray, column: AnyArray) -> None:
    """Ascending targets in each row: what a spike writes lies in order."""
    for j in range(row_start.size - 1):
        column[row_start[j] : row_start[j + 1]].sort()


@njit(cache=True, error_model="numpy", nogil=True)
def near_pairs(
    stream: np.uint64,
    peak: float,
    width: float,
    sources: AnyArray,
    targets: AnyArray,
    period: AnyArray,
    at: AnyArray,
    column: AnyArray,
) -> None:
    """Every pair with probability peak exp(-d^2 / (2 width^2)); a period above 0 closes a dimension to a ring."""
    total = 0
    for j in range(sources.shape[0]):
        own = word(stream, j + 1)
        for i in range(targets.shape[0]):
            square = 0.0
            for k in range(sources.shape[1]):
                apart = abs(sources[j, k] - targets[i, k])
                if period[k] > 0.0:
                    apart = min(apart, period[k] - apart)
                square += apart * apart
            if unit(own, i) <= peak * math.exp(-square / (2.0 * width * width)):
                if column.size:
                    column[total] = i
                total += 1
        if not column.size:
            at[j + 1] = total


@njit(cache=True, error_model="numpy", nogil=True)
def merge_rows(row_start: AnyArray, column: AnyArray, shift: int, at: AnyArray, out: AnyArray) -> None:
    """Append the rows of one block to rows that several blocks make together; ``at`` is where each row goes on."""
    for j in range(row_start.size - 1):
        for s in range(row_start[j], row_start[j + 1]):
            out[at[j]] = column[s] + shift
            at[j] += 1
