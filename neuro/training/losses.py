"""Contrastive losses: a value and its gradient with respect to anchors and items.

:class:`InfoNCELoss`: each anchor picks its own item out of all items of a batch. :class:`LocalContrastiveLoss`: every
pair by itself, positives together, negatives a margin apart.

Sources: van den Oord, Li & Vinyals, *Representation learning with contrastive predictive coding* (2018); Chen et al.,
*A simple framework for contrastive learning of visual representations* (2020), for the cosine and the temperature;
Hadsell, Chopra & LeCun, *Dimensionality reduction by learning an invariant mapping* (2006), for the local loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatingArray, IntArray
from neuro.checks import check_positive, check_rows
from neuro.errors import InvalidInput


@dataclass(frozen=True, slots=True, eq=False)
class LossGradient:
    """A loss and where it rises.

    Args:
        value: the loss.
        anchors: d value / d anchors, shape (n, dimensions).
        items: d value / d items, shape (m, dimensions).
    """

    value: float
    anchors: FloatingArray
    items: FloatingArray


class PairLoss(Protocol):
    """Anything that says how well anchors find their own item among all items."""

    def __call__(
        self, anchors: npt.ArrayLike, items: npt.ArrayLike, own: npt.ArrayLike | None = None, /
    ) -> LossGradient:
        """Loss and gradient of anchors (n, dimensions) among items (m, dimensions)."""


def check_batch(
    anchors: npt.ArrayLike, items: npt.ArrayLike, own: npt.ArrayLike | None
) -> tuple[FloatingArray, FloatingArray, IntArray]:
    """Anchors, items and the row of each anchor's own item (None: row i for anchor i).

    Raises:
        InvalidInput: no floats, shapes that do not fit, NaN; a single item (it has no negative); an anchor without a
            positive.
    """
    left = check_rows(anchors, "anchors")
    right = check_rows(items, "items", left.shape[1])
    if len(right) < 2:
        raise InvalidInput("a batch of one item has no negatives; give at least 2 different items")
    rows = np.arange(len(left)) if own is None else np.asarray(own)
    if rows.shape != (len(left),) or not np.issubdtype(rows.dtype, np.integer):
        raise InvalidInput(f"own has shape {rows.shape}, dtype {rows.dtype}; one whole number an anchor is allowed")
    alone = np.flatnonzero((rows < 0) | (rows >= len(right)))
    if alone.size:
        raise InvalidInput(
            f"{alone.size} of {len(left)} anchors have no positive, the first is anchor {alone[0]}; negatives alone "
            f"teach nothing: name an item from 0 to {len(right) - 1} for each"
        )
    return left, right, rows.astype(np.int64)


def directions(rows: FloatingArray, what: str) -> tuple[FloatingArray, FloatingArray]:
    """Rows of length 1, and the lengths that they had, (n, 1); squares of the largest entry may be beyond floats.

    Raises:
        InvalidInput: a row of zeros; one so long that its length is beyond the precision.
    """
    peaks = np.abs(rows).max(axis=1, keepdims=True)
    if not np.all(peaks > 0):
        raise InvalidInput(f"{what}: row {int(np.argmin(peaks))} is zero and has no cosine; leave it out")
    scaled = rows / peaks
    shares = np.linalg.norm(scaled, axis=1, keepdims=True)
    if np.any(peaks > np.finfo(rows.dtype).max / shares):
        raise InvalidInput(f"{what} are longer than {rows.dtype} can say; scale them down, or give float64")
    return scaled / shares, peaks * shares


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
            InvalidInput: as :func:`neuro.training.losses.check_batch`; a row of zeros, which has no cosine.
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


def _along_sphere(gradient: FloatingArray, directions: FloatingArray, norms: FloatingArray) -> FloatingArray:
    """From the gradient with respect to a direction to that with respect to the vector: what moves its length goes."""
    along = np.sum(gradient * directions, axis=1, keepdims=True)
    return np.asarray((gradient - along * directions) / norms)


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
            InvalidInput: as :func:`neuro.training.losses.check_batch`.
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
            value, pull.sum(axis=1, keepdims=True) * a - pull @ b, pull.sum(axis=0)[:, None] * b - pull.T @ a
        )
