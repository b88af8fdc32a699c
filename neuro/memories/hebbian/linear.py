"""Linear Hebbian memory: weights count how often two units were active together, ``W <- W + c p'``.

The classic correlation matrix (Kohonen, *Correlation matrix memories*, IEEE Trans. Computers C-21, 1972; Anderson,
1972), beside the clipped one of :class:`neuro.memories.HebbianMemory`: 32 bits a synapse instead of one. A pair counts
the more, the more items share it.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray
from neuro.encoders.codes import Codes
from neuro.memories.base import MemoryState, state_array
from neuro.memories.hebbian.pointer_memory import PointerMemory, state_shape


class LinearMemory(PointerMemory):
    """Hetero-associative memory with summed Hebbian weights, int32.

    Args:
        units: n, units of a cue code.
        pointer_units: m. The weights take ``4 n m`` bytes.
        pointer_active: p. Inserting an item of k active cue units raises k p weights by one.
        seed: of the pointer codes.

    Raises:
        InvalidInput: a value outside its range.
    """

    kind: ClassVar[str] = "memory.linear"

    def __init__(self, units: int, *, pointer_units: int = 4096, pointer_active: int = 16, seed: int = 0) -> None:
        super().__init__(units, pointer_units=pointer_units, pointer_active=pointer_active, seed=seed)
        self._weights = np.zeros((self.units, self.pointer_units), dtype=np.int32)

    @property
    def weights(self) -> npt.NDArray[np.int32]:
        """How often each pair was active together, (units, pointer_units)."""
        return self._weights.copy()

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is, as arrays: ``shape`` (units, pointer_units, pointer_active, seed),
        ``indices``, ``weights``.
        """
        return self._shape() | {"weights": self.weights}

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing or has another dtype or shape, an index stands twice.
        """
        shape = state_shape(state)
        weights = state_array(state, "weights", np.int32, (shape["units"], shape["pointer_units"]))
        memory = cls(**shape)
        memory._restore_items(state)
        memory._weights[:] = weights
        return memory

    def _learn(self, codes: Codes, pointers: AnyArray) -> None:
        for code, pointer in zip(codes, pointers, strict=True):
            self._weights[code[:, None], pointer] += 1

    def _sums(self, codes: Codes) -> npt.NDArray[np.int32]:
        return np.array([self._weights[code].sum(axis=0, dtype=np.int32) for code in codes])
