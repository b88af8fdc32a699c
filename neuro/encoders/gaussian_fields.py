"""Population code by Gaussian receptive fields: each value drives a row of neurons, the best tuned fires first.

    field i of m, i = 0 .. m - 1: centre = -scale + (i - 1/2) spacing, spacing = 2 scale / (m - 2)
    response = exp(-(x - centre)^2 / (2 sigma^2)), sigma = spacing / 1.5
    level = floor(ticks response + 1/2), a spike at tick ticks - level, none where the response is below ``silence``

Source: Bohte, La Poutre & Kok, *Unsupervised clustering with spiking neurons by sparse temporal coding and multilayer
RBF networks*, IEEE Trans. Neural Networks 13 (2002), with their factor 1.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray
from neuro.checks import check_whole
from neuro.encoders.base import ScaledEncoder, check_setting, nearest
from neuro.encoders.spike_code import SpikeCode

_NARROW = 1.5
"""Bohte's beta: spacing of the fields in sigma."""

_STEPS = 4
"""Newton steps of the decoder: the fourth moves a value by less than a hundredth of its quantisation error."""


@dataclass(frozen=True, slots=True)
class GaussianFieldsEncoder(ScaledEncoder):
    """Value -> one spike of each neuron whose receptive field holds it, two at least.

    Neuron ``j * fields + i`` is field i of value j.

    Args:
        dimensions, scale: see :class:`neuro.encoders.ScaledEncoder`.
        fields: of each value, 3 to 256.
        ticks: of a presentation, 4 to 65,536.
        silence: a response below it gives no spike, 0.01 to 0.3; at 0.3 every value still reaches two fields.

    Raises:
        InvalidInput: a value outside these ranges.

    >>> import numpy as np
    >>> encoder = GaussianFieldsEncoder(1, fields=6, ticks=10)  # centres -1.25, -0.75, ... 1.25
    >>> encoder.encode(np.array([0.25])).first_ticks().tolist()  # 10 is silence
    [[10, 10, 7, 0, 7, 10]]
    """

    fields: int = 8
    ticks: int = 32
    silence: float = 0.1

    def __post_init__(self) -> None:
        ScaledEncoder.__post_init__(self)
        check_whole("fields", self.fields, 3, 256)
        check_whole("ticks", self.ticks, 4, 1 << 16)
        check_setting("silence", self.silence, 0.01, 0.3)

    @property
    def neurons(self) -> int:
        """``fields`` a value."""
        return self.dimensions * self.fields

    @property
    def centres(self) -> FloatArray:
        """Of the fields, shape (fields,), in the unit of the values."""
        return np.asarray(self.scale * self._centres)

    @property
    def width(self) -> float:
        """Sigma of a field, in the unit of the values."""
        return self.scale * self._sigma

    def responses(self, vectors: npt.ArrayLike) -> FloatArray:
        """What each field gives, 0 to 1: (n, dimensions, fields)."""
        return self._responses(self._relative(vectors)[:, :, None])

    def encode(self, vectors: npt.ArrayLike) -> SpikeCode:
        """One presentation for each vector: see :meth:`neuro.encoders.SpikeEncoder.encode`."""
        responses = self.responses(vectors)
        fires = (responses >= self.silence) & (responses * self.ticks >= 0.5)
        items, dimension, place = np.nonzero(fires)
        ticks = self.ticks - nearest(responses[fires] * self.ticks)
        return SpikeCode(items, ticks, dimension * self.fields + place, len(responses), self.ticks, self.neurons)

    def decode(self, code: SpikeCode) -> FloatArray:
        """The value whose responses fit those of the fields that fired best, by least squares (Gauss-Newton).

        It starts at the mean centre, weighted by response. A value none of whose fields fired gives 0. See
        :meth:`neuro.encoders.SpikeEncoder.decode`.
        """
        seen = self.features(code).reshape(-1, self.fields)
        values = seen @ self._centres / np.maximum(seen.sum(axis=1), 1.0 / self.ticks)
        cells, places = np.nonzero(seen)
        seen, centres = seen[cells, places], self._centres[places]
        for _ in range(_STEPS):
            offset = centres - values[cells]
            expected = np.exp(offset**2 * (-0.5 / self._sigma**2))
            slope = expected * offset
            step = np.bincount(cells, slope * (seen - expected), values.size) * self._sigma**2
            values += step / np.maximum(np.bincount(cells, slope**2, values.size), 1e-12)
            np.clip(values, -1.0, 1.0, out=values)
        return np.asarray(values.reshape(-1, self.dimensions) * self.scale)

    def features(self, code: SpikeCode) -> FloatArray:
        """How early each neuron fires, (ticks - tick) / ticks, 0 for silence, (n, neurons): shared fields."""
        self._check_code(code)
        return np.asarray((self.ticks - code.first_ticks()) / self.ticks)

    @property
    def _spacing(self) -> float:
        return 2.0 / (self.fields - 2)

    @property
    def _sigma(self) -> float:
        return self._spacing / _NARROW

    @property
    def _centres(self) -> FloatArray:
        return np.asarray(-1.0 + (np.arange(self.fields) - 0.5) * self._spacing, dtype=np.float64)

    def _responses(self, values: FloatArray) -> FloatArray:
        return np.asarray(np.exp((values - self._centres) ** 2 * (-0.5 / self._sigma**2)))
