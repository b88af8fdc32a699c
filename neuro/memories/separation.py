"""Separation: how far each stored pattern is from looking like another one, and the beta that this asks for.

    separation of pattern i:   D_i = s(x_i, x_i) - max over j != i of s(x_i, x_j)
    rule:                      beta = margin / ((1 - radius) D)

A cue at distance r from x_i still leads by ``D_i - 2 M r`` (M: the largest length of a pattern), so every cue nearer
than ``radius D / (2 M)`` leaves ``(1 - radius) D``; ``margin`` (:func:`neuro.memories.margin`) is the lead that
``beta s`` needs, ``ln((N - 1) w / (1 - w))`` for softmax. D grows with the square of the patterns' length, so beta
falls with it. Source: Ramsauer et al., *Hopfield Networks is All You Need*, ICLR 2021, definition 1 and theorem 4,
with the bound solved for beta; Santos et al., ICML 2024, for the sparse margins.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.memories.attention import Activation, margin

_BLOCK = 256
_TIED = 1e-6
"""A separation below this share of a pattern's own similarity is rounding: the two are the same pattern."""


class Similarity(Enum):
    """What cues and patterns are compared by: DOT counts lengths, COSINE does not."""

    DOT = "dot"
    COSINE = "cosine"


def separations(
    patterns: npt.ArrayLike, similarity: Similarity = Similarity.COSINE, *, sample: int | None = None
) -> npt.NDArray[np.float64]:
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
