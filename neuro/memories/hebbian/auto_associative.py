"""Auto-associative memory: a damaged code completes itself.

1-bit clipped weights between the units of one code, ``W_ij <- W_ij or c_i c_j``. A cue sends its units through
them, ``s = c' W``; the k units with the largest sums are the next cue, until they stay the same.

Sources: Willshaw, Buneman & Longuet-Higgins, Nature 222 (1969); for the iterated version, Gibson & Robinson,
*Statistical analysis of the dynamics of a sparse associative memory*, Neural Networks 5 (1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, BoolArray, IntArray
from neuro.checks import check_whole
from neuro.encoders.codes import Codes, check_codes, top_units
from neuro.errors import InvalidInput
from neuro.memories.base import MemoryState, state_array
from neuro.memories.hebbian.bit_matrix import BitMatrix


@dataclass(frozen=True, slots=True, eq=False)
class Completion:
    """Completed codes.

    Args:
        codes: (active,) or (batch, active), ascending units.
        steps: through the weights until the code stayed the same, () or (batch,).
        converged: whether it did within the steps that were allowed, () or (batch,).
    """

    codes: Codes
    steps: IntArray
    converged: BoolArray


class AutoAssociativeMemory:
    """Codes of ``active`` units out of ``units``, completed from a part of them or from a damaged copy.

    Args:
        units: n. The weights take ``n^2 / 8`` bytes.
        active: k, of every stored code. Storing one sets at most k^2 bits.

    Raises:
        InvalidInput: a value outside its range.
    """

    kind: ClassVar[str] = "memory.auto_associative"

    def __init__(self, units: int, active: int) -> None:
        check_whole("units", units, 1, 1 << 24)
        check_whole("active", active, 1, units)
        self.units, self.active = int(units), int(active)
        self._synapses = BitMatrix(self.units, self.units)

    @property
    def weights(self) -> npt.NDArray[np.bool_]:
        """The 1-bit weights as truth values, (units, units), symmetric."""
        return self._synapses.dense()

    @property
    def density(self) -> float:
        """The share of synapses that are set: near 1/2 the memory is full (Palm 1980)."""
        return self._synapses.density()

    def store(self, codes: npt.ArrayLike) -> None:
        """Store codes, (active,) or (items, active); again, in another order, it makes no difference.

        Raises:
            InvalidInput: no codes of ``active`` among ``units``. The memory is unchanged then.
        """
        rows = check_codes(codes, self.units)
        if rows.shape[1] != self.active:
            raise InvalidInput(f"codes have {rows.shape[1]} active units; this memory stores {self.active}")
        self._synapses.imprint(rows, rows)

    def complete(self, cues: npt.ArrayLike, *, steps: int = 10) -> Completion:
        """The code that each cue converges to.

        Args:
            cues: codes of any number of active units, (a,) or (batch, a): a part, or a damaged copy.
            steps: through the weights, at most; 1 is Willshaw's own rule.

        Raises:
            InvalidInput: no codes of ``units``; steps below 1.
        """
        check_whole("steps", steps, 1, 1_000_000)
        now = check_codes(cues, self.units, "cues")
        found = top_units(self._synapses.sums(now), self.active)
        taken = np.ones(len(now), dtype=np.int64)
        converged = np.zeros(len(now), dtype=bool)
        while not converged.all() and taken.max() < steps:
            moving = np.flatnonzero(~converged)
            after = top_units(self._synapses.sums(found[moving]), self.active)
            stays = np.all(after == found[moving], axis=1)
            found[moving], converged[moving] = after, stays
            taken[moving[~stays]] += 1
        if np.ndim(cues) == 1:
            return Completion(found[0], np.asarray(taken[0]), np.asarray(converged[0]))
        return Completion(found, taken, converged)

    def merge(self, other: Self) -> Self:
        """A memory of the codes of both: weights joined by OR, so neither order nor repetition matters.

        Raises:
            InvalidInput: memories of different units or active units.
        """
        if (self.units, self.active) != (other.units, other.active):
            raise InvalidInput(
                f"memories of (units, active) {(self.units, self.active)} and {(other.units, other.active)} "
                "can't be merged; make them alike"
            )
        merged = type(self)(self.units, self.active)
        np.bitwise_or(self._synapses.words, other._synapses.words, out=merged._synapses.words)
        return merged

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is, as arrays: ``shape`` (units, active), ``weights``."""
        shape = np.array([self.units, self.active], dtype=np.int64)
        return {"shape": shape, "weights": self._synapses.words.copy()}

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing or has another dtype or shape, a bit is set beyond the last unit.
        """
        units, active = (int(value) for value in state_array(state, "shape", np.int64, (2,)))
        check_whole("units", units, 1, 1 << 24)
        words = state_array(state, "weights", np.uint64, (units, -(-units // 64)))
        memory = cls(units, active)
        memory._synapses = BitMatrix.from_words(words, units)
        return memory
