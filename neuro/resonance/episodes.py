"""Episodic memory of a network: summaries of what it has seen, recalled by likeness through a holographic trace."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.memories.memory import NOTHING
from neuro.vsa.holographic_memory import HolographicMemory

_LEAST_SCORE = 0.5
"""Of a recall: a perfect read scores 1, noise about 0."""


class EpisodicMemory:
    """Up to ``capacity`` summaries; one more takes the place of the oldest.

    Args:
        features: numbers in a summary.
        capacity: how many, at least 1.
        seed: of the memory's codes.

    Raises:
        InvalidInput: a number out of range.
    """

    def __init__(self, features: int, capacity: int, *, seed: int = 0) -> None:
        check_whole("features", features, 1, 1 << 24)
        check_whole("capacity", capacity, 1, 1 << 20)
        self.features, self.capacity, self.seed = features, capacity, seed
        self.dim = _dimensions(capacity)
        self._trace = HolographicMemory(self.dim, seed=seed)
        self._kept: dict[int, torch.Tensor] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def store(self, summaries: Tensor) -> None:
        """Keep these summaries, (batch, features).

        Raises:
            InvalidInput: another shape.
        """
        rows = self._checked(summaries)
        first = max(self._kept, default=-1) + 1
        self._kept |= {first + place: row.clone() for place, row in enumerate(rows)}
        dropped = len(self._kept) > self.capacity
        while len(self._kept) > self.capacity:
            del self._kept[min(self._kept)]
        if dropped:
            # A pair can't leave the sum without a rest, so the trace is laid anew.
            self._trace = HolographicMemory(self.dim, seed=self.seed)
            rows, names = torch.stack(list(self._kept.values())), list(self._kept)
        else:
            names = list(range(first, first + len(rows)))
        self._trace.store(self._codes(rows), indices=np.array(names))

    def recall(self, summaries: Tensor) -> Tensor:
        """The stored summary most like each, (batch, features); zeros where none is alike or nothing is stored."""
        rows = self._checked(summaries)
        found = torch.zeros_like(rows)
        if not self._kept:
            return found
        answer = self._trace.recall(self._codes(rows), threshold=_LEAST_SCORE)
        for place, index in enumerate(answer.indices[:, 0].tolist()):
            if index != NOTHING:
                found[place] = self._kept[index]
        return found

    def _codes(self, rows: Tensor) -> np.ndarray[tuple[int, int], np.dtype[np.complex64]]:
        # Directions, not lengths, are compared: a long summary is no other.
        units = torch.nn.functional.normalize(rows.float(), dim=-1, eps=1e-6)
        return self._trace.encode(units.cpu().numpy(), bandwidth=3.0)

    def _checked(self, summaries: Tensor) -> Tensor:
        if summaries.ndim != 2 or summaries.shape[1] != self.features or not len(summaries):
            raise InvalidInput(f"summaries have shape {tuple(summaries.shape)}; (batch, {self.features}) is allowed")
        return summaries.detach()


def _dimensions(capacity: int) -> int:
    """Enough for ``capacity`` items at an expected accuracy of .99, a power of two."""
    from neuro.vsa.capacity import raw_sum, recall_accuracy

    dim = 256
    while recall_accuracy(raw_sum(capacity), dim, capacity) < 0.99:
        dim *= 2
    return dim
