"""What a contrastive loss is: a value and its gradient with respect to anchors and items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput
from neuro.training.checks import Floats, check_rows


@dataclass(frozen=True, slots=True, eq=False)
class LossGradient:
    """A loss and where it rises.

    Args:
        value: the loss.
        anchors: d value / d anchors, shape (n, dimensions).
        items: d value / d items, shape (m, dimensions).
    """

    value: float
    anchors: Floats
    items: Floats


class PairLoss(Protocol):
    """Anything that says how well anchors find their own item among all items."""

    def __call__(
        self, anchors: npt.ArrayLike, items: npt.ArrayLike, own: npt.ArrayLike | None = None, /
    ) -> LossGradient:
        """Loss and gradient of anchors (n, dimensions) among items (m, dimensions)."""


def check_batch(
    anchors: npt.ArrayLike, items: npt.ArrayLike, own: npt.ArrayLike | None
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
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


def directions(rows: Floats, what: str) -> tuple[Floats, Floats]:
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
