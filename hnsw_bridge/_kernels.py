"""Kernels of the bridge: numba, no fastmath, so every sum is the one that :mod:`hnsw_bridge.metric` computes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
Singles = npt.NDArray[np.float32]

L2, COSINE, INNER_PRODUCT = 0, 1, 2


@njit(cache=True, nogil=True, error_model="numpy")
def square_sum(a: Vectors, b: Floats) -> float:
    """Sum (a - b)^2 in eight partial sums."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = a.size - a.size % 8
    for i in range(0, whole, 8):
        d0 = np.float64(a[i + 0]) - b[i + 0]
        s0 += d0 * d0
        d1 = np.float64(a[i + 1]) - b[i + 1]
        s1 += d1 * d1
        d2 = np.float64(a[i + 2]) - b[i + 2]
        s2 += d2 * d2
        d3 = np.float64(a[i + 3]) - b[i + 3]
        s3 += d3 * d3
        d4 = np.float64(a[i + 4]) - b[i + 4]
        s4 += d4 * d4
        d5 = np.float64(a[i + 5]) - b[i + 5]
        s5 += d5 * d5
        d6 = np.float64(a[i + 6]) - b[i + 6]
        s6 += d6 * d6
        d7 = np.float64(a[i + 7]) - b[i + 7]
        s7 += d7 * d7
    total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    for i in range(whole, a.size):
        d = np.float64(a[i]) - b[i]
        total += d * d
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def product_sum(a: Vectors, b: Floats) -> float:
    """Sum a b in eight partial sums."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = a.size - a.size % 8
    for i in range(0, whole, 8):
        s0 += np.float64(a[i + 0]) * b[i + 0]
        s1 += np.float64(a[i + 1]) * b[i + 1]
        s2 += np.float64(a[i + 2]) * b[i + 2]
        s3 += np.float64(a[i + 3]) * b[i + 3]
        s4 += np.float64(a[i + 4]) * b[i + 4]
        s5 += np.float64(a[i + 5]) * b[i + 5]
        s6 += np.float64(a[i + 6]) * b[i + 6]
        s7 += np.float64(a[i + 7]) * b[i + 7]
    total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    for i in range(whole, a.size):
        total += np.float64(a[i]) * b[i]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def apart(metric: int, a: Vectors, b: Floats, squares: float) -> float:
    """The exact distance of two vectors; ``squares`` is the product of their squared lengths."""
    if metric == L2:
        return square_sum(a, b)
    if metric == COSINE:
        return 1.0 - product_sum(a, b) / math.sqrt(squares)
    return 1.0 - product_sum(a, b)


@njit(cache=True, nogil=True, error_model="numpy")
def rank(
    metric: int, vectors: Vectors, squares: Floats, query: Vectors, candidates: Ints, k: int
) -> tuple[Ints, Floats]:
    """The k nearest candidates by exact distance, then by node; negative and repeated ones don't count."""
    asked = query.astype(np.float64)
    square = product_sum(query, asked) if metric == COSINE else 0.0
    size = candidates.size
    near, nodes = np.empty(size, np.float64), np.empty(size, np.int64)
    count = 0
    for a in range(size):
        node = candidates[a]
        if node < 0:
            continue
        distance = apart(metric, vectors[node], asked, squares[node] * square)
        at = count
        while at > 0 and (near[at - 1] > distance or (near[at - 1] == distance and nodes[at - 1] > node)):
            at -= 1
        if at > 0 and near[at - 1] == distance and nodes[at - 1] == node:
            continue
        if at >= k:
            continue
        count = min(count + 1, k)
        for b in range(count - 1, at, -1):
            near[b], nodes[b] = near[b - 1], nodes[b - 1]
        near[at], nodes[at] = distance, node
    return nodes[:count], near[:count]


@njit(cache=True, nogil=True, error_model="numpy")
def near_enough(distances: Singles, k: int, relative: float, absolute: float) -> int:
    """How many of the ascending, rounded distances could belong to the k smallest exact ones."""
    if distances.size <= k:
        return distances.size
    limit = np.float64(distances[k - 1]) * (1.0 + relative) + absolute
    count = k
    while count < distances.size and distances[count] <= limit:
        count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def sound(vectors: Vectors, low: float, high: float) -> bool:
    """Whether the squared length of every row is above ``low`` and not beyond ``high``, which NaN and infinity are."""
    for row in range(vectors.shape[0]):
        total = np.float32(0.0)
        for i in range(vectors.shape[1]):
            total += vectors[row, i] * vectors[row, i]
        if not low < total <= high:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def enter(metric: int, near: Floats, least: float, share: Floats) -> None:
    """How strongly seeds are driven, by their similarity relative to the nearest one's."""
    for a in range(near.size):
        similar = 1.0 / (1.0 + math.sqrt(near[a])) if metric == L2 else 1.0 - near[a]
        similar = max(similar, 0.0)
        if a == 0:
            best = similar
        share[a] = max(similar / best if best > 0.0 else 1.0, least)


@njit(cache=True, nogil=True, error_model="numpy")
def drive(share: Floats, most: float, steps: float, threshold: float, currents: Floats) -> None:
    """The current into each seed, on a grid of threshold / steps."""
    for a in range(share.size):
        currents[a] = math.floor(share[a] * most * steps + 0.5) * (threshold / steps)


@njit(cache=True, nogil=True, error_model="numpy")
def measure(metric: int, vectors: Vectors, squares: Floats, query: Vectors, out: Floats) -> None:
    """The exact distance of every row."""
    asked = query.astype(np.float64)
    square = product_sum(query, asked) if metric == COSINE else 0.0
    for node in range(vectors.shape[0]):
        out[node] = apart(metric, vectors[node], asked, squares[node] * square)


@njit(cache=True, nogil=True, error_model="numpy")
def measure_links(metric: int, vectors: Vectors, row_start: Ints, column: Ints, out: Floats) -> None:
    """The exact distance along every link."""
    for source in range(row_start.size - 1):
        start = vectors[source].astype(np.float64)
        square = product_sum(vectors[source], start) if metric == COSINE else 0.0
        for link in range(row_start[source], row_start[source + 1]):
            end = vectors[column[link]]
            other = product_sum(end, end.astype(np.float64)) if metric == COSINE else 0.0
            out[link] = apart(metric, end, start, square * other)
