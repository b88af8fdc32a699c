"""Episodic memory of a network: summaries of what it has seen, recalled by likeness through a holographic trace."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from neuro.arrays import ComplexArray
from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.memories.base import NOTHING
from neuro.memories.vsa.holographic_memory import HolographicMemory

_LEAST_SCORE = 0.5
"""Of a recall: a perfect read scores 1, noise about 0."""

_WIDEST = 256
"""Longer summaries are projected to so many numbers first: distances stay, within a tenth, and encoding is quick."""

_BLOCK = 1 << 22
"""Complex numbers of codes at once."""


class EpisodicMemory(nn.Module):
    """Up to ``capacity`` summaries; one more takes the place of the oldest.

    They stand in ``state_dict`` as ``summaries`` (kept, features), oldest first, and ``first``, the number of the
    oldest: a model that is saved and loaded remembers. The trace is laid from them.

    Args:
        features: numbers in a summary.
        capacity: how many, at least 1.
        seed: of the memory's codes.

    Raises:
        InvalidInput: a number out of range.
    """

    summaries: Tensor
    first: Tensor

    def __init__(self, features: int, capacity: int, *, seed: int = 0) -> None:
        super().__init__()
        check_whole("features", features, 1, 1 << 24)
        check_whole("capacity", capacity, 1, 1 << 20)
        self.features, self.capacity, self.seed = features, capacity, seed
        self.dim = _dimensions(capacity)
        self.register_buffer("summaries", torch.zeros((0, features)))
        self.register_buffer("first", torch.zeros((), dtype=torch.long))
        self._trace = HolographicMemory(self.dim, seed=seed)

    def __len__(self) -> int:
        return len(self.summaries)

    def store(self, summaries: Tensor) -> None:
        """Keep these summaries, (batch, features).

        Raises:
            InvalidInput: another shape, NaN or infinity; nothing is kept then.
        """
        rows = self._checked(summaries).to(self.summaries)
        kept = torch.cat([self.summaries, rows])
        dropped = max(0, len(kept) - self.capacity)
        self.summaries, self.first = kept[dropped:].clone(), self.first + dropped
        if dropped:
            # A pair can't leave the sum without a rest, so the trace is laid anew, when somebody asks.
            self._trace = HolographicMemory(self.dim, seed=self.seed)

    def recall(self, summaries: Tensor) -> Tensor:
        """The stored summary most like each, (batch, features); zeros where none is alike or nothing is stored.

        Raises:
            InvalidInput: another shape, NaN or infinity.
        """
        rows = self._checked(summaries)
        found = torch.zeros_like(rows)
        if not len(self):
            return found
        trace, first = self._laid(), int(self.first)
        for part, answers in zip(rows.split(self._batch), found.split(self._batch), strict=True):
            indices = trace.recall(self._codes(part), threshold=_LEAST_SCORE).indices[:, 0]
            for place, index in enumerate(indices.tolist()):
                if index != NOTHING:
                    answers[place] = self.summaries[index - first]
        return found

    def _laid(self) -> HolographicMemory:
        """The trace with every kept summary in it, in the order of storing."""
        for start in range(len(self._trace), len(self), self._batch):
            rows = self.summaries[start : start + self._batch]
            self._trace.store(self._codes(rows), indices=int(self.first) + start + np.arange(len(rows)))
        return self._trace

    @property
    def _batch(self) -> int:
        return max(1, _BLOCK // self.dim)

    def _codes(self, rows: Tensor) -> ComplexArray:
        # Directions, not lengths, are compared: a long summary is no other.
        units = nn.functional.normalize(rows.float(), dim=-1, eps=1e-6).cpu().numpy()
        if self.features > _WIDEST:
            draw = np.random.default_rng((self.seed, self.features))
            projection = draw.standard_normal((self.features, _WIDEST), dtype=np.float32)
            units = units @ (projection / np.float32(math.sqrt(_WIDEST)))
        return self._trace.encode(units, bandwidth=3.0)

    def _checked(self, summaries: Tensor) -> Tensor:
        if summaries.ndim != 2 or summaries.shape[1] != self.features or not len(summaries):
            raise InvalidInput(f"summaries have shape {tuple(summaries.shape)}; (batch, {self.features}) is allowed")
        if not torch.isfinite(summaries.float()).all():
            raise InvalidInput("summaries hold NaN or infinity; only finite numbers can be kept or recalled")
        return summaries.detach()

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Tensor], prefix: str, *rest: Mapping[str, int] | bool | list[str]
    ) -> None:
        """Take over as many summaries as were saved: torch itself takes only those of the same shape."""
        given = state_dict.get(f"{prefix}summaries")
        if given is not None and given.shape[1:] == (self.features,) and len(given) <= self.capacity:
            self.summaries = self.summaries.new_zeros(given.shape)
        super()._load_from_state_dict(state_dict, prefix, *rest)
        self._trace = HolographicMemory(self.dim, seed=self.seed)


def _dimensions(capacity: int) -> int:
    """Enough for ``capacity`` items at an expected accuracy of .99, a power of two."""
    from neuro.memories.vsa.capacity import raw_sum, recall_accuracy

    dim = 256
    while recall_accuracy(raw_sum(capacity), dim, capacity) < 0.99:
        dim *= 2
    return dim
