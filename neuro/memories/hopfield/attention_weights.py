"""Attention: how similarities become weights that sum to one, and the beta that a set of patterns asks for.

    w(s) = argmax over p >= 0, sum p = 1 of  beta p.s - Omega(p)         Omega*(beta s) = the value of that maximum

    SOFTMAX     Omega(p) = sum p ln p                   w_i = exp(beta s_i) / sum_j exp(beta s_j)
    SPARSEMAX   Omega(p) = 1/2 (sum p^2 - 1)            w_i = max(beta s_i - t, 0)
    ENTMAX15    Omega(p) = 4/3 (sum p^1.5 - 1)          w_i = max(beta s_i / 2 - t, 0)^2

with t such that the weights sum to one; they are the slope of the potential ``Omega*(beta s) / beta``. Sparse weights
are exactly zero for all that lie far enough below the best; where the best leads by :func:`margin` it gets exactly 1.
Which beta is needed follows from how far each stored pattern is from looking like another one:

    separation of pattern i:   D_i = s(x_i, x_i) - max over j != i of s(x_i, x_j)
    rule:                      beta = margin / ((1 - radius) D)

A cue at distance r from x_i still leads by ``D_i - 2 M r`` (M: the largest length of a pattern), so every cue nearer
than ``radius D / (2 M)`` leaves ``(1 - radius) D``; the margin is the lead that ``beta s`` needs,
``ln((N - 1) w / (1 - w))`` for softmax. D grows with the square of the patterns' length, so beta falls with it.

Sources: Martins & Astudillo, ICML 2016 (sparsemax); Peters, Niculae & Martins, ACL 2019 (entmax); Blondel, Martins &
Niculae, JMLR 21 (2020), for Omega and the margins; Ramsauer et al., *Hopfield Networks is All You Need*, ICLR 2021,
definition 1 and theorem 4, with the bound solved for beta; Santos et al., ICML 2024, for the sparse margins.
"""

from __future__ import annotations

import math
from enum import Enum

import numpy as np
import numpy.typing as npt

from neuro.arrays import Float32Array, FloatArray, FloatingArray
from neuro.checks import check_whole
from neuro.errors import InvalidInput

_LARGEST_BETA = 1e30
_DENSE = 4
"""Below one nonzero weight in so many, rows are added one by one; above it the whole matrix product is faster."""

_BLOCK = 256
_TIED = 1e-6
"""A separation below this share of a pattern's own similarity is rounding: the two are the same pattern."""


class Similarity(Enum):
    """What cues and patterns are compared by: DOT counts lengths, COSINE does not."""

    DOT = "dot"
    COSINE = "cosine"


class Activation(Enum):
    """Which Omega: SOFTMAX weighs all items, SPARSEMAX and ENTMAX15 only the best ones."""

    SOFTMAX = "softmax"
    SPARSEMAX = "sparsemax"
    ENTMAX15 = "entmax15"


def check_beta(beta: float) -> float:
    """The inverse temperature as a float.

    Raises:
        InvalidInput: no number above 0, or above 1e30.
    """
    is_number = isinstance(beta, int | float | np.integer | np.floating) and not isinstance(beta, bool)
    if not is_number or not 0.0 < beta <= _LARGEST_BETA:
        raise InvalidInput(f"beta is {beta!r}; a number above 0, up to {_LARGEST_BETA:g}, is allowed; see beta_for")
    return float(beta)


def attention(similarities: npt.ArrayLike, beta: float, activation: Activation = Activation.SOFTMAX) -> FloatingArray:
    """The weights ``w(s)``.

    Args:
        similarities: s, float32 or float64, (items,) or (batch, items).
        beta: inverse temperature, above 0.
        activation: which Omega.

    Returns:
        Shape and dtype of ``similarities``; each row sums to 1 up to rounding.

    Raises:
        InvalidInput: other shapes or dtypes, no items, NaN or infinity, beta not above 0.

    >>> attention(np.array([1.0, 0.75, 0.0]), 2.0, Activation.SPARSEMAX).tolist()
    [0.75, 0.25, 0.0]
    """
    s, beta = _checked(similarities), check_beta(beta)
    return weigh(np.ascontiguousarray(np.atleast_2d(s)), beta, activation).reshape(s.shape)


def weigh(similarities: FloatingArray, beta: float, activation: Activation) -> FloatingArray:
    """:func:`attention` of what is known to be right: finite, (batch, items)."""
    from neuro.memories.hopfield._attention_kernels import softmax_weights, sparse_weights

    weights = np.empty_like(similarities)
    if activation is not Activation.SOFTMAX:
        sparse_weights(similarities, beta, activation is Activation.ENTMAX15, weights)
    elif similarities.dtype == np.float32:
        softmax_weights(similarities, np.float32(beta), weights)
    else:
        np.exp(beta * (similarities - similarities.max(axis=1, keepdims=True)), out=weights)
        weights /= weights.sum(axis=1, keepdims=True)
    return weights


def mix(weights: Float32Array, rows: Float32Array, activation: Activation) -> FloatingArray:
    """``weights @ rows``, (batch, items) x (items, width), which reads only rows that count where few of them do."""
    from neuro.memories.hopfield._attention_kernels import count_above, sparse_mix

    least = np.float32(least_weight(weights.shape[1], activation))
    if _DENSE * count_above(weights, least) < weights.size:
        mixed = np.empty((len(weights), rows.shape[1]), dtype=np.float32)
        sparse_mix(weights, least, rows, mixed)
        return mixed
    return np.asarray(weights @ rows)


def least_weight(items: int, activation: Activation) -> float:
    """Weights up to this one may be left out of a sum of rows; 0 for sparse activations.

    For softmax 2^-24 / items: all that is left out weighs less than 2^-24 together, half a unit in the last
    place of the whole weight. It changes no component by more than 2^-24 of the largest value in it, which is what
    rounding a single term may change; a float32 product of N terms rounds N times.
    """
    return 2.0**-24 / items if activation is Activation.SOFTMAX else 0.0


def potential(similarities: npt.ArrayLike, beta: float, activation: Activation) -> FloatArray:
    """``Omega*(beta s) / beta``, whose slope in s is the attention; for softmax ``ln(sum exp(beta s)) / beta``.

    Args:
        similarities: s, (items,) or (batch, items).
        beta: inverse temperature, above 0.
        activation: which Omega.

    Returns:
        () or (batch,), computed in float64.

    Raises:
        InvalidInput: as :func:`attention`.
    """
    s, beta = _checked(similarities).astype(np.float64), check_beta(beta)
    best = s.max(axis=-1, keepdims=True)
    if activation is Activation.SOFTMAX:
        rest = np.log(np.exp(beta * (s - best)).sum(axis=-1))
    else:
        w = attention(s, beta, activation)
        rest = np.sum(w * (beta * (s - best)), axis=-1) - omega(w, activation)
    return np.asarray(best[..., 0] + rest / beta)


def omega(weights: FloatingArray, activation: Activation) -> FloatArray:
    """``Omega(w)`` along the last axis: 0 where one item has all the weight, lowest where all have the same."""
    w = np.asarray(weights, dtype=np.float64)
    if activation is Activation.SOFTMAX:
        return np.asarray(np.sum(w * np.log(np.where(w > 0, w, 1.0)), axis=-1))
    if activation is Activation.SPARSEMAX:
        return np.asarray((np.sum(w * w, axis=-1) - 1.0) / 2.0)
    return np.asarray((np.sum(w * np.sqrt(w), axis=-1) - 1.0) * 4.0 / 3.0)


def margin(activation: Activation, items: int, weight: float = 0.99) -> float:
    """By how much ``beta s`` of one item must exceed that of all others, so that its weight is surely large.

    ``ln((items - 1) weight / (1 - weight))`` for softmax gives at least ``weight``; 1 for sparsemax and 2 for
    1.5-entmax give exactly one.

    Raises:
        InvalidInput: no items, a weight that is not between 0 and 1.
    """
    check_whole("items", items, 1, 1 << 62)
    if not 0.0 < weight < 1.0:
        raise InvalidInput(f"weight is {weight!r}; a number between 0 and 1, such as 0.99, is allowed")
    if activation is Activation.SOFTMAX:
        return max(math.log(max(items - 1, 1) * weight / (1.0 - weight)), 1.0)
    return 1.0 if activation is Activation.SPARSEMAX else 2.0


def separations(
    patterns: npt.ArrayLike, similarity: Similarity = Similarity.COSINE, *, sample: int | None = None
) -> FloatArray:
    """D of each pattern, or of ``sample`` of them at equal steps, against all.

    Args:
        patterns: finite, not zero, (items, dimensions).
        similarity: DOT or COSINE.
        sample: how many at most; None: all, at a cost of items^2 dimensions.

    Returns:
        (items,) or (sample,); infinite for a pattern that is alone. With DOT a value may be negative: a longer
        pattern that points the same way is more similar to this one than it is to itself.

    Raises:
        InvalidInput: another shape, no patterns, a zero vector, NaN, a sample below 1.
    """
    if sample is not None:
        check_whole("sample", sample, 1, 1 << 62)
    x = np.asarray(patterns)
    if x.ndim != 2 or x.size == 0 or not np.issubdtype(x.dtype, np.floating):
        raise InvalidInput(
            f"patterns have shape {x.shape}, dtype {x.dtype}; floats of shape (items, dimensions) are allowed"
        )
    lengths = np.sqrt(np.einsum("ij,ij->i", x, x, dtype=np.float64))
    if not np.all(np.isfinite(lengths)) or np.any(lengths == 0):
        raise InvalidInput("patterns hold NaN, infinity or a zero vector; their separation is not defined")
    if similarity is Similarity.COSINE:
        x = x / lengths[:, None].astype(x.dtype)
        lengths = np.ones(len(x))
    chosen = np.arange(len(x))
    if sample is not None and sample < len(x):
        chosen = np.linspace(0, len(x) - 1, sample).astype(np.int64)
    found = np.empty(len(chosen))
    for first in range(0, len(chosen), _BLOCK):
        rows = chosen[first : first + _BLOCK]
        near = x[rows] @ x.T
        near[np.arange(len(rows)), rows] = -np.inf
        found[first : first + _BLOCK] = lengths[rows] ** 2 - near.max(axis=1)
    return found


def beta_for(
    patterns: npt.ArrayLike,
    similarity: Similarity = Similarity.COSINE,
    activation: Activation = Activation.SOFTMAX,
    *,
    weight: float = 0.99,
    radius: float = 0.5,
    quantile: float = 0.1,
    sample: int | None = None,
) -> float:
    """The beta at which a cue within ``radius`` of its pattern's safe distance recalls that pattern in one step.

    Args:
        patterns: (items, dimensions).
        similarity: DOT or COSINE.
        activation: sets the margin.
        weight: softmax: the least attention to the right pattern. Sparse activations give 1.
        radius: 0 (the pattern itself) up to, not including, 1 (the farthest cue that is still nearest to it).
        quantile: of the separations that D is; 0 serves the worst pattern too, .1 nine of ten. Patterns that can't be
            told from another one (D <= 0) have no beta and are left out; if there are no others D is the mean squared
            length, as if one pattern were all.
        sample: as in :func:`separations`.

    Raises:
        InvalidInput: as :func:`separations`, weight, radius or quantile out of range.

    >>> round(beta_for(np.eye(100), radius=0.0), 2)  # ln(99 * 99): nothing looks alike, D = 1
    9.19
    """
    for name, value, fits in (("radius", radius, 0 <= radius < 1), ("quantile", quantile, 0 <= quantile <= 1)):
        if not fits:
            raise InvalidInput(f"{name} is {value!r}; 0 to 1 is allowed, a radius of 1 itself is not")
    found = separations(patterns, similarity, sample=sample)
    x = np.asarray(patterns)
    square = 1.0 if similarity is Similarity.COSINE else float(np.einsum("ij,ij->i", x, x, dtype=np.float64).mean())
    apart = found[(found > _TIED * square) & np.isfinite(found)]
    separation = float(np.quantile(apart, quantile)) if apart.size else square
    return margin(activation, len(x), weight) / ((1.0 - radius) * separation)


def _checked(similarities: npt.ArrayLike) -> FloatingArray:
    s = np.asarray(similarities)
    if s.dtype not in (np.float32, np.float64) or s.ndim not in (1, 2) or s.size == 0:
        raise InvalidInput(
            f"similarities have shape {s.shape}, dtype {s.dtype}; float32 or float64 of shape (items,) or "
            "(batch, items), not empty, is allowed"
        )
    if not np.all(np.isfinite(s)):
        raise InvalidInput("similarities hold NaN or infinity; only finite numbers are allowed")
    return s
