"""Holographic memory: one sum of bound pairs, of fixed size however many items it holds.

    store:        trace += cue * pointer(index)
    recall:       score_i = Re <trace * conj(cue), pointer(i)> / D, ranked over the stored indices
    reconstruct:  cue of i ~ trace * conj(pointer(i))

Pointers are random phasors drawn from seed and index, so nothing is kept of an item but its index. Each item is noise
to the others: :func:`neuro.memories.vsa.capacity.recall_accuracy` says how many fit.
Sources: Plate, *Holographic reduced representations*, IEEE Trans. Neural Networks 6 (1995); Frady, Kleyko & Sommer,
Neural Computation 30 (2018).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, ComplexArray, IntArray, stable_top_k
from neuro.checks import check_positive, check_whole
from neuro.counter_hash import WORD, random_bits
from neuro.errors import InvalidInput
from neuro.memories.base import (
    IndexedMemory,
    MemoryState,
    RecallResult,
    check_float32,
    check_recall,
    recall_result,
    state_array,
)
from neuro.memories.items import Items
from neuro.memories.vsa.capacity import CapacityWarning, largest_load, raw_sum, recall_accuracy
from neuro.memories.vsa.fhrr import check_unit_phasors

_WARN_BELOW = 0.9
"""Expected accuracy below which storing warns."""

_BLOCK = 1 << 22
"""Numbers of pointers at once, so that recall needs no memory for all of them."""


class HolographicMemory(IndexedMemory):
    """Associative memory of unit phasor cues: cue -> item, and back, in one vector of ``dim`` complex numbers.

    Args:
        dim: D, 1 to 2**24.
        seed: of the pointers and of :meth:`encode`.

    Raises:
        InvalidInput: a value outside its range.

    >>> memory = HolographicMemory(1024)
    >>> cues = memory.encode(np.eye(3, 8, dtype=np.float32) * 9)
    >>> memory.store(cues).tolist(), memory.recall(cues[1]).indices.tolist()
    ([0, 1, 2], [1])
    """

    kind: ClassVar[str] = "memory.holographic"

    def __init__(self, dim: int, *, seed: int = 0) -> None:
        check_whole("dim", dim, 1, 1 << 24)
        check_whole("seed", seed, 0, (1 << 63) - 1)
        self.dim, self.seed = int(dim), int(seed)
        self._trace = np.zeros(self.dim, dtype=np.complex64)
        self._load = 0
        self._items = Items()

    @property
    def load(self) -> int:
        """Pairs in the trace: the items, and those forgotten, which stay as noise until all are forgotten."""
        return self._load

    def encode(self, vectors: npt.ArrayLike, *, bandwidth: float = 1.0) -> ComplexArray:
        """Unit phasors of real vectors: ``exp(i vectors R)`` with Gaussian R; near vectors stay alike.

        The expected similarity of two is ``exp(-bandwidth^2 |a - b|^2 / 2)``.

        Args:
            vectors: float32, (d,) or (n, d), any d.
            bandwidth: deviation of the entries of R.

        Raises:
            InvalidInput: another dtype, NaN or infinity, a bandwidth not above 0.
        """
        given = np.asarray(vectors)
        rows = check_float32(given, given.shape[-1] if given.ndim else 1, "vectors")
        check_positive("bandwidth", bandwidth)
        directions = np.random.default_rng(self.seed).normal(0.0, bandwidth, (rows.shape[1], self.dim))
        codes = np.exp(1j * (rows @ directions)).astype(np.complex64)
        return np.asarray(codes[0] if given.ndim == 1 else codes)

    def store(self, cues: npt.ArrayLike, *, indices: npt.ArrayLike | None = None) -> IntArray:
        """Bind each cue to the pointer of its index and add it to the trace.

        Args:
            cues: complex64 unit phasors, (dim,) or (items, dim).
            indices: whole numbers >= 0, (items,); consecutive ones after the largest by default.

        Returns:
            The indices, (items,). Warns (:class:`CapacityWarning`) where the expected accuracy falls below .9.

        Raises:
            InvalidInput: cues of another dtype, width or length of entries; indices out of range or taken.
        """
        rows = check_unit_phasors(cues, self.dim)
        names = self._items.names(len(rows), indices)
        load = self._load + len(rows)
        expected = recall_accuracy(raw_sum(load), self.dim, len(self) + len(rows))
        if expected < _WARN_BELOW:
            warnings.warn(
                f"{load} items in {self.dim} dimensions: {expected:.3f} of the recalls are expected to be right; "
                "take more dimensions or a second memory",
                CapacityWarning,
                stacklevel=2,
            )
        for part in self._parts(len(names)):
            for row, pointer in zip(rows[part], self.pointers(names[part]), strict=True):
                self._trace += row * pointer
        self._load = load
        self._items.add(names)
        return names

    def recall(self, cues: npt.ArrayLike, k: int = 1, *, threshold: float | None = None) -> RecallResult:
        """The k items whose pointers are most like what the cue unbinds; scores are 1 for a perfect read.

        Args:
            cues: complex64 unit phasors, (dim,) or (batch, dim).
            k: at most the number of stored items.
            threshold: a score below it is answered by ``NOTHING``; None: never.

        Raises:
            InvalidInput: cues that do not fit, an empty memory, k out of range, a threshold of NaN.
        """
        rows = check_unit_phasors(cues, self.dim)
        check_recall(len(self), k, threshold)
        read = self._trace * np.conj(rows)
        scores = np.empty((len(rows), len(self)), dtype=np.float32)
        for part in self._parts(len(self)):
            pointers = np.conj(self.pointers(self._items.indices[part]))
            # Row by row, so that a cue scores the same alone and in a batch.
            for row, answers in zip(read, scores, strict=True):
                answers[part] = np.real(pointers @ row)
        scores /= np.float32(self.dim)
        order = stable_top_k(scores, k)
        best = np.take_along_axis(scores, order, axis=1)
        return recall_result(self._items.indices[order], best, threshold=threshold, single=np.ndim(cues) == 1)

    def reconstruct(self, indices: npt.ArrayLike) -> ComplexArray:
        """The cues of stored items as the trace has them, unit phasors with noise, (items, dim).

        Raises:
            InvalidInput: an index that is not stored.
        """
        rows = self._items.rows(indices)
        read = self._trace * np.conj(self.pointers(self._items.indices[rows]))
        return np.asarray(np.exp(1j * np.angle(read)), dtype=np.complex64)

    def forget(self, indices: npt.ArrayLike) -> None:
        """Remove items: recall names them no more. Their pairs stay in the trace, as noise, while others are there.

        Raises:
            InvalidInput: an index that is not stored or given twice; nothing is removed then.
        """
        self._items.remove(indices)
        if not len(self):
            self._trace[:] = 0
            self._load = 0

    def capacity(self, codebook: int, accuracy: float = 0.99) -> int:
        """The most items that are recalled from ``codebook`` candidates with this accuracy, by theory.

        Raises:
            InvalidInput: an accuracy that is not above chance and below 1.
        """
        return largest_load(self.dim, codebook, accuracy)

    def get_capacity_utilization(self, codebook: int = 1000, accuracy: float = 0.99) -> float:
        """:attr:`load` over :meth:`capacity`; above 1 the accuracy is not reached.

        Raises:
            InvalidInput: as :meth:`capacity`; not even one item fits.
        """
        most = self.capacity(codebook, accuracy)
        if not most:
            raise InvalidInput(f"{self.dim} dimensions hold no item with accuracy {accuracy}; take more dimensions")
        return self._load / most

    def _parts(self, items: int) -> Iterator[slice]:
        """Slices of the items whose pointers are made at once."""
        step = max(1, _BLOCK // self.dim)
        return (slice(start, start + step) for start in range(0, items, step))

    def pointers(self, indices: IntArray) -> ComplexArray:
        """The unit phasors that stand for these indices, (items, dim)."""
        names = np.asarray(indices)[:, None]
        # An index may be wider than the hash's words: its upper half is mixed into the seed.
        bits = random_bits(self.seed ^ (names >> 32), names, np.arange(self.dim)[None, :])
        return np.asarray(np.exp((2j * np.pi / (WORD + 1)) * bits), dtype=np.complex64)

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is: ``shape`` (dim, seed, load), ``indices``, ``trace``."""
        return {
            "shape": np.array([self.dim, self.seed, self._load], dtype=np.int64),
            "indices": self.indices,
            "trace": self._trace.copy(),
        }

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing, has another dtype or shape, or contradicts another.
        """
        dim, seed, load = (int(value) for value in state_array(state, "shape", np.int64, (3,)))
        memory = cls(dim, seed=seed)
        trace = state_array(state, "trace", np.complex64, (dim,))
        indices = state_array(state, "indices", np.int64, (None,))
        if not np.all(np.isfinite(trace)):
            raise InvalidInput("state: trace holds NaN or infinity; only finite numbers are allowed")
        if load < len(indices):
            raise InvalidInput(f"state: shape has a load of {load}, less than its {len(indices)} items")
        memory._items = Items(indices)
        memory._trace, memory._load = trace.copy(), load
        return memory
