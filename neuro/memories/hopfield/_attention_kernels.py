"""Numba kernels of attention over stored patterns: softmax and its sparse relatives, one cue at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from neuro.arrays import FloatingArray, IntArray

_MOST_NEWTON_STEPS = 100
"""Far more than Newton's method takes: each step drops numbers or doubles the right digits."""


@njit(cache=True)
def _exponentials(row: npt.NDArray[np.float32], powers: npt.NDArray[np.int32]) -> None:
    """Exp of float32 numbers <= 0, in place, in loops without a call or a branch: they become vector instructions.

    exp(x) = 2^n exp(r), |r| <= ln(2) / 2, with the power series of exp(r) up to r^7, whose error is below 1e-8 of it.
    Below -87 the result would be subnormal (< 1.7e-38): it is 0.
    """
    for item in range(row.size):
        x = row[item]
        n = np.floor(x * np.float32(1.4426950408889634) + np.float32(0.5))
        # ln 2 in two parts: n times the first is exact.
        r = x - n * np.float32(0.693359375) + n * np.float32(2.12194440e-4)
        p = np.float32(1 / 5040) * r + np.float32(1 / 720)
        p = p * r + np.float32(1 / 120)
        p = p * r + np.float32(1 / 24)
        p = p * r + np.float32(1 / 6)
        p = p * r + np.float32(0.5)
        p = p * r * r + r + np.float32(1.0)
        vanishes = x < np.float32(-87.0)
        row[item] = np.float32(0.0) if vanishes else p
        powers[item] = np.int32(0) if vanishes else np.int32(n)
    bits = row.view(np.int32)
    for item in range(row.size):
        # Adds n to the exponent of a float32.
        bits[item] += powers[item] << 23


@njit(cache=True)
def softmax_weights(similarities: npt.NDArray[np.float32], beta: np.float32, weights: npt.NDArray[np.float32]) -> None:
    """Softmax of ``beta similarities`` of each row."""
    powers = np.empty(similarities.shape[1], np.int32)
    for query in range(similarities.shape[0]):
        row, out = similarities[query], weights[query]
        best = _largest(row)
        for item in range(row.size):
            # The best goes to 0 before beta comes in: nothing overflows, whatever beta is.
            out[item] = (row[item] - best) * beta
        _exponentials(out, powers)
        share = np.float32(1.0 / _sum(out))
        for item in range(row.size):
            out[item] *= share


@njit(cache=True)
def _largest(row: FloatingArray) -> float:
    """The largest number: sixteen running ones side by side are one vector instruction."""
    whole = row.size - row.size % 16
    running = np.full(16, row[0], row.dtype)
    for first in range(0, whole, 16):
        for place in range(16):
            one, other = row[first + place], running[place]
            running[place] = max(other, one)
    best: float = running[0]
    for place in range(1, 16):
        best = max(best, running[place])
    for item in range(whole, row.size):
        best = max(best, row[item])
    return best


@njit(cache=True)
def _sum(row: npt.NDArray[np.float32]) -> float:
    """The sum: sixteen running ones side by side, joined in float64."""
    whole = row.size - row.size % 16
    running = np.zeros(16, np.float32)
    for first in range(0, whole, 16):
        for place in range(16):
            running[place] += row[first + place]
    total = 0.0
    for place in range(16):
        total += running[place]
    for item in range(whole, row.size):
        total += row[item]
    return total


@njit(cache=True)
def sparse_weights(similarities: FloatingArray, beta: float, squared: bool, weights: FloatingArray) -> None:
    """Sparsemax (or, squared, 1.5-entmax) of ``beta similarities`` of each row.

    With z = beta (s - max s), or half of it, weights are ``max(z - t, 0)``, or its square. Since the largest weight is
    at most one, t >= -1, and only items with z > -1 can have any.
    """
    near = np.empty(similarities.shape[1], np.float64)
    scale = 0.5 * beta if squared else beta
    for query in range(similarities.shape[0]):
        row, out = similarities[query], weights[query]
        best = _largest(row)
        count = 0
        for item in range(row.size):
            z = scale * (np.float64(row[item]) - best)
            if z > -1.0:
                near[count] = z
                count += 1
        threshold = _threshold(near[:count], squared)
        for item in range(row.size):
            above = max(scale * (np.float64(row[item]) - best) - threshold, 0.0)
            out[item] = above * above if squared else above


@njit(cache=True)
def _threshold(near: npt.NDArray[np.float64], squared: bool) -> float:
    """The t with ``sum max(z - t, 0) = 1``, or with squares, for z in ``near``, which is used up.

    Newton's method from the left, t = -1: the sum is convex and falls with t, so t rises and never passes the root.
    What t has passed is dropped. Without squares the method ends at the exact root.
    """
    t = -1.0
    count = near.size
    for _ in range(_MOST_NEWTON_STEPS):
        total = squares = 0.0
        kept = 0
        for place in range(count):
            above = near[place] - t
            if above > 0.0:
                near[kept] = near[place]
                kept += 1
                total += above
                squares += above * above
        count = kept
        step = (squares - 1.0) / (2.0 * total) if squared else (total - 1.0) / count
        if not t + step > t:
            break
        t += step
    return t


@njit(cache=True)
def count_above(weights: npt.NDArray[np.float32], least: np.float32) -> int:
    """How many weights are larger than ``least``."""
    count = 0
    for query in range(weights.shape[0]):
        row = weights[query]
        for item in range(row.size):
            count += row[item] > least
    return count


@njit(cache=True)
def sparse_mix(
    weights: npt.NDArray[np.float32], least: np.float32, rows: npt.NDArray[np.float32], mixed: npt.NDArray[np.float32]
) -> None:
    """Put ``weights @ rows`` into ``mixed``, reading only the rows whose weight is larger than ``least``."""
    for query in range(weights.shape[0]):
        out = mixed[query]
        out[:] = 0
        for item in range(weights.shape[1]):
            weight = weights[query, item]
            if weight > least:
                row = rows[item]
                for place in range(out.size):
                    out[place] += weight * row[place]


@njit(cache=True)
def best_items(similarities: FloatingArray, best: IntArray, scores: FloatingArray) -> None:
    """The largest similarities of each query, falling, and their items; ties to the earlier item. Both (batch, k)."""
    k = best.shape[1]
    for query in range(similarities.shape[0]):
        row, items, held = similarities[query], best[query], scores[query]
        filled = 0
        for item in range(row.size):
            score = row[item]
            if filled == k and not score > held[k - 1]:
                continue
            place = filled if filled < k else k - 1
            while place > 0 and score > held[place - 1]:
                held[place] = held[place - 1]
                items[place] = items[place - 1]
                place -= 1
            held[place] = score
            items[place] = item
            filled = min(filled + 1, k)


@njit(cache=True)
def attend_once(
    cue: npt.NDArray[np.float32],
    arrays: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]],
    settings: tuple[float, bool, bool, bool, float],
    limits: tuple[float, float],
    out: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]],
    best: IntArray,
    scores: npt.NDArray[np.float32],
) -> bool:
    """One step for one cue, from its check to the k best items; False, and nothing done, for a cue of bad length.

    All in one call: large products push the interpreter out of the caches, and each step of it is slow then.

    Args:
        cue: (dimensions,).
        arrays: keys (items, dimensions), one over their lengths (items,), values (items, width).
        settings: beta, cosine, sparse, squared, and the least weight that counts.
        limits: the least and the largest squared length of a cue.
        out: similarities and weights (1, items), patterns (1, width).
        best, scores: as in :func:`best_items`, (1, k).
    """
    keys, scale, values = arrays
    beta, cosine, sparse, squared, least = settings
    similarities, weights, patterns = out
    square = 0.0
    for place in range(cue.size):
        square += np.float64(cue[place]) * np.float64(cue[place])
    if not limits[0] <= square <= limits[1]:
        return False
    row = similarities[0]
    np.dot(keys, cue, row)
    if cosine:
        length = np.float32(1.0 / np.sqrt(square))
        for item in range(row.size):
            row[item] *= scale[item] * length
    if sparse:
        sparse_weights(similarities, beta, squared, weights)
    else:
        softmax_weights(similarities, np.float32(beta), weights)
    if 4 * count_above(weights, np.float32(least)) < weights.size:
        sparse_mix(weights, np.float32(least), values, patterns)
    else:
        np.dot(weights[0], values, patterns[0])
    best_items(similarities, best, scores)
    return True
