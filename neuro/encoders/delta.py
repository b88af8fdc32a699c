"""Delta code: neurons fire where a value has moved by a step since the last spike, up or down.

The rows of a batch are consecutive samples of one sequence. Each value has a reference, at first 0. In a tick in which
the value lies at least one step above it the up neuron fires and the reference rises by a step; below it, the down
neuron. Once a sample is followed, nothing fires until the next: a slow sequence costs few spikes.
Source: de Jager, *Delta modulation* (1952); Lichtsteiner, Posch & Delbruck, IEEE J. Solid-State Circuits 43 (2008), for
the event camera that works so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole
from neuro.encoders.base import ScaledEncoder, on_minus_off, spread_out
from neuro.encoders.spike_code import SpikeCode


@dataclass(frozen=True, slots=True)
class DeltaEncoder(ScaledEncoder):
    """Sequence -> a spike for each step of change; neuron 2 j for up, 2 j + 1 for down.

    A single vector is a sequence of one sample, reached from 0.

    Args:
        dimensions, scale: see :class:`neuro.encoders.ScaledEncoder`.
        levels: steps from 0 to full scale, 1 to 32,768; a step is ``scale / levels``.
        ticks: of a sample, 1 to 65,536. A change of more than ``ticks`` steps is not followed at once (slope
            overload); ``2 levels`` follow every change.

    Raises:
        InvalidInput: a value outside these ranges.

    >>> import numpy as np
    >>> code = DeltaEncoder(1, levels=10, ticks=5).encode(np.array([[0.25], [0.35], [0.05]]))
    >>> code.counts().tolist()  # up and down; the reference stops at 0.2, 0.3 and 0.1
    [[2, 0], [1, 0], [0, 2]]
    """

    levels: int = 32
    ticks: int = 64

    def __post_init__(self) -> None:
        ScaledEncoder.__post_init__(self)
        check_whole("levels", self.levels, 1, 1 << 15)
        check_whole("ticks", self.ticks, 1, 1 << 16)

    def encode(self, vectors: npt.ArrayLike) -> SpikeCode:
        """One presentation for each sample: see :meth:`neuro.encoders.SpikeEncoder.encode`."""
        steps = self._relative(vectors) * self.levels
        moves: IntArray = np.empty(steps.shape, dtype=np.int64)
        reference = np.zeros(self.dimensions, dtype=np.int64)
        for row, goal in enumerate(steps):
            moves[row] = np.clip(np.trunc(goal - reference), -self.ticks, self.ticks)
            reference += moves[row]
        cell, ticks = spread_out(np.abs(moves).ravel())
        items, dimension = np.divmod(cell, self.dimensions)
        neurons = 2 * dimension + (moves.ravel()[cell] < 0)
        return SpikeCode(items, ticks, neurons, len(steps), self.ticks, self.neurons)

    def decode(self, code: SpikeCode) -> FloatArray:
        """The reference after each sample, less than a step off where the slope was not overloaded.

        See :meth:`neuro.encoders.SpikeEncoder.decode`.
        """
        return self.features(code) * (self.scale / self.levels)

    def features(self, code: SpikeCode) -> FloatArray:
        """Up minus down spikes of the sequence so far, (n, dimensions): what a perfect integrator holds."""
        self._check_code(code)
        return np.cumsum(on_minus_off(code.counts()), axis=0)
