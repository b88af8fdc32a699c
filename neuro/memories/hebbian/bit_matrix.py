"""One-bit synapses: a matrix of bits, 64 to a word, that is written, summed and cleared as such."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, BitArray
from neuro.encoders.codes import Codes
from neuro.errors import InvalidInput


class BitMatrix:
    """Synapses from ``rows`` source units to ``columns`` target units, each 0 or 1.

    Codes that come in are checked already: whole numbers (items, k), each unit once in a row, none out of range.

    Args:
        rows: source units.
        columns: target units. The bits take ``rows * columns / 8`` bytes, with columns rounded up to 64.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self.columns = columns
        self.words: BitArray = np.zeros((rows, -(-columns // 64)), dtype=np.uint64)

    @classmethod
    def from_words(cls, words: BitArray, columns: int) -> Self:
        """A matrix with a copy of the given words.

        Raises:
            InvalidInput: a bit is set beyond the last column.
        """
        spare = -columns % 64
        if spare and np.any(words[:, -1] >> np.uint64(64 - spare)):
            raise InvalidInput(f"state: weights has a bit set beyond pointer unit {columns - 1}")
        matrix = cls(0, columns)
        matrix.words = words.copy()
        return matrix

    @property
    def bytes(self) -> int:
        """What the synapses take."""
        return self.words.nbytes

    def imprint(self, sources: Codes, targets: AnyArray) -> None:
        """Set the bit of every (source unit, target unit) pair, item by item: ``W_ij <- W_ij or c_i p_j``."""
        from neuro.memories.hebbian._kernels import imprint

        imprint(self.words, sources, targets)

    def imprint_ageing(self, sources: Codes, targets: AnyArray, draws: int, seed: int, clock: int) -> None:
        """As :meth:`imprint`; before each item the bits of ``draws`` synapses are cleared.

        Which ones is a hash of the seed and of the number of the insert: ``clock`` for the first item.
        """
        from neuro.memories.hebbian._kernels import imprint_ageing

        imprint_ageing(self.words, self.columns, sources, targets, draws, np.uint64(seed), np.uint64(clock))

    def sums(self, codes: Codes) -> npt.NDArray[np.int32]:
        """``s = c' W``: how many of a code's units reach each target unit, (batch, columns)."""
        from neuro.memories.hebbian._kernels import column_sums

        words = self.words.shape[1]
        planes = np.empty((max(2, codes.shape[1].bit_length()), words), dtype=np.uint64)
        padded = np.empty((len(codes), 64 * words), dtype=np.int32)
        column_sums(self.words, codes, planes, padded)
        return padded[:, : self.columns]

    def dense(self) -> npt.NDArray[np.bool_]:
        """The bits as truth values, (rows, columns)."""
        octets = self.words.astype("<u8").view(np.uint8)
        return np.unpackbits(octets, axis=1, count=self.columns, bitorder="little").astype(bool)

    def degrees(self) -> npt.NDArray[np.int64]:
        """How many target units each source unit reaches, (rows,)."""
        from neuro.memories.hebbian._kernels import count_bits

        counts = np.empty(len(self.words), dtype=np.int64)
        count_bits(self.words, counts)
        return counts

    def density(self) -> float:
        """The share of synapses that are 1."""
        return float(self.degrees().sum() / (len(self.words) * self.columns))
