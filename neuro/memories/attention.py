"""Attention: how similarities become weights that sum to one, and the potential whose slope they are.

    w(s) = argmax over p >= 0, sum p = 1 of  beta p.s - Omega(p)         Omega*(beta s) = the value of that maximum

    SOFTMAX     Omega(p) = sum p ln p                   w_i = exp(beta s_i) / sum_j exp(beta s_j)
    SPARSEMAX   Omega(p) = 1/2 (sum p^2 - 1)            w_i = max(beta s_i - t, 0)
    ENTMAX15    Omega(p) = 4/3 (sum p^1.5 - 1)          w_i = max(beta s_i / 2 - t, 0)^2

with t such that the weights sum to one. Sparse weights are exactly zero for all that lie far enough below the best;
where the best leads by ``margin`` it gets exactly 1.

Sources: Martins & Astudillo, ICML 2016 (sparsemax); Peters, Niculae & Martins, ACL 2019 (entmax); Blondel, Martins &
Niculae, JMLR 21 (2020), for Omega and the margins.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole
from neuro.errors import InvalidInput

Floats = npt.NDArray[np.floating[Any]]

_LARGEST_BETA = 1e30
_DENSE = 4
"""Below one nonzero weight in so many, rows are added one by one; above it the whole matrix product is faster."""


class Activation(Enum):
    """Which Omega: SOFTMAX weighs all items, SPARSEMAX and ENTMAX15 only the best ones."""

    SOFTMAX = "softmax"
    SPARSEMAX = "sparsemax"
    ENTMAX15 = "entmax15"


def check_beta(beta: Any) -> float:
    """The inverse temperature as a float.

    Raises:
        InvalidInput: no number above 0, or above 1e30.
    """
    is_number = isinstance(beta, int | float | np.integer | np.floating) and not isinstance(beta, bool)
    if not is_number or not 0.0 < beta <= _LARGEST_BETA:
        raise InvalidInput(f"beta is {beta!r}; a number above 0, up to {_LARGEST_BETA:g}, is allowed; see beta_for")
    return float(beta)


def attention(similarities: npt.ArrayLike, beta: float, activation: Activation = Activation.SOFTMAX) -> Floats:
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


def weigh(similarities: Floats, beta: float, activation: Activation) -> Floats:
    """:func:`attention` of what is known to be right: finite, (batch, items)."""
    from neuro.memories._attention_kernels import softmax_weights, sparse_weights

    weights = np.empty_like(similarities)
    if activation is not Activation.SOFTMAX:
        sparse_weights(similarities, beta, activation is Activation.ENTMAX15, weights)
    elif similarities.dtype == np.float32:
        softmax_weights(similarities, np.float32(beta), weights)
    else:
        np.exp(beta * (similarities - similarities.max(axis=1, keepdims=True)), out=weights)
        weights /= weights.sum(axis=1, keepdims=True)
    return weights


def mix(weights: npt.NDArray[np.float32], rows: npt.NDArray[np.float32], activation: Activation) -> Floats:
    """``weights @ rows``, (batch, items) x (items, width), which reads only rows that count where few of them do."""
    from neuro.memories._attention_kernels import count_above, sparse_mix

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


def potential(similarities: npt.ArrayLike, beta: float, activation: Activation) -> npt.NDArray[np.float64]:
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


def omega(weights: Floats, activation: Activation) -> npt.NDArray[np.float64]:
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


def _checked(similarities: npt.ArrayLike) -> Floats:
    s = np.asarray(similarities)
    if s.dtype not in (np.float32, np.float64) or s.ndim not in (1, 2) or s.size == 0:
        raise InvalidInput(
            f"similarities have shape {s.shape}, dtype {s.dtype}; float32 or float64 of shape (items,) or "
            "(batch, items), not empty, is allowed"
        )
    if not np.all(np.isfinite(s)):
        raise InvalidInput("similarities hold NaN or infinity; only finite numbers are allowed")
    return s
