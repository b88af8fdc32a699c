"""Pseudo-inverse memory: the weights that map all stored cues to their pointers with the least squared error.

    W = (C' C + ridge I)^-1 C' P        rows of C: cue codes, rows of P: pointer codes

learned item by item by recursive least squares: with ``A = (C' C + ridge I)^-1``, an item (c, p) gives

    g = A c,   W <- W + g (p - c' W)' / (1 + c' g),   A <- A - g g' / (1 + c' g)

so what the weights say already is not learned again: correlated cues are told apart, up to as many items as there are
units. An insert costs n (n + m) operations instead of k p, and synapses are 64-bit floats.

Source: Personnaz, Guyon & Dreyfus, *Information storage and retrieval in spin-glass like neural networks*, J. Physique
Lett. 46 (1985).
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray
from neuro.encoders.codes import Codes
from neuro.errors import InvalidInput
from neuro.memories.base import MemoryState, state_array
from neuro.memories.hebbian.pointer_memory import PointerMemory, state_shape

_LEAST_RIDGE, _MOST_RIDGE = 1e-6, 1e6


class PseudoInverseMemory(PointerMemory):
    """Hetero-associative memory with least-squares weights, float64.

    Args:
        units: n, units of a cue code.
        pointer_units: m. Weights and inverse take ``8 n (n + m)`` bytes.
        pointer_active: p.
        seed: of the pointer codes.
        ridge: what keeps the weights small where cues repeat or outnumber the units, 1e-6 to 1e6. Towards 0 an exact
            cue gives its pointer exactly; larger values forgive noise in the cue.

    Raises:
        InvalidInput: a value outside its range.
    """

    kind: ClassVar[str] = "memory.pseudo_inverse"

    def __init__(
        self, units: int, *, pointer_units: int = 1024, pointer_active: int = 8, seed: int = 0, ridge: float = 1.0
    ) -> None:
        super().__init__(units, pointer_units=pointer_units, pointer_active=pointer_active, seed=seed)
        if not _LEAST_RIDGE <= ridge <= _MOST_RIDGE:
            raise InvalidInput(f"ridge is {ridge!r}; a number from {_LEAST_RIDGE:g} to {_MOST_RIDGE:g} is allowed")
        self.ridge = float(ridge)
        self._weights = np.zeros((self.units, self.pointer_units))
        self._inverse = np.eye(self.units) / self.ridge

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """The least-squares weights, (units, pointer_units)."""
        return self._weights.copy()

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is, as arrays: ``shape`` (units, pointer_units, pointer_active, seed),
        ``indices``, ``ridge``, ``weights``, ``inverse``.
        """
        return self._shape() | {
            "ridge": np.array([self.ridge]),
            "weights": self.weights,
            "inverse": self._inverse.copy(),
        }

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing, has another dtype or shape or is not finite; an index stands twice.
        """
        shape = state_shape(state)
        ridge = state_array(state, "ridge", np.float64, (1,))
        weights = state_array(state, "weights", np.float64, (shape["units"], shape["pointer_units"]))
        inverse = state_array(state, "inverse", np.float64, (shape["units"], shape["units"]))
        for name, array in (("weights", weights), ("inverse", inverse)):
            if not np.all(np.isfinite(array)):
                raise InvalidInput(f"state: {name} holds NaN or infinity; only finite numbers are allowed")
        memory = cls(**shape, ridge=float(ridge[0]))
        memory._restore_items(state)
        memory._weights[:], memory._inverse[:] = weights, inverse
        return memory

    def _learn(self, codes: Codes, pointers: AnyArray) -> None:
        for code, pointer in zip(codes, pointers, strict=True):
            g = self._inverse[code].sum(axis=0)
            gain = g / (1.0 + g[code].sum())
            missing = -self._weights[code].sum(axis=0)
            missing[pointer] += 1.0
            self._weights += np.outer(gain, missing)
            self._inverse -= np.outer(gain, g)

    def _sums(self, codes: Codes) -> npt.NDArray[np.float64]:
        return np.array([self._weights[code].sum(axis=0) for code in codes])
