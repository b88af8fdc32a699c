"""What a modern Hopfield memory answers: the retrieved patterns and the attention behind them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from neuro.memories.memory import Recall

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Retrieval:
    """What attention gave.

    Args:
        patterns: the attention-weighted sum of the values, (value_dimensions,) or (batch, value_dimensions).
        attention: weight of each stored item, in the order of storing, (items,) or (batch, items).
        similarities: what the attention was taken of, same shape.
        steps: how many steps were taken.
        converged: whether the state stood still at the end, () or (batch,); False if only one step was asked for.
    """

    patterns: Float32
    attention: Float32
    similarities: Float32
    steps: int
    converged: npt.NDArray[np.bool_]

    def first(self) -> Retrieval:
        """The answer to the first cue of a batch, without the batch."""
        still = np.asarray(self.converged[0])
        return Retrieval(self.patterns[0], self.attention[0], self.similarities[0], self.steps, still)


@dataclass(frozen=True, slots=True, eq=False)
class HopfieldRecall(Recall):
    """A :class:`neuro.memories.Recall` with the retrieval behind it.

    Args:
        retrieval: retrieved patterns and attention; given also where the memory abstains.
    """

    retrieval: Retrieval = field(kw_only=True)
