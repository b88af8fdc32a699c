"""The HNSW index as the cue index of a hippocampal memory: neighbours in the time of a graph search."""

from __future__ import annotations

import numpy as np

from hnsw_bridge.index import IndexSettings, SpikeIndex, build_index
from hnsw_bridge.metric import Metric
from neuro.arrays import Float32Array, IntArray


class HNSWCues:
    """Approximate :class:`neuro.memories.CueIndex`; cosines are exact, a neighbour may be missed.

    Args:
        settings: of the index; ``search_effort`` trades time for neighbours that are not missed.
    """

    def __init__(self, settings: IndexSettings | None = None) -> None:
        self._settings = IndexSettings() if settings is None else settings
        self._index: SpikeIndex | None = None

    def add(self, numbers: IntArray, vectors: Float32Array) -> None:
        """See :class:`neuro.memories.CueIndex`."""
        if self._index is None:
            self._index = build_index(vectors, numbers, Metric.COSINE, self._settings)
        else:
            self._index.add(vectors, numbers)

    def remove(self, numbers: IntArray) -> None:
        """See :class:`neuro.memories.CueIndex`."""
        if self._index is None or not len(numbers):
            return
        if len(numbers) == len(self._index):
            # An index can't be empty; the next cue starts another.
            self._index = None
        else:
            self._index.delete(numbers)

    def nearest(self, cues: Float32Array, k: int) -> tuple[IntArray, Float32Array]:
        """See :class:`neuro.memories.CueIndex`."""
        numbers = np.full((len(cues), k), -1, dtype=np.int64)
        cosines = np.full((len(cues), k), -np.inf, dtype=np.float32)
        if self._index is not None:
            found = min(k, len(self._index))
            numbers[:, :found], distances = self._index.query(cues, found)
            cosines[:, :found] = 1.0 - distances
        return numbers, cosines
