"""Metrics: how far apart two vectors are, exactly, and which vectors are accepted.

distance, as hnswlib counts it:  L2  sum (a - b)^2 ,  COSINE  1 - a.b / (|a| |b|) ,  INNER_PRODUCT  1 - a.b
Stored vectors are float32; all sums run in float64 and in a fixed order, so equal input gives equal bits.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, Float32Array, FloatArray
from neuro.errors import InvalidInput

_LARGEST_SQUARE = 1e37
_SMALLEST_SQUARE = 1e-30


class Metric(Enum):
    """Which distance an index sorts by; the value is hnswlib's name for it."""

    L2 = "l2"
    COSINE = "cosine"
    INNER_PRODUCT = "ip"

    @property
    def code(self) -> int:
        """The number by which kernels know it."""
        return {"l2": 0, "cosine": 1, "ip": 2}[self.value]


def checked_vectors(values: npt.ArrayLike, what: str, metric: Metric, dimension: int | None = None) -> Float32Array:
    """The rows as float32, C order.

    Raises:
        InvalidInput: not a (rows, dimension) array of floats, empty, another dimension than asked for, NaN or
            infinity, a number beyond float32, or a row of zeros under the cosine metric.
    """
    given = np.asarray(values)
    if given.dtype.kind != "f":
        raise InvalidInput(f"{what} have dtype {given.dtype}; floating point numbers are allowed, convert them first")
    if given.ndim != 2 or given.shape[0] == 0 or given.shape[1] == 0:
        raise InvalidInput(f"{what} have shape {given.shape}; (rows, dimension) with at least one row is allowed")
    if dimension is not None and given.shape[1] != dimension:
        raise InvalidInput(f"{what} have {given.shape[1]} dimensions; the index holds vectors of {dimension}")
    if given.dtype == np.float32:
        vectors = np.ascontiguousarray(given)
    else:
        with np.errstate(over="ignore"):
            vectors = np.ascontiguousarray(given, dtype=np.float32)
    _check_numbers(vectors, what, metric)
    return vectors


def _check_numbers(vectors: Float32Array, what: str, metric: Metric) -> None:
    from hnsw_bridge import _kernels

    if _kernels.sound(vectors, _SMALLEST_SQUARE if metric is Metric.COSINE else -1.0, _LARGEST_SQUARE):
        return
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.einsum("ij,ij->i", vectors, vectors)
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if bad.size:
        raise InvalidInput(
            f"row {bad[0]} of {what} holds NaN, infinity or a number beyond float32; finite ones are allowed"
        )
    large = np.flatnonzero(lengths > _LARGEST_SQUARE)
    if large.size:
        raise InvalidInput(
            f"row {large[0]} of {what} is longer than 3e18, so squares overflow float32; scale the vectors"
        )
    zero = np.flatnonzero(~vectors.any(axis=1)) if metric is Metric.COSINE else large
    if zero.size:
        raise InvalidInput(f"row {zero[0]} of {what} is all zeros, which has no cosine; leave it out or use Metric.L2")


def distances(metric: Metric, left: AnyArray, right: AnyArray) -> FloatArray:
    """Exact distances of matching rows; ``left`` and ``right`` broadcast, shape (..., dimension) -> (...).

    Sums run in eight partial sums that are added in pairs, so the kernels of the bridge give the same bits.
    """
    a, b = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if metric is Metric.L2:
        difference = a - b
        return _summed(difference * difference)
    product = _summed(a * b)
    if metric is Metric.INNER_PRODUCT:
        return np.asarray(1.0 - product)
    return np.asarray(1.0 - product / np.sqrt(squares(a) * squares(b)))


def squares(vectors: AnyArray) -> FloatArray:
    """The squared length of each row, shape (..., dimension) -> (...)."""
    exact = np.asarray(vectors, dtype=np.float64)
    return _summed(exact * exact)


def _summed(terms: FloatArray) -> FloatArray:
    """Sums over the last axis: partial sum j adds the terms j, j + 8, ... in their order."""
    whole = terms.shape[-1] - terms.shape[-1] % 8
    blocks = terms[..., :whole].reshape(*terms.shape[:-1], whole // 8, 8)
    sums = np.zeros((*terms.shape[:-1], 8))
    for block in range(whole // 8):
        sums += blocks[..., block, :]
    pairs = sums[..., 0::2] + sums[..., 1::2]
    fours = pairs[..., 0::2] + pairs[..., 1::2]
    total = np.asarray(fours[..., 0] + fours[..., 1])
    for term in range(whole, terms.shape[-1]):
        total = total + terms[..., term]
    return np.asarray(total)


def similarities(metric: Metric, distance: FloatArray) -> FloatArray:
    """1 / (1 + Euclidean distance) for L2, otherwise the cosine or the inner product."""
    if metric is Metric.L2:
        return np.asarray(1.0 / (1.0 + np.sqrt(distance)))
    return np.asarray(1.0 - distance)
