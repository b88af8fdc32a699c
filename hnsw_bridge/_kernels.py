"""Kernels of the bridge: numba, no fastmath, so every sum is the one that :mod:`hnsw_bridge.metric` computes."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from neuro.arrays import Float32Array, FloatArray, IntArray

L2, COSINE, INNER_PRODUCT = 0, 1, 2


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def term(squared: bool, a: np.float32, b: float) -> float:
    """(a - b)^2 or a b."""
    d = np.float64(a) - b
    return d * d if squared else np.float64(a) * b


@njit(cache=True, nogil=True, error_model="numpy")
def summed(squared: bool, a: Float32Array, b: FloatArray) -> float:
    """Sum of the terms in eight partial sums."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = a.size - a.size % 8
    for i in range(0, whole, 8):
        s0 += term(squared, a[i + 0], b[i + 0])
        s1 += term(squared, a[i + 1], b[i + 1])
        s2 += term(squared, a[i + 2], b[i + 2])
        s3 += term(squared, a[i + 3], b[i + 3])
        s4 += term(squared, a[i + 4], b[i + 4])
        s5 += term(squared, a[i + 5], b[i + 5])
        s6 += term(squared, a[i + 6], b[i + 6])
        s7 += term(squared, a[i + 7], b[i + 7])
    total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    for i in range(whole, a.size):
        total += term(squared, a[i], b[i])
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def product_sum(a: Float32Array, b: FloatArray) -> float:
    """Sum a b."""
    return summed(False, a, b)


@njit(cache=True, nogil=True, error_model="numpy")
def apart(metric: int, a: Float32Array, b: FloatArray, squares: float) -> float:
    """The exact distance of two vectors; ``squares`` is the product of their squared lengths."""
    if metric == L2:
        return summed(True, a, b)
    if metric == COSINE:
        return 1.0 - product_sum(a, b) / math.sqrt(squares)
    return 1.0 - product_sum(a, b)


@njit(cache=True, nogil=True, error_model="numpy")
def insert(nodes: IntArray, near: FloatArray, count: int, node: int, distance: float) -> int:
    """Put a node into its place among ``count`` by distance, then by node; one that is there stays once."""
    at = count
    while at > 0 and (near[at - 1] > distance or (near[at - 1] == distance and nodes[at - 1] > node)):
        at -= 1
    if at == nodes.size or (at > 0 and near[at - 1] == distance and nodes[at - 1] == node):
        return count
    count = min(count + 1, nodes.size)
    for b in range(count - 1, at, -1):
        near[b], nodes[b] = near[b - 1], nodes[b - 1]
    near[at], nodes[at] = distance, node
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def rank_into(
    metric: int,
    vectors: Float32Array,
    squares: FloatArray,
    query: Float32Array,
    candidates: IntArray,
    nodes: IntArray,
    near: FloatArray,
) -> int:
    """Fill ``nodes`` and ``near`` with the nearest candidates by exact distance, then by node; gives how many.

    Negative and repeated candidates don't count.
    """
    asked = query.astype(np.float64)
    square = product_sum(query, asked) if metric == COSINE else 0.0
    count = 0
    for node in candidates:
        if node >= 0:
            distance = apart(metric, vectors[node], asked, squares[node] * square)
            count = insert(nodes, near, count, node, distance)
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def rank(
    metric: int, vectors: Float32Array, squares: FloatArray, query: Float32Array, candidates: IntArray, k: int
) -> tuple[IntArray, FloatArray]:
    """The k nearest candidates by exact distance, then by node; negative and repeated ones don't count."""
    size = min(k, candidates.size)
    nodes, near = np.empty(size, np.int64), np.empty(size, np.float64)
    count = rank_into(metric, vectors, squares, query, candidates, nodes, near)
    return nodes[:count], near[:count]


@njit(cache=True, nogil=True, error_model="numpy")
def holds(ascending: IntArray, value: int) -> bool:
    """Whether a value is among the ascending ones."""
    low, high = 0, ascending.size
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < ascending.size and ascending[low] == value


@njit(cache=True, nogil=True, error_model="numpy")
def join_fired(
    metric: int,
    items: tuple[Float32Array, FloatArray, IntArray],
    query: Float32Array,
    fired: IntArray,
    ruled_out: IntArray,
    nodes: IntArray,
    near: FloatArray,
    count: int,
) -> int:
    """Put those that fired in their places among the ``count`` nearest; gives how many there are then.

    Args:
        metric: its code.
        items: vectors, squares and labels; one below 0 is a deleted item's, which does not count.
        query: shape (dimension,).
        fired: nodes.
        ruled_out: ascending: nodes that are among the nearest already, or are known to be farther.
        nodes, near: the nearest so far and their distances.
        count: how many these are.
    """
    vectors, squares, labels = items
    asked = query.astype(np.float64)
    square = product_sum(query, asked) if metric == COSINE else 0.0
    for node in fired:
        if labels[node] >= 0 and not holds(ruled_out, node):
            distance = apart(metric, vectors[node], asked, squares[node] * square)
            count = insert(nodes, near, count, node, distance)
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def near_enough(metric: int, query: Float32Array, longest: float, distances: Float32Array, k: int) -> int:
    """How many of hnswlib's ascending distances could belong to the k smallest exact ones.

    A float32 sum of n terms is off by less than n 2^-23 of the sum of their sizes: of the distance itself for l2, of
    1 + |a| |b| for the others, where |b| is at most ``longest``. Twice that is allowed for; what is beyond it can't be
    among the k nearest.
    """
    if distances.size <= k:
        return distances.size
    error = (query.size + 8) * 2.0**-21
    limit = np.float64(distances[k - 1])
    if metric == L2:
        limit *= 1.0 + error
    elif metric == COSINE:
        limit += 2.0 * error
    else:
        limit += error * (1.0 + longest * math.sqrt(product_sum(query, query.astype(np.float64))))
    count = k
    while count < distances.size and distances[count] <= limit:
        count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def sound(vectors: Float32Array, low: float, high: float) -> bool:
    """Whether the squared length of every row is above ``low`` and not beyond ``high``, which NaN and infinity are."""
    for row in range(vectors.shape[0]):
        total = np.float32(0.0)
        for i in range(vectors.shape[1]):
            total += vectors[row, i] * vectors[row, i]
        if not low < total <= high:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def enter(metric: int, near: FloatArray, least: float, share: FloatArray) -> None:
    """How strongly seeds are driven, by their similarity relative to the nearest one's."""
    for a in range(near.size):
        similar = 1.0 / (1.0 + math.sqrt(near[a])) if metric == L2 else 1.0 - near[a]
        similar = max(similar, 0.0)
        if a == 0:
            best = similar
        share[a] = max(similar / best if best > 0.0 else 1.0, least)


@njit(cache=True, nogil=True, error_model="numpy")
def drive(share: FloatArray, most: float, steps: float, threshold: float, currents: FloatArray) -> None:
    """The current into each seed, on a grid of threshold / steps."""
    for a in range(share.size):
        currents[a] = math.floor(share[a] * most * steps + 0.5) * (threshold / steps)


@njit(cache=True, nogil=True, error_model="numpy")
def measure(metric: int, vectors: Float32Array, squares: FloatArray, query: Float32Array, out: FloatArray) -> None:
    """The exact distance of every row."""
    asked = query.astype(np.float64)
    square = product_sum(query, asked) if metric == COSINE else 0.0
    for node in range(vectors.shape[0]):
        out[node] = apart(metric, vectors[node], asked, squares[node] * square)


@njit(cache=True, nogil=True, error_model="numpy")
def measure_links(metric: int, vectors: Float32Array, row_start: IntArray, column: IntArray, out: FloatArray) -> None:
    """The exact distance along every link."""
    for source in range(row_start.size - 1):
        start = vectors[source].astype(np.float64)
        square = product_sum(vectors[source], start) if metric == COSINE else 0.0
        for link in range(row_start[source], row_start[source + 1]):
            end = vectors[column[link]]
            other = product_sum(end, end.astype(np.float64)) if metric == COSINE else 0.0
            out[link] = apart(metric, end, start, square * other)
