"""Threshold phasor associative memory (TPAM): a Hopfield network whose states are phases, or silence.

    W = (1/k) sum_p z^p z^p*, no self-synapses        u = W z
    z_i <- u_i / |u_i| where |u_i| is among the k largest, else 0

A stored pattern has k active units, each with a phase. The threshold keeps silent units silent, so that sparse
patterns complete, and the number of patterns grows beyond that of a dense network. A pattern turned by a common angle
is the same pattern: scores are |<z, z^p>| / k.
Sources: Frady & Sommer, *Robust computation with rhythmic spike patterns*, PNAS 116 (2019); Noest, *Discrete-state
phasor neural networks*, Phys. Rev. A 38 (1988).
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, ComplexArray, IntArray, stable_top_k
from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.memories.base import IndexedMemory, MemoryState, RecallResult, check_recall, recall_result, state_array
from neuro.memories.items import Items
from neuro.memories.vsa.fhrr import check_unit_phasors

_SETTLED = 1e-4


class ThresholdPhasorAssociativeMemory(IndexedMemory):
    """Auto-associative memory of sparse phasor patterns; ``values`` of a recall is the pattern it settled on.

    Args:
        neurons: N, 2 to 65,536.
        active: k, units that stay active.
        steps: at most so many updates; it ends earlier where nothing changes any more.

    Raises:
        InvalidInput: a value outside its range.
    """

    kind: ClassVar[str] = "memory.threshold_phasor"

    def __init__(self, neurons: int, active: int, *, steps: int = 20) -> None:
        check_whole("neurons", neurons, 2, 1 << 16)
        check_whole("active", active, 1, neurons)
        check_whole("steps", steps, 1, 100_000)
        self.neurons, self.active, self.steps = int(neurons), int(active), int(steps)
        self._items = Items()
        self._patterns = np.empty((0, self.neurons), dtype=np.complex64)
        self._synapses: ComplexArray | None = None

    @property
    def patterns(self) -> ComplexArray:
        """What was stored, (items, neurons)."""
        return self._patterns.copy()

    @property
    def weights(self) -> ComplexArray:
        """W, (neurons, neurons); row i holds the synapses onto unit i."""
        return self._weights().copy()

    def store(self, cues: npt.ArrayLike, *, indices: npt.ArrayLike | None = None) -> IntArray:
        """Store patterns: complex64, entries of length 1 (active) or 0, (neurons,) or (items, neurons).

        Raises:
            InvalidInput: another dtype or width, entries of another length, more than ``active`` units or none;
                indices out of range or taken.
        """
        rows = self._checked(cues)
        names = self._items.names(len(rows), indices)
        self._patterns = np.concatenate([self._patterns, rows])
        self._synapses = None
        self._items.add(names)
        return names

    def recall(self, cues: npt.ArrayLike, k: int = 1, *, threshold: float | None = None) -> RecallResult:
        """Settle from the cue, then name the k items most like the state; scores 0 to 1.

        Args:
            cues: as for :meth:`store`.
            k: at most the number of stored items.
            threshold: a score below it is answered by ``NOTHING``; None: never.

        Raises:
            InvalidInput: cues that do not fit, an empty memory, k out of range, a threshold of NaN.
        """
        rows = self._checked(cues)
        check_recall(len(self), k, threshold)
        settled = np.array([self._settle(row) for row in rows])
        scores = np.array([np.abs(np.conj(self._patterns) @ row) for row in settled]) / np.float32(self.active)
        order = stable_top_k(scores, k)
        best = np.take_along_axis(scores, order, axis=1)
        values = np.repeat(settled[:, None], k, axis=1)
        return recall_result(self._items.indices[order], best, values, threshold=threshold, single=np.ndim(cues) == 1)

    def forget(self, indices: npt.ArrayLike) -> None:
        """Remove items, weights and all.

        Raises:
            InvalidInput: an index that is not stored or given twice; nothing is removed then.
        """
        self._patterns = self._patterns[self._items.remove(indices)]
        self._synapses = None

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is: ``shape`` (neurons, active, steps), ``indices``, ``patterns``."""
        return {
            "shape": np.array([self.neurons, self.active, self.steps], dtype=np.int64),
            "indices": self.indices,
            "patterns": self.patterns,
        }

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing, has another dtype or shape, or contradicts another.
        """
        neurons, active, steps = (int(value) for value in state_array(state, "shape", np.int64, (3,)))
        memory = cls(neurons, active, steps=steps)
        indices = state_array(state, "indices", np.int64, (None,))
        patterns = state_array(state, "patterns", np.complex64, (len(indices), neurons))
        if len(patterns):
            memory._checked(patterns, "state: patterns")
        memory._items = Items(indices)
        memory._patterns = patterns.copy()
        return memory

    def _weights(self) -> ComplexArray:
        if self._synapses is None:
            synapses = (self._patterns.T @ np.conj(self._patterns)) / np.float32(self.active)
            np.fill_diagonal(synapses, 0)
            self._synapses = synapses.astype(np.complex64)
        return self._synapses

    def _settle(self, state: ComplexArray) -> ComplexArray:
        weights = self._weights()
        for _ in range(self.steps):
            sums = weights @ state
            lengths = np.abs(sums)
            # A stable order, so that ties go to the lower unit, as everywhere.
            winners = stable_top_k(lengths, self.active)
            winners = winners[lengths[winners] > 0]
            after = np.zeros_like(state)
            after[winners] = sums[winners] / lengths[winners]
            if np.array_equal(after != 0, state != 0) and np.max(np.abs(after - state)) < _SETTLED:
                return after
            state = after
        return state

    def _checked(self, cues: npt.ArrayLike, what: str = "cues") -> ComplexArray:
        rows = check_unit_phasors(cues, self.neurons, what, silent=True)
        counts = np.count_nonzero(rows, axis=1)
        if counts.min() < 1 or counts.max() > self.active:
            wrong = counts.min() if counts.min() < 1 else counts.max()
            raise InvalidInput(f"{what} have {wrong} active units; 1 to {self.active} are allowed")
        return rows
