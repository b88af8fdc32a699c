"""Diagnostics of sparse codes: whether an encoder collapsed.

Sources: Roy & Vetterli, *The effective rank: a measure of effective dimensionality* (2007); Jing et al., *Understanding
dimensional collapse in contrastive self-supervised learning* (2022).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray
from neuro.errors import InvalidInput

_ROUNDING = 1e-10
"""Share of the largest eigenvalue below which one is a rounding error."""


@dataclass(frozen=True, slots=True)
class CollapseReport:
    """What a set of codes still tells apart.

    Args:
        items, units: how many codes, of how many units.
        effective_rank: exp of the entropy of the singular values of the centred codes, 0 to min(items, units).
        spectral_entropy: entropy of the variances along the principal axes over its maximum, 0 (one axis) to 1 (all
            alike).
        dead_units: active in no code.
        duplicate_codes: equal to a code before them.
        signs: what of this looks like a collapse, in words; empty if nothing does.
    """

    items: int
    units: int
    effective_rank: float
    spectral_entropy: float
    dead_units: int
    duplicate_codes: int
    signs: tuple[str, ...]

    @property
    def collapsed(self) -> bool:
        """Whether any sign was found."""
        return bool(self.signs)


@dataclass(frozen=True, slots=True)
class CollapseDetector:
    """Looks at codes and says what looks like a collapse.

    Args:
        least_rank: effective rank over the highest possible, below which codes count as collapsed.
        most_dead: share of units that may be dead.
        most_duplicates: share of codes that may equal an earlier one.

    Raises:
        InvalidInput: a share outside 0 to 1.
    """

    least_rank: float = 0.1
    most_dead: float = 0.5
    most_duplicates: float = 0.01

    def __post_init__(self) -> None:
        for name in ("least_rank", "most_dead", "most_duplicates"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidInput(f"{name} is {getattr(self, name)!r}; a share from 0 to 1 is allowed")

    def examine(self, codes: npt.ArrayLike, units: int) -> CollapseReport:
        """The report on codes (items, k): the active units of each, in any order.

        Few items use few units, so judge dead units on many more items than units / k.

        Raises:
            InvalidInput: fewer than two codes, no whole numbers, a unit outside 0 .. units - 1.
        """
        given = np.asarray(codes)
        if given.ndim != 2 or len(given) < 2 or given.size == 0 or not np.issubdtype(given.dtype, np.integer):
            raise InvalidInput(
                f"codes have shape {given.shape}, dtype {given.dtype}; whole numbers of shape (items >= 2, k) "
                "are allowed"
            )
        if not 0 <= given.min() <= given.max() < units:
            raise InvalidInput(f"units {given.min()} to {given.max()} are active; 0 to {units - 1} are allowed")
        dense = np.zeros((len(given), units))
        np.put_along_axis(dense, given, 1.0, axis=1)
        dead = units - np.count_nonzero(dense.any(axis=0))
        duplicates = len(given) - len(np.unique(np.sort(given, axis=1), axis=0))
        variances = principal_variances(dense)
        rank = math.exp(entropy_of(np.sqrt(variances))) if variances.size else 0.0
        most = min(len(given) - 1, units)
        entropy = entropy_of(variances) / math.log(most) if variances.size and most > 1 else 0.0
        found = (
            (rank < self.least_rank * most, f"effective rank {rank:.1f} of at most {most}"),
            (dead > self.most_dead * units, f"{dead} of {units} units are dead"),
            (duplicates > self.most_duplicates * len(given), f"{duplicates} of {len(given)} codes are duplicates"),
        )
        signs = tuple(words for seen, words in found if seen)
        return CollapseReport(len(given), units, rank, entropy, int(dead), int(duplicates), signs)


def principal_variances(rows: FloatArray) -> FloatArray:
    """Eigenvalues above rounding of the scatter of the centred rows, by the smaller of the two Gram matrices."""
    centred = rows - rows.mean(axis=0)
    gram = centred @ centred.T if len(centred) <= centred.shape[1] else centred.T @ centred
    values = np.linalg.eigvalsh(gram)
    return np.asarray(values[values > _ROUNDING * max(values[-1], _ROUNDING)])


def entropy_of(values: FloatArray) -> float:
    """The entropy of values > 0 as shares of their sum, in nats."""
    share = values / values.sum()
    return float(-np.sum(share * np.log(share)))
