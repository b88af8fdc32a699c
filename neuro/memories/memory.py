"""What every associative memory offers, whatever it is made of.

    store(cues, values) -> indices        recall(cues, k) -> Recall        forget(indices)        state()

A memory knows its items by indices: whole numbers that the caller chooses, or that count up. Cues are sparse codes
(:class:`neuro.memories.HebbianMemory`) or float32 vectors; each memory says which. Nothing is cast in silence, and
an error leaves a memory as it was. ``merge``, ``energy`` and ``capacity`` exist only where they mean something.

The tests in ``tests/memories/test_every_memory.py`` hold each memory in ``neuro.memories`` to this page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
State = Mapping[str, npt.NDArray[Any]]
"""All that a memory is, as arrays by name: no objects, so that it can be written without pickle."""

NOTHING = -1
"""The index that recall gives where no item scores at least the threshold: the memory abstains."""


@dataclass(frozen=True, slots=True, eq=False)
class Recall:
    """The answer of a memory, best item first.

    Args:
        indices: of the items, (k,) or (batch, k); :data:`NOTHING` where the score lies below the threshold.
        scores: how well each fits, same shape, falling along the last axis; each memory says in which unit.
        values: what was stored for each item, (k, ...) or (batch, k, ...); None if the memory keeps no values. Zero
            where the index is :data:`NOTHING`.
    """

    indices: Ints
    scores: npt.NDArray[Any]
    values: npt.NDArray[Any] | None = None


class Memory(Protocol):
    """The shape of an associative memory."""

    kind: ClassVar[str]
    """What files call this kind of memory, such as ``"memory.hebbian"``: unique, and the same whatever its class is
    called."""

    def __len__(self) -> int:
        """How many items are stored."""
        ...

    @property
    def indices(self) -> Ints:
        """The index of each stored item, in the order of storing, (items,)."""
        ...

    def store(self, cues: npt.ArrayLike, *, indices: npt.ArrayLike | None = None) -> Ints:
        """Store items; returns their indices, (items,).

        Raises:
            InvalidInput: cues that do not fit the memory, indices negative, given twice or already stored.
        """
        ...

    def recall(self, cues: npt.ArrayLike, k: int = 1, *, threshold: float | None = None) -> Recall:
        """The k items that fit each cue best, ties to the one stored earlier.

        Args:
            cues: one cue or a batch.
            k: at most the number of stored items.
            threshold: a best score below it is answered by :data:`NOTHING`; None: never abstain.

        Raises:
            InvalidInput: an empty memory, k out of range, cues that do not fit, a threshold that is NaN.
        """
        ...

    def forget(self, indices: npt.ArrayLike) -> None:
        """Remove items: recall names them no more.

        Raises:
            InvalidInput: an index that is not stored or given twice; nothing is removed then.
        """
        ...

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All that the memory is, as arrays."""
        ...

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing, has another dtype or shape, or contradicts another.
        """
        ...
