"""Phase code: the larger a value, the earlier in the gamma cycle its neuron fires, once a cycle.

    u = (1 - x / scale) / 2,  level = floor(cycles (cycle_ticks - 1) u + 1/2)
    in cycle c a spike floor((level + c) / cycles) ticks after the cycle's start

The sampling point slips by 1 / cycles of a tick from cycle to cycle, so the sum of a neuron's phases is its level
(Hermite's identity): several cycles resolve what one tick can't. One neuron a value; 0 fires in mid-cycle.
Source: Hopfield, Nature 376 (1995); Fries, Nikolic & Singer, *The gamma cycle*, Trends in Neurosciences 30 (2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray
from neuro.checks import check_whole
from neuro.encoders.base import ScaledEncoder, nearest
from neuro.encoders.spike_code import SpikeCode


@dataclass(frozen=True, slots=True)
class PhaseEncoder(ScaledEncoder):
    """Value -> one spike in each gamma cycle, its phase falling linearly from the largest to the smallest value.

    Args:
        dimensions, scale: see :class:`neuro.encoders.ScaledEncoder`.
        cycle_ticks: of a cycle, 2 to 4,096; 25 ticks of 1 ms are 40 Hz.
        cycles: in a presentation, 1 to 256; the quantisation step is ``2 scale / (cycles (cycle_ticks - 1))``.

    Raises:
        InvalidInput: a value outside these ranges.

    >>> import numpy as np
    >>> PhaseEncoder(1, cycle_ticks=11, cycles=2).encode(np.array([-0.3])).presentation(0).ticks.tolist()
    [6, 18]
    """

    cycle_ticks: int = 25
    cycles: int = 4

    def __post_init__(self) -> None:
        ScaledEncoder.__post_init__(self)
        check_whole("cycle_ticks", self.cycle_ticks, 2, 1 << 12)
        check_whole("cycles", self.cycles, 1, 256)

    @property
    def ticks(self) -> int:
        """``cycles * cycle_ticks``."""
        return self.cycles * self.cycle_ticks

    @property
    def neurons(self) -> int:
        """One a value."""
        return self.dimensions

    def encode(self, vectors: npt.ArrayLike) -> SpikeCode:
        """One presentation for each vector: see :meth:`neuro.encoders.SpikeEncoder.encode`."""
        levels = nearest(self._levels * (1.0 - self._relative(vectors)) / 2)
        cycle = np.arange(self.cycles)[:, None]
        ticks = cycle * self.cycle_ticks + (levels[:, None, :] + cycle) // self.cycles
        items, _, neurons = np.indices(ticks.shape).reshape(3, -1)
        return SpikeCode(items, ticks.ravel(), neurons, len(levels), self.ticks, self.neurons)

    def decode(self, code: SpikeCode) -> FloatArray:
        """``x = scale (1 - 2 phase)`` with the mean phase of the neuron's spikes, within half a step.

        A neuron without spikes gives 0. See :meth:`neuro.encoders.SpikeEncoder.decode`.
        """
        return self.scale * (1.0 - 2.0 * self._phase(code)[0])

    def features(self, code: SpikeCode) -> FloatArray:
        """(cos pi phase, sin pi phase) of each neuron, (n, 2 dimensions): synchrony, the mean cosine of the phase
        differences. A cycle counts as half a turn, so that its two ends are opposites; a silent neuron is (0, 0).
        """
        phase, fired = self._phase(code)
        return np.concatenate([np.cos(np.pi * phase) * fired, np.sin(np.pi * phase) * fired], axis=1)

    @property
    def _levels(self) -> int:
        return self.cycles * (self.cycle_ticks - 1)

    def _phase(self, code: SpikeCode) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Mean phase of each neuron, 0 to 1, (n, dimensions), 1/2 where silent; and who fired at all."""
        self._check_code(code)
        counts = code.counts()
        phases = code.total(code.ticks % self.cycle_ticks) / (self.cycle_ticks - 1)
        return np.where(counts > 0, phases / np.maximum(counts, 1), 0.5), counts > 0
