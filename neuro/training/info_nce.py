"""InfoNCE: each anchor picks its own item out of all items of a batch.

Sources: van den Oord, Li & Vinyals, *Representation learning with contrastive predictive coding* (2018);
Chen et al., *A simple framework for contrastive learning of visual representations* (2020), for the cosine and the
temperature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.training.checks import Floats, check_positive
from neuro.training.loss import LossGradient, check_batch, directions


@dataclass(frozen=True, slots=True)
class InfoNCELoss:
    """``mean_i ( log sum_j exp(s_ij / T) - s_i,own(i) / T )`` with ``s_ij = cos(anchor_i, item_j)``.

    The positive is in the denominator, so the loss is >= 0. The logarithm of the sum is taken with the largest term
    apart: no temperature overflows.

    Args:
        temperature: T > 0.

    Raises:
        InvalidInput: a temperature that is not above 0.
    """

    temperature: float = 0.07

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)

    def __call__(
        self, anchors: npt.ArrayLike, items: npt.ArrayLike, own: npt.ArrayLike | None = None, /
    ) -> LossGradient:
        """Loss and gradient of anchors (n, dimensions) among items (m, dimensions).

        Args:
            anchors: floats; the result has their precision.
            items: floats, at least two.
            own: row of each anchor's item, shape (n,); None: row i for anchor i.

        Raises:
            InvalidInput: as :func:`neuro.training.loss.check_batch`; a row of zeros, which has no cosine.
        """
        left, right, rows = check_batch(anchors, items, own)
        (a, a_norms), (b, b_norms) = directions(left, "anchors"), directions(right, "items")
        every = np.arange(len(a))
        logits = (a @ b.T) / self.temperature
        positive = logits[every, rows]
        peak = logits.max(axis=1, keepdims=True)
        share = np.exp(logits - peak)
        total = share.sum(axis=1, keepdims=True)
        value = float(np.mean(np.log(total[:, 0]) + peak[:, 0] - positive, dtype=np.float64))
        share /= total
        share[every, rows] -= 1.0
        share /= len(a) * self.temperature
        return LossGradient(value, _along_sphere(share @ b, a, a_norms), _along_sphere(share.T @ a, b, b_norms))


def _along_sphere(gradient: Floats, directions: Floats, norms: Floats) -> Floats:
    """From the gradient with respect to a direction to that with respect to the vector: what moves its length goes."""
    along = np.sum(gradient * directions, axis=1, keepdims=True)
    return np.asarray((gradient - along * directions) / norms)
