"""The local contrastive loss: every pair by itself, positives together, negatives a margin apart.

Source: Hadsell, Chopra & LeCun, *Dimensionality reduction by learning an invariant mapping* (2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.training.checks import check_positive
from neuro.training.loss import LossGradient, check_batch


@dataclass(frozen=True, slots=True)
class LocalContrastiveLoss:
    """``mean over positives of d^2 / 2 + mean over negatives of max(0, margin - d)^2 / 2``, d the Euclidean distance.

    Local: the term of a pair reads nothing but that pair, and a negative beyond the margin costs nothing. A pair at
    distance 0 has no direction to be pushed in; its gradient is taken as 0.

    Args:
        margin: > 0.

    Raises:
        InvalidInput: a margin that is not above 0.
    """

    margin: float = 1.0

    def __post_init__(self) -> None:
        check_positive("margin", self.margin)

    def __call__(
        self, anchors: npt.ArrayLike, items: npt.ArrayLike, own: npt.ArrayLike | None = None, /
    ) -> LossGradient:
        """Loss and gradient of anchors (n, dimensions) among items (m, dimensions).

        Args:
            anchors: floats; the result has their precision.
            items: floats, at least two. Every item that is not an anchor's own is a negative of it.
            own: row of each anchor's item, shape (n,); None: row i for anchor i.

        Raises:
            InvalidInput: as :func:`neuro.training.loss.check_batch`.
        """
        a, b, rows = check_batch(anchors, items, own)
        squares = np.sum(a * a, axis=1)[:, None] + np.sum(b * b, axis=1)[None, :] - 2.0 * (a @ b.T)
        distance = np.sqrt(np.maximum(squares, 0.0))
        every, pairs = np.arange(len(a)), len(a) * (len(b) - 1)
        gap = np.maximum(self.margin - distance, 0.0)
        gap[every, rows] = 0.0
        value = float(np.mean(distance[every, rows] ** 2) + np.sum(gap**2) / pairs) / 2.0
        # dL/da_i = sum_j pull_ij (a_i - b_j): above 0 for positives, below for negatives within the margin.
        pull = -np.divide(gap, distance, out=np.zeros_like(gap), where=distance > 0) / pairs
        pull[every, rows] = 1.0 / len(a)
        return LossGradient(
            value,
            pull.sum(axis=1, keepdims=True) * a - pull @ b,
            pull.sum(axis=0)[:, None] * b - pull.T @ a,
        )
