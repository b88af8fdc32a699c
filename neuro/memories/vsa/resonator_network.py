"""Resonator network: takes a bound vector apart into one codeword of each codebook.

    s = x_1 * x_2 * ... * x_F                     x_f one of the rows of X_f
    x^_f <- phases of X_f^T Re(X_f* (s * conj(product of the other estimates)))

All combinations are searched at once, in superposition: each estimate starts as the sum of its codebook, and its
clean-up makes the others' better. Two estimates with their signs turned explain the vector as well, so codewords are
read by the length of their overlap. 32^3 combinations need 96 codewords.
Source: Frady, Kent, Olshausen & Sommer, *Resonator networks*, Neural Computation 32 (2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import IntArray, Phasors
from neuro.checks import check_whole, holds_whole
from neuro.errors import InvalidInput
from neuro.memories.vsa.fhrr import check_phasors

_SHORTEST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """What a resonator network found.

    Args:
        indices: of the codeword of each codebook, (factors,).
        similarity: of their product and the vector, 1 for an exact one.
        steps: updates that it took.
    """

    indices: IntArray
    similarity: float
    steps: int


class ResonatorNetwork:
    """Factors of a product of unit phasor vectors.

    Args:
        codebooks: two or more, each unit phasors (codewords, dimensions).
        steps: at most so many updates of all factors.

    Raises:
        InvalidInput: fewer than two codebooks, other widths, entries that are no finite complex numbers.
    """

    def __init__(self, codebooks: Sequence[npt.ArrayLike], *, steps: int = 200) -> None:
        check_whole("steps", steps, 1, 1_000_000)
        if len(codebooks) < 2:
            raise InvalidInput(f"{len(codebooks)} codebooks were given; two or more are needed to take apart a product")
        width = np.shape(codebooks[0])[-1] if np.ndim(codebooks[0]) else 0
        self.codebooks = tuple(check_phasors(book, width, "codebooks") for book in codebooks)
        self.steps = int(steps)

    def factorise(self, vector: npt.ArrayLike) -> Factors:
        """The codewords whose product is most like ``vector``, (dimensions,), complex.

        Ends where every factor's best codeword explains the vector, or nothing changes, or after ``steps``.

        Raises:
            InvalidInput: a vector that does not fit the codebooks.
        """
        target = self._checked(vector)
        estimates = [_phases(book.sum(axis=0)) for book in self.codebooks]
        best = self._read(estimates)
        for step in range(1, self.steps + 1):
            before = [estimate.copy() for estimate in estimates]
            for factor, book in enumerate(self.codebooks):
                rest = target.copy()
                for other, estimate in enumerate(estimates):
                    if other != factor:
                        rest = rest * np.conj(estimate)
                estimates[factor] = _phases(np.real(np.conj(book) @ rest) @ book)
            found = self._read(estimates)
            alike = self._similarity(found, target)
            moved = max(float(np.max(np.abs(a - b))) for a, b in zip(before, estimates, strict=True))
            if moved < 1e-3 or (np.array_equal(found, best) and alike > 0.99):
                return Factors(found, alike, step)
            best = found
        return Factors(best, self._similarity(best, target), self.steps)

    def compose(self, indices: npt.ArrayLike) -> Phasors:
        """The product of these codewords, one of each codebook: (factors,) -> (dimensions,).

        Raises:
            InvalidInput: another number of indices, or out of range.
        """
        chosen = np.asarray(indices)
        if chosen.shape != (len(self.codebooks),) or not holds_whole(indices):
            raise InvalidInput(f"indices have shape {chosen.shape}; {len(self.codebooks)} integers are allowed")
        for place, book in zip(chosen.tolist(), self.codebooks, strict=True):
            check_whole("index", place, 0, len(book) - 1)
        rows = [book[place] for place, book in zip(chosen.tolist(), self.codebooks, strict=True)]
        return np.asarray(np.prod(rows, axis=0))

    def _read(self, estimates: Sequence[Phasors]) -> IntArray:
        pairs = zip(self.codebooks, estimates, strict=True)
        return np.array([np.argmax(np.abs(np.conj(book) @ estimate)) for book, estimate in pairs], dtype=np.int64)

    def _similarity(self, indices: IntArray, target: Phasors) -> float:
        return float(np.real(np.vdot(self.compose(indices), target)) / target.size)

    def _checked(self, vector: npt.ArrayLike) -> Phasors:
        if np.ndim(vector) != 1:
            raise InvalidInput(
                f"the vector has shape {np.shape(vector)}; (dimensions,) is allowed: factorise one by one"
            )
        return np.asarray(check_phasors(vector, self.codebooks[0].shape[1], "the vector")[0])


def _phases(vector: Phasors) -> Phasors:
    lengths = np.abs(vector)
    return np.where(lengths > _SHORTEST, vector / np.maximum(lengths, _SHORTEST), 1)
