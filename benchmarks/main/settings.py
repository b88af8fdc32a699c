"""What bench ``main`` starts from: its settings, and scikit-learn's 1,797 handwritten digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

_Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
_Count = Annotated[int, Field(ge=1)]


class MemorySettings(BaseModel):
    """An encoder, a memory behind it and a label read-out.

    Args:
        units: n, of a cue code.
        active: k, of a cue code.
        pointer_units: m, of a pointer code.
        pointer_active: p, of a pointer code.
        winners: P, pointer units that vote for a label.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    units: _Count = 2048
    active: _Count = 64
    pointer_units: _Count = 2048
    pointer_active: _Count = 8
    winners: _Count = 128

    @model_validator(mode="after")
    def _check(self) -> MemorySettings:
        for name, value, limit in (
            ("active", self.active, self.units),
            ("pointer_active", self.pointer_active, self.pointer_units),
            ("winners", self.winners, self.pointer_units),
        ):
            if value > limit:
                raise ValueError(f"{name} is {value}; 1 to {limit} is allowed, the size of its population")
        return self


class DigitsSettings(BaseModel):
    """The sizes of the stages.

    Args:
        seed: of everything random: the split, the projections, the codes, the noise, the index.
        stored_fraction: of the digits that is stored; the others are held out.
        digits: how many of the 1,797 digits to use; None: all.
        noise: fractions of a cue's active units that are replaced before recall.
        memory: the memory that software runs.
        silicon: the memory that becomes Verilog.
        silicon_digits: how many held-out digits are shown to it.
        neighbours: k of recall@k on the graph.
        seeds: where a graph query enters, 1 to 3.
        checked_queries: graph queries that Brian2 runs as well.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    seed: Annotated[int, Field(ge=0, lt=2**31 - 1)] = 0
    stored_fraction: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.8
    digits: Annotated[int, Field(ge=50, le=1797)] | None = None
    noise: Annotated[tuple[_Fraction, ...], Field(min_length=1)] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    memory: MemorySettings = MemorySettings()
    silicon: MemorySettings = MemorySettings(units=256, active=24, pointer_units=256, pointer_active=1, winners=64)
    silicon_digits: Annotated[int, Field(ge=3)] = 134
    neighbours: _Count = 10
    seeds: Annotated[int, Field(ge=1, le=3)] = 3
    checked_queries: _Count = 20


@dataclass(frozen=True, slots=True, eq=False)
class Digits:
    """A set of digits.

    Args:
        images: shape (digits, 8, 8), 0 (paper) to 1 (ink).
        labels: shape (digits,), which digit each one is.
    """

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.labels.size)

    @property
    def embeddings(self) -> npt.NDArray[np.float32]:
        """The images as vectors, shape (digits, 64)."""
        return self.images.reshape(len(self), -1)


def load_split(settings: DigitsSettings) -> tuple[Digits, Digits]:
    """The digits to store and the held-out ones, drawn by the seed."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images, labels = (bunch.images / 16.0).astype(np.float32), bunch.target.astype(np.int64)
    order = np.random.default_rng(settings.seed).permutation(len(labels))[: settings.digits]
    stored = int(settings.stored_fraction * len(order))
    kept, held = order[:stored], order[stored:]
    return Digits(images[kept], labels[kept]), Digits(images[held], labels[held])
