"""How a hippocampal memory recalls and stores, and how much its memories count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole, is_real
from neuro.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class HippocampalSettings:
    """How a hippocampal memory recalls and stores.

    Args:
        candidates: how many nearest cues attention sees.
        beta: sharpness of attention; a cue whose cosine is ``1 / beta`` lower counts 2.7 times less.
        duplicate: cosine from which a new item becomes one more cue of the memory that it resembles; None: never.
            Off by default: of 20,000 distinct dictionary entries 40 % have another one above .7.

    Raises:
        InvalidInput: a value out of range.
    """

    candidates: int = 20
    beta: float = 8.0
    duplicate: float | None = None

    def __post_init__(self) -> None:
        check_whole("candidates", self.candidates, 1, 1 << 20)
        if not 0 < self.beta < 1e4:
            raise InvalidInput(f"beta is {self.beta}; a number above 0 and below 10,000 is allowed")
        if self.duplicate is not None and not 0 < self.duplicate <= 1:
            raise InvalidInput(f"duplicate is {self.duplicate}; a cosine above 0 and up to 1, or None, is allowed")


def check_importance(given: npt.ArrayLike | None, items: int) -> npt.NDArray[np.float64]:
    """How much each of some memories counts, (items,): one number for all, or one for each; 1 by default.

    Raises:
        InvalidInput: another shape or dtype, a number that is not above 0 or not finite.
    """
    if given is None:
        return np.ones(items)
    weights = np.asarray(given)
    if not weights.ndim and is_real(weights):
        weights = np.broadcast_to(weights.astype(np.float64), (items,))
    if weights.shape != (items,) or weights.dtype != np.float64:
        raise InvalidInput(
            f"importance has shape {weights.shape}, dtype {weights.dtype}; float64 ({items},) is allowed"
        )
    if not np.all((weights > 0) & (weights < np.inf)):
        raise InvalidInput("importance must be above 0 and finite")
    return weights.copy()
