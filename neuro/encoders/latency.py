"""Latency code, time to first spike: the larger a value, the earlier its neuron fires, once.

    level = floor(ticks |x| / scale + 1/2), a spike at tick ticks - level, none at level 0

Source: Thorpe, *Spike arrival times: a highly efficient coding scheme for neural networks* (1990); Gollisch & Meister,
Science 319 (2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray
from neuro.checks import check_whole
from neuro.encoders.base import ScaledEncoder, nearest, on_minus_off, on_off_neurons
from neuro.encoders.spike_code import SpikeCode


@dataclass(frozen=True, slots=True)
class LatencyEncoder(ScaledEncoder):
    """Value -> one spike, the earlier the larger it is, linearly; on and off neurons.

    Args:
        dimensions, scale: see :class:`neuro.encoders.ScaledEncoder`.
        ticks: of a presentation, 1 to 65,536; the quantisation step is ``scale / ticks``.

    Raises:
        InvalidInput: a value outside these ranges.

    >>> import numpy as np
    >>> code = LatencyEncoder(3, ticks=10).encode(np.array([1.0, -0.5, 0.0]))
    >>> code.first_ticks().tolist()  # on and off of each value; 10 is silence
    [[0, 10, 10, 5, 10, 10]]
    """

    ticks: int = 64

    def __post_init__(self) -> None:
        ScaledEncoder.__post_init__(self)
        check_whole("ticks", self.ticks, 1, 1 << 16)

    def encode(self, vectors: npt.ArrayLike) -> SpikeCode:
        """One presentation for each vector: see :meth:`neuro.encoders.SpikeEncoder.encode`."""
        values = self._relative(vectors)
        levels = nearest(np.abs(values) * self.ticks)
        items, dimension = np.nonzero(levels)
        neurons = on_off_neurons(dimension, values[items, dimension])
        return SpikeCode(items, self.ticks - levels[items, dimension], neurons, len(values), self.ticks, self.neurons)

    def decode(self, code: SpikeCode) -> FloatArray:
        """``x = scale (ticks - first tick) / ticks``, within half a step.

        Later spikes of a neuron say nothing. See :meth:`neuro.encoders.SpikeEncoder.decode`.
        """
        return self.features(code) * (self.scale / self.ticks)

    def features(self, code: SpikeCode) -> FloatArray:
        """How early each value's neuron fires, on minus off, 0 for silence, (n, dimensions)."""
        self._check_code(code)
        return on_minus_off(self.ticks - code.first_ticks())
