"""Links between memories: which one leads to which, in 1-bit Hebbian synapses over spike codes.

A link runs from the code of one memory's cue to the code of another's (:class:`neuro.memories.ChainMemory`). A hop is
taken by synapses alone; the link it took says which memory was reached.
"""

from __future__ import annotations

import numpy as np

from neuro.arrays import Float32Array, IntArray
from neuro.encoders.kwta import KWTAEncoder
from neuro.errors import InvalidInput
from neuro.memories.base import NOTHING
from neuro.memories.hebbian.chain import ChainMemory
from neuro.memories.items import whole_indices


class MemoryLinks:
    """What leads to what.

    Args:
        encoder: makes the codes; centre it on embeddings like those of the memories.
        pointer_units: of the synapses; they take ``encoder.units * pointer_units / 4`` bytes.
        pointer_active: active units of a link's pointer code.
        seed: of the pointer codes.

    Raises:
        InvalidInput: sizes out of range.
    """

    def __init__(
        self, encoder: KWTAEncoder, *, pointer_units: int = 4096, pointer_active: int = 16, seed: int = 0
    ) -> None:
        self._encoder = encoder
        self._sizes = {"pointer_units": pointer_units, "pointer_active": pointer_active, "seed": seed}
        # A link's row is its number in the synapses; NOTHING marks one that was forgotten.
        self._pairs = np.empty((0, 2), dtype=np.int64)
        self._synapses = self._empty()

    def __len__(self) -> int:
        return len(self._synapses)

    @property
    def dimensions(self) -> int:
        """Of the embeddings that the encoder takes."""
        return self._encoder.dimensions

    @property
    def pairs(self) -> IntArray:
        """Source and target of each link, in the order of storing, (links, 2)."""
        return np.asarray(self._pairs[self._pairs[:, 0] != NOTHING])

    def store(self, sources: IntArray, targets: IntArray, source_cues: Float32Array, target_cues: Float32Array) -> None:
        """Add links from memories to memories, given a cue of each.

        Raises:
            InvalidInput: a source that leads somewhere already, or is given twice; no whole numbers.
        """
        sources, targets = whole_indices(sources), whole_indices(targets)
        taken = np.intersect1d(sources, self._pairs[:, 0])
        if taken.size or np.unique(sources).size < len(sources):
            name = taken[0] if taken.size else sources[np.argmax(np.unique(sources, return_counts=True)[1])]
            raise InvalidInput(f"memory {name} leads to another one already; a memory has one link")
        numbers = len(self._pairs) + np.arange(len(sources))
        self._synapses.store(self._encoder.encode(source_cues), self._encoder.encode(target_cues), indices=numbers)
        self._pairs = np.concatenate([self._pairs, np.stack([sources, targets], axis=1)])

    def follow(self, sources: IntArray, cues: Float32Array, hops: int) -> IntArray:
        """The memory reached by each hop from memories with these cues, (n, hops).

        ``NOTHING`` from the first hop on where no link leaves the memory that was reached: synapses always answer, so
        the link they name is checked against where the chain stands.
        """
        sources = whole_indices(sources)
        links = self._synapses.follow(self._encoder.encode(cues), hops).links
        taken = self._pairs[links]
        stands = np.concatenate([sources[:, None], taken[:, :-1, 1]], axis=1)
        astray = np.logical_or.accumulate(taken[:, :, 0] != stands, axis=1)
        return np.where(astray, NOTHING, taken[:, :, 1])

    def forget(self, names: IntArray) -> None:
        """Remove the links that leave or reach these memories; synapses stay, since other links may share them."""
        gone = np.flatnonzero(np.isin(self._pairs, whole_indices(names)).any(axis=1))
        self._synapses.forget(gone)
        self._pairs[gone] = NOTHING

    def clear(self) -> None:
        """Forget all links."""
        self._pairs = np.empty((0, 2), dtype=np.int64)
        self._synapses = self._empty()

    def _empty(self) -> ChainMemory:
        return ChainMemory(self._encoder.units, self._encoder.active, **self._sizes)
