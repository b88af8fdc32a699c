"""Regular rate code: the larger a value, the more spikes its neuron fires, evenly spaced.

    k = floor(peak |x| / scale + 1/2) spikes, spike i at tick floor((2 i + 1) ticks / (2 k))

What a perfect integrator fires under constant input; the quantisation step is ``scale / peak``.
Source: Gerstner et al., *Neuronal Dynamics* (2014), chapter 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray
from neuro.checks import check_whole
from neuro.encoders.base import ScaledEncoder, nearest, on_minus_off, on_off_neurons, spread_out
from neuro.encoders.spike_code import SpikeCode


@dataclass(frozen=True, slots=True)
class RegularRateEncoder(ScaledEncoder):
    """Value -> evenly spaced spikes, their number proportional to it; on and off neurons.

    Args:
        dimensions, scale: see :class:`neuro.encoders.ScaledEncoder`.
        ticks: of a presentation, 1 to 65,536.
        peak: spikes at full scale, 1 to ``ticks``.

    Raises:
        InvalidInput: a value outside these ranges.

    >>> import numpy as np
    >>> RegularRateEncoder(1, ticks=12, peak=4).encode(np.array([0.75])).presentation(0).ticks.tolist()
    [2, 6, 10]
    """

    ticks: int = 64
    peak: int = 32

    def __post_init__(self) -> None:
        ScaledEncoder.__post_init__(self)
        check_whole("ticks", self.ticks, 1, 1 << 16)
        check_whole("peak", self.peak, 1, self.ticks)

    def encode(self, vectors: npt.ArrayLike) -> SpikeCode:
        """One presentation for each vector: see :meth:`neuro.encoders.SpikeEncoder.encode`."""
        values = self._relative(vectors)
        counts = nearest(np.abs(values) * self.peak).ravel()
        cell, place = spread_out(counts)
        ticks = (2 * place + 1) * self.ticks // (2 * counts[cell])
        items, dimension = np.divmod(cell, self.dimensions)
        neurons = on_off_neurons(dimension, values.ravel()[cell])
        return SpikeCode(items, ticks, neurons, len(values), self.ticks, self.neurons)

    def decode(self, code: SpikeCode) -> FloatArray:
        """``x = scale (on - off) / peak``, within half a step: see :meth:`neuro.encoders.SpikeEncoder.decode`."""
        return self.features(code) * (self.scale / self.peak)

    def features(self, code: SpikeCode) -> FloatArray:
        """Spike counts, on minus off, (n, dimensions): similar vectors have similar rates."""
        self._check_code(code)
        return on_minus_off(code.counts())
