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

L2, COSINE, INNER_PRODUCT = 0, 1, 2


@njit(cache=True, nogil=True, error_model="numpy")
def square_sum(a: Vectors, b: Vectors) -> float:
    """sum (a - b)^2 in eight partial sums."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = a.size - a.size % 8
    for i in range(0, whole, 8):
        d0 = np.float64(a[i]) - np.float64(b[i])
        d1 = np.float64(a[i + 1]) - np.float64(b[i + 1])
        d2 = np.float64(a[i + 2]) - np.float64(b[i + 2])
        d3 = np.float64(a[i + 3]) - np.float64(b[i + 3])
        d4 = np.float64(a[i + 4]) - np.float64(b[i + 4])
        d5 = np.float64(a[i + 5]) - np.float64(b[i + 5])
        d6 = np.float64(a[i + 6]) - np.float64(b[i + 6])
        d7 = np.float64(a[i + 7]) - np.float64(b[i + 7])
        s0 += d0 * d0
        s1 += d1 * d1
        s2 += d2 * d2
        s3 += d3 * d3
        s4 += d4 * d4
        s5 += d5 * d5
        s6 += d6 * d6
        s7 += d7 * d7
    total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    for i in range(whole, a.size):
        d = np.float64(a[i]) - np.float64(b[i])
        total += d * d
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def product_sum(a: Vectors, b: Vectors) -> float:
    """sum a b in eight partial sums."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = a.size - a.size % 8
    for i in range(0, whole, 8):
        s0 += np.float64(a[i]) * np.float64(b[i])
        s1 += np.float64(a[i + 1]) * np.float64(b[i + 1])
        s2 += np.float64(a[i + 2]) * np.float64(b[i + 2])
        s3 += np.float64(a[i + 3]) * np.float64(b[i + 3])
        s4 += np.float64(a[i + 4]) * np.float64(b[i + 4])
        s5 += np.float64(a[i + 5]) * np.float64(b[i + 5])
        s6 += np.float64(a[i + 6]) * np.float64(b[i + 6])
        s7 += np.float64(a[i + 7]) * np.float64(b[i + 7])
    total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    for i in range(whole, a.size):
        total += np.float64(a[i]) * np.float64(b[i])
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def rank(
    metric: int, vectors: Vectors, squares: Floats, query: Vectors, candidates: Ints, k: int
) -> tuple[Ints, Floats]:
    """The k nearest candidates, each once, by exact distance and then by node; candidates may repeat."""
    nodes = np.sort(candidates)
    count = 0
    for a in range(nodes.size):
        if a == 0 or nodes[a] != nodes[a - 1]:
            nodes[count] = nodes[a]
            count += 1
    square = product_sum(query, query) if metric == COSINE else 0.0
    near = np.empty(count, np.float64)
    for a in range(count):
        node = nodes[a]
        if metric == L2:
            near[a] = square_sum(vectors[node], query)
        elif metric == COSINE:
            near[a] = 1.0 - product_sum(vectors[node], query) / math.sqrt(squares[node] * square)
        else:
            near[a] = 1.0 - product_sum(vectors[node], query)
    order = np.argsort(near, kind="mergesort")[:k]
    return nodes[order], near[order]


@njit(cache=True, nogil=True, error_model="numpy")
def measure(metric: int, vectors: Vectors, squares: Floats, query: Vectors, out: Floats) -> None:
    """The exact distance of every row."""
    square = product_sum(query, query) if metric == COSINE else 0.0
    for node in range(vectors.shape[0]):
        if metric == L2:
            out[node] = square_sum(vectors[node], query)
        elif metric == COSINE:
            out[node] = 1.0 - product_sum(vectors[node], query) / math.sqrt(squares[node] * square)
        else:
            out[node] = 1.0 - product_sum(vectors[node], query)
