"""Numba kernels of the Hebbian memories. Imported where they are used, so that `import neuro` stays light."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from neuro.arrays import BitArray, IntArray


@njit(cache=True)
def imprint(weights: BitArray, cues: IntArray, pointers: IntArray) -> None:
    """Set the bit of every (active cue unit, active pointer unit) pair, item by item."""
    for item in range(cues.shape[0]):
        for unit in cues[item]:
            for pointer in pointers[item]:
                weights[unit, pointer >> 6] |= np.uint64(1) << np.uint64(pointer & 63)


@njit(cache=True)
def _ripple(planes: BitArray, first: int, carry: BitArray) -> None:
    """Add a row of bits of weight ``2**first`` to bit-sliced counters: half adders, plane by plane."""
    for plane in range(first, planes.shape[0]):
        bits = planes[plane]
        for word in range(carry.size):
            both = bits[word] & carry[word]
            bits[word] ^= carry[word]
            carry[word] = both


@njit(cache=True)
def _add_three(planes: BitArray, left: BitArray, middle: BitArray, right: BitArray, carry: BitArray) -> None:
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
def _expand(planes: BitArray, padded: npt.NDArray[np.int32]) -> None:
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
def column_sums(weights: BitArray, cues: IntArray, planes: BitArray, padded: npt.NDArray[np.int32]) -> None:
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
def _sift_down(heap: IntArray, place: int) -> None:
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
def rank(sums: npt.NDArray[np.int32], pointers: IntArray, keys: IntArray) -> None:
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
def rank_batch(sums: npt.NDArray[np.int32], pointers: IntArray, keys: IntArray) -> None:
    """:func:`rank` for each row of ``sums``."""
    for query in range(sums.shape[0]):
        rank(sums[query], pointers, keys[query])


@njit(cache=True)
def scores_batch(sums: npt.NDArray[np.float64], pointers: IntArray, scores: npt.NDArray[np.float64]) -> None:
    """``scores[q, i] = sum_j sums[q, pointers[i, j]]`` for each query q and item i."""
    for query in range(sums.shape[0]):
        for item in range(pointers.shape[0]):
            score = 0.0
            for pointer in pointers[item]:
                score += sums[query, pointer]
            scores[query, item] = score


@njit(cache=True)
def count_bits(words: BitArray, counts: IntArray) -> None:
    """How many bits each row of words has set."""
    for row in range(words.shape[0]):
        total = np.int64(0)
        for bits in words[row]:
            # Pairs, nibbles, bytes; the product adds the bytes up in the highest one.
            pairs = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
            fours = (pairs & np.uint64(0x3333333333333333)) + ((pairs >> np.uint64(2)) & np.uint64(0x3333333333333333))
            octets = (fours + (fours >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
            total += np.int64((octets * np.uint64(0x0101010101010101)) >> np.uint64(56))
        counts[row] = total


@njit(cache=True)
def _mixed(counter: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): well-mixed bits of a counter."""
    bits = counter * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@njit(cache=True)
def draw_pointers(indices: IntArray, units: int, seed: np.uint64, codes: IntArray) -> None:
    """One unit of each block of units, by a hash of (seed, index, block), for each index: see ``pointer_codes``."""
    active = codes.shape[1]
    start = _mixed(seed + np.uint64(1))
    for item in range(indices.size):
        stream = _mixed(start + np.uint64(indices[item]))
        for block in range(active):
            edge, after = block * units // active, (block + 1) * units // active
            codes[item, block] = edge + np.int64(_mixed(stream + np.uint64(block)) % np.uint64(after - edge))


@njit(cache=True)
def imprint_ageing(
    weights: BitArray, columns: int, cues: IntArray, pointers: IntArray, draws: int, seed: np.uint64, clock: np.uint64
) -> None:
    """As :func:`imprint`, but before each item the bits of ``draws`` synapses, drawn by a hash, are cleared.

    The synapses depend on the seed and on the number of the insert, ``clock`` of the first item, and on nothing else.
    """
    synapses = np.uint64(weights.shape[0] * columns)
    for item in range(cues.shape[0]):
        stream = _mixed(_mixed(seed + np.uint64(1)) + clock + np.uint64(item))
        for draw in range(draws):
            place = _mixed(stream + np.uint64(draw)) % synapses
            row, column = place // np.uint64(columns), place % np.uint64(columns)
            weights[row, column >> np.uint64(6)] &= ~(np.uint64(1) << (column & np.uint64(63)))
        imprint(weights, cues[item : item + 1], pointers[item : item + 1])


@njit(cache=True)
def perceptron(active: IntArray, classes: IntArray, orders: IntArray, margin: int, total: IntArray) -> None:
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
