"""Numba kernels of the memories. Imported where they are used, so that `import neuro` stays light."""

from __future__ import annotations

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
def _add_row(planes: Bits, row: Bits, carry: Bits) -> None:
    """Add one bit to each bit-sliced counter: a ripple of half adders, plane by plane."""
    carry[:] = row
    for plane in range(planes.shape[0]):
        bits = planes[plane]
        for word in range(row.size):
            both = bits[word] & carry[word]
            bits[word] ^= carry[word]
            carry[word] = both


@njit(cache=True)
def _add_three(planes: Bits, a: Bits, b: Bits, c: Bits, carry: Bits) -> None:
    """Add three rows at once: a full adder makes them one row of weight 1 and one of weight 2."""
    low = planes[0]
    for word in range(a.size):
        ones = a[word] ^ b[word] ^ c[word]
        twos = (a[word] & b[word]) | (c[word] & (a[word] ^ b[word]))
        both = low[word] & ones
        low[word] ^= ones
        # Weight 2 twice: the full adder of plane 1, its carry ripples on from plane 2.
        bit = planes[1, word]
        planes[1, word] = bit ^ twos ^ both
        carry[word] = (bit & twos) | (both & (bit ^ twos))
    for plane in range(2, planes.shape[0]):
        bits = planes[plane]
        for word in range(a.size):
            both = bits[word] & carry[word]
            bits[word] ^= carry[word]
            carry[word] = both


@njit(cache=True)
def column_sums(weights: Bits, cue: Ints, planes: Bits, carry: Bits, sums: npt.NDArray[np.int32]) -> None:
    """For each pointer unit, how many active cue units reach it: column sums of the cue's rows.

    Bit-sliced: ``planes[b]`` (words,) holds bit b of 64 counters a word, so a row is added by XOR and AND.
    """
    planes[:] = 0
    done = 0
    while done + 3 <= cue.size:
        _add_three(planes, weights[cue[done]], weights[cue[done + 1]], weights[cue[done + 2]], carry)
        done += 3
    for unit in cue[done:]:
        _add_row(planes, weights[unit], carry)
    padded = np.zeros(weights.shape[1] * 64, np.int32)
    for plane in range(planes.shape[0]):
        for word in range(planes.shape[1]):
            bits = planes[plane, word]
            counters = padded[word * 64 : word * 64 + 64]
            for bit in range(64):
                counters[bit] += np.int32((bits >> np.uint64(bit)) & np.uint64(1)) << np.int32(plane)
    sums[:] = padded[: sums.size]


@njit(cache=True)
def column_sums_batch(weights: Bits, cues: Ints, sums: npt.NDArray[np.int32]) -> None:
    """:func:`column_sums` for each row of ``cues``."""
    depth = 2
    while (1 << depth) <= cues.shape[1]:
        depth += 1
    planes = np.zeros((depth, weights.shape[1]), np.uint64)
    carry = np.zeros(weights.shape[1], np.uint64)
    for item in range(cues.shape[0]):
        column_sums(weights, cues[item], planes, carry, sums[item])


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
    """The ``keys.size`` best items, best first: item i scores ``sum_j sums[pointers[i, j]]``, ties to the
    earlier.

    A key is ``score * items + (items - 1 - i)``; a min-heap keeps the largest keys.
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
