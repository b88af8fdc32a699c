"""Numba kernels of the memories. Imported where they are used, so that `import neuro` stays light."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]


@njit(cache=True)
def imprint(weights: Bits, cues: Ints, pointers: Ints) -> None:
    """Set the bit of every (active cue unit, active pointer unit) pair, item by item."""
    for item in range(cues.shape[0]):
        for unit in cues[item]:
            for pointer in pointers[item]:
                weights[unit, pointer >> 6] |= np.uint64(1) << np.uint64(pointer & 63)


@njit(cache=True)
def _ripple(planes: Bits, first: int, carry: Bits) -> None:
    """Add a row of bits of weight ``2**first`` to bit-sliced counters: half adders, plane by plane."""
    for plane in range(first, planes.shape[0]):
        bits = planes[plane]
        for word in range(carry.size):
            both = bits[word] & carry[word]
            bits[word] ^= carry[word]
            carry[word] = both


@njit(cache=True)
def _add_three(planes: Bits, left: Bits, middle: Bits, right: Bits, carry: Bits) -> None:
    """Add three rows at once: a full adder makes them one row of weight 1 and one of weight 2."""
    low, high = planes[0], planes[1]
    for word in range(carry.size):
        a, b, c = left[word], middle[word], right[word]
        ones = a ^ b ^ c
        twos = (a & b) | (c & (a ^ b))
        both = low[word] & ones
        low[word] ^= ones
        # Two rows of weight 2 meet plane 1: a full adder again; its carry has weight 4.
        bit = high[word]
        high[word] = bit ^ twos ^ both
        carry[word] = (bit & twos) | (both & (bit ^ twos))
    _ripple(planes, 2, carry)


@njit(cache=True)
def _expand(planes: Bits, padded: npt.NDArray[np.int32]) -> None:
    """Bit-sliced counters, 64 a word, as numbers."""
    for word in range(planes.shape[1]):
        numbers = padded[word * 64 : word * 64 + 64]
        for bit in range(64):
            numbers[bit] = 0
        for plane in range(planes.shape[0]):
            bits = planes[plane, word]
            for bit in range(64):
                numbers[bit] += np.int32((bits >> np.uint64(bit)) & np.uint64(1)) << np.int32(plane)


@njit(cache=True)
def column_sums(weights: Bits, cues: Ints, planes: Bits, padded: npt.NDArray[np.int32]) -> None:
    """For each pointer unit, how many active cue units reach it: the sum of the cue's rows of bits.

    Args:
        weights: (units, words), 64 pointer units a word.
        cues: (batch, active).
        planes: work space (depth >= 2, words): plane b holds bit b of all counters, so that rows are added by
            XOR and AND; ``2**depth > active``.
        padded: the sums, (batch, 64 words).
    """
    carry = np.empty(weights.shape[1], np.uint64)
    active = cues.shape[1]
    for item in range(cues.shape[0]):
        for plane in range(planes.shape[0]):
            for word in range(carry.size):
                planes[plane, word] = 0
        for first in range(0, active - 2, 3):
            a, b, c = cues[item, first], cues[item, first + 1], cues[item, first + 2]
            _add_three(planes, weights[a], weights[b], weights[c], carry)
        for place in range(active - active % 3, active):
            for word in range(carry.size):
                carry[word] = weights[cues[item, place], word]
            _ripple(planes, 0, carry)
        _expand(planes, padded[item])


@njit(cache=True)
def _sift_down(heap: Ints, place: int) -> None:
    size = heap.size
    while True:
        child = 2 * place + 1
        if child >= size:
            return
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[place] <= heap[child]:
            return
        heap[place], heap[child] = heap[child], heap[place]
        place = child


@njit(cache=True)
def rank(sums: npt.NDArray[np.int32], pointers: Ints, keys: Ints) -> None:
    """The largest ``keys.size`` keys, as a min-heap; item i scores ``sum_j sums[pointers[i, j]]``.

    A key is ``score * items + (items - 1 - i)``: no two are equal, and of equal scores the earlier item leads.
    """
    items = pointers.shape[0]
    for place in range(keys.size):
        keys[place] = -1
    for item in range(items):
        score = np.int64(0)
        for pointer in pointers[item]:
            score += sums[pointer]
        key = score * items + (items - 1 - item)
        if key > keys[0]:
            keys[0] = key
            _sift_down(keys, 0)


@njit(cache=True)
def rank_batch(sums: npt.NDArray[np.int32], pointers: Ints, keys: Ints) -> None:
    """:func:`rank` for each row of ``sums``."""
    for query in range(sums.shape[0]):
        rank(sums[query], pointers, keys[query])


@njit(cache=True)
def perceptron(active: Ints, classes: Ints, orders: Ints, margin: int, total: Ints) -> None:
    """Multi-class perceptron with a margin; ``total`` (units, classes) adds up the weights after each epoch.

    Args:
        active: active units of each item, (items, k).
        classes: right class of each item, (items,).
        orders: in which order each epoch shows the items, (epochs, items).
        margin: lead of the right class below which the weights still move.
        total: zeros at first.
    """
    weights = np.zeros(total.shape, np.int64)
    votes = np.empty(total.shape[1], np.int64)
    for epoch in range(orders.shape[0]):
        for item in orders[epoch]:
            for label in range(votes.size):
                votes[label] = 0
                for unit in active[item]:
                    votes[label] += weights[unit, label]
            right, rival = classes[item], -1
            for label in range(votes.size):
                if label != right and (rival < 0 or votes[label] > votes[rival]):
                    rival = label
            if rival < 0 or votes[right] - votes[rival] >= margin:
                continue
            for unit in active[item]:
                weights[unit, right] += 1
                weights[unit, rival] -= 1
        for unit in range(total.shape[0]):
            for label in range(votes.size):
                total[unit, label] += weights[unit, label]


@njit(cache=True)
def sparse_weights(scaled: npt.NDArray[np.floating[Any]], squared: bool) -> None:
    """Sparsemax (or, squared, 1.5-entmax) of each row, in place; the largest of a row is 0.

    With z = scaled (or half of it): weights are ``max(z - t, 0)`` (or its square). Since the largest weight is at most one,
    t >= -1, and only items with z > -1 can have any: those are sorted, and t is found among their prefixes.
    """
    near = np.empty(scaled.shape[1], np.float64)
    half = 0.5 if squared else 1.0
    for query in range(scaled.shape[0]):
        row = scaled[query]
        count = 0
        for item in range(row.size):
            z = half * row[item]
            if z > -1.0:
                near[count] = z
                count += 1
        threshold = _threshold(np.sort(near[:count])[::-1], squared)
        for item in range(row.size):
            above = max(half * row[item] - threshold, 0.0)
            row[item] = above * above if squared else above


@njit(cache=True)
def _threshold(falling: npt.NDArray[np.float64], squared: bool) -> float:
    """t with ``sum max(z - t, 0) = 1``, or with squares: the last prefix of z whose own t lies below all of it."""
    total = squares = threshold = 0.0
    for place in range(falling.size):
        total += falling[place]
        squares += falling[place] * falling[place]
        size = place + 1
        mean = total / size
        if squared:
            # size (mean - t)^2 + sum (z - mean)^2 = 1
            spread = max(squares - size * mean * mean, 0.0)
            candidate = mean - np.sqrt(max((1.0 - spread) / size, 0.0))
        else:
            candidate = mean - 1.0 / size
        if candidate > falling[place]:
            break
        threshold = candidate
    return threshold


@njit(cache=True)
def sparse_mix(
    weights: npt.NDArray[np.floating[Any]],
    rows: npt.NDArray[np.floating[Any]],
    mixed: npt.NDArray[np.floating[Any]],
) -> None:
    """Add ``weights @ rows`` to ``mixed``, reading only the rows that have weight."""
    for query in range(weights.shape[0]):
        out = mixed[query]
        for item in range(weights.shape[1]):
            weight = weights[query, item]
            if weight != 0:
                row = rows[item]
                for place in range(out.size):
                    out[place] += weight * row[place]


@njit(cache=True)
def best_rows(similarities: npt.NDArray[np.floating[Any]], best: Ints) -> None:
    """The items of the largest similarities of each query, falling; ties to the earlier item. ``best`` (batch, k)."""
    k = best.shape[1]
    for query in range(similarities.shape[0]):
        row, held = similarities[query], best[query]
        filled = 0
        for item in range(row.size):
            if filled == k and not row[item] > row[held[k - 1]]:
                continue
            place = filled if filled < k else k - 1
            while place > 0 and row[item] > row[held[place - 1]]:
                held[place] = held[place - 1]
                place -= 1
            held[place] = item
            filled = min(filled + 1, k)
