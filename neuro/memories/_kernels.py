"""Numba kernels of the memories. Imported where they are used, so that `import neuro` stays light."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

_MOST_NEWTON_STEPS = 100
"""Far more than Newton's method takes: each step drops numbers or doubles the right digits."""


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
def scores_batch(sums: npt.NDArray[np.float64], pointers: Ints, scores: npt.NDArray[np.float64]) -> None:
    """``scores[q, i] = sum_j sums[q, pointers[i, j]]`` for each query q and item i."""
    for query in range(sums.shape[0]):
        for item in range(pointers.shape[0]):
            score = 0.0
            for pointer in pointers[item]:
                score += sums[query, pointer]
            scores[query, item] = score


@njit(cache=True)
def count_bits(words: Bits, counts: Ints) -> None:
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
def draw_pointers(indices: Ints, units: int, seed: np.uint64, codes: Ints) -> None:
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
    weights: Bits, columns: int, cues: Ints, pointers: Ints, draws: int, seed: np.uint64, clock: np.uint64
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
def _largest(row: npt.NDArray[np.floating[Any]]) -> np.floating[Any]:
    """The largest number: sixteen running ones side by side are one vector instruction."""
    whole = row.size - row.size % 16
    running = np.full(16, row[0], row.dtype)
    for first in range(0, whole, 16):
        for place in range(16):
            one, other = row[first + place], running[place]
            running[place] = max(other, one)
    best = running[0]
    for place in range(1, 16):
        best = max(best, running[place])
    for item in range(whole, row.size):
        best = max(best, row[item])
    return best  # type: ignore[no-any-return]


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
def sparse_weights(
    similarities: npt.NDArray[np.floating[Any]],
    beta: float,
    squared: bool,
    weights: npt.NDArray[np.floating[Any]],
) -> None:
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
def best_items(similarities: npt.NDArray[np.floating[Any]], best: Ints, scores: npt.NDArray[np.floating[Any]]) -> None:
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
    best: Ints,
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
