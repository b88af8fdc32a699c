"""The miner at work: candidates from an index over the items' codes, looked up anew while the encoder changes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from neuro.encoders import KWTAEncoder
from neuro.errors import InvalidInput
from neuro.training.miner import HardNegativeMiner, Indexing
from neuro.training.pairs import CheckedPairs

Rows = npt.NDArray[np.int64]


class Negatives:
    """The negatives of every pair that is trained on.

    Args:
        miner: which candidates are taken.
        indexing: where candidates come from.
        pairs: what is trained on.
    """

    def __init__(self, miner: HardNegativeMiner, indexing: Indexing, pairs: CheckedPairs) -> None:
        self._miner, self._indexing, self._pairs = miner, indexing, pairs
        self._chosen: Rows = np.zeros((len(pairs), 0), dtype=np.int64)

    def renew(self, encoder: KWTAEncoder, step: int, *, first: bool, count: int) -> None:
        """Look candidates up where it is time: every ``refresh`` steps, at each epoch's ``first``, for a new count.

        Raises:
            InvalidInput: neighbours that are not whole numbers of shape (pairs, k).
        """
        count = min(count, len(self._pairs) - 1, self._miner.candidates)
        if not first and step % self._miner.refresh and count == self._chosen.shape[1]:
            return
        if count == 0:
            self._chosen = np.zeros((len(self._pairs), 0), dtype=np.int64)
            return
        cues, items = (_features(encoder, side) for side in (self._pairs.cues, self._pairs.items))
        offered = min(self._miner.candidates + 1, len(items))
        candidates = np.asarray(self._indexing(items)(cues, offered))
        if candidates.shape != (len(cues), offered) or not np.issubdtype(candidates.dtype, np.integer):
            raise InvalidInput(
                f"the neighbours have shape {candidates.shape}, dtype {candidates.dtype}; rows of items of shape "
                f"{(len(cues), offered)} are needed"
            )
        self._chosen = self._miner.choose(cues, items, np.arange(len(cues)), candidates, count, draw=step)

    def of(self, rows: Rows) -> Rows:
        """The mined rows of some pairs, each once."""
        return np.unique(self._chosen[rows])


def _features(encoder: KWTAEncoder, vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    codes = np.asarray(encoder.encode(vectors))
    dense = np.zeros((len(codes), encoder.units), dtype=np.float32)
    np.put_along_axis(dense, codes, np.float32(1.0 / math.sqrt(encoder.active)), axis=1)
    return dense
