"""Rank order code: only the order in which neurons fire tells the vector.

The largest |value| fires first, one neuron a tick. The decoder looks up the magnitude that a rank has on average; the
vector's length is not in the code, so no range has to be known.
Source: Thorpe & Gautrais, *Rank order coding* (1998); VanRullen & Thorpe, Neural Computation 13 (2001), for the look-up
table of magnitudes.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, stable_top_k
from neuro.checks import check_whole
from neuro.encoders.base import SpikeEncoder, on_minus_off, on_off_neurons
from neuro.encoders.spike_code import SpikeCode
from neuro.encoders.stimulus import check_vectors
from neuro.errors import InvalidInput


@dataclass(frozen=True, slots=True, eq=False)
class RankOrderEncoder(SpikeEncoder):
    """Vector -> its largest values by magnitude fire one after the other; on and off neurons.

    Equal magnitudes fire in the order of their dimensions; a zero never fires.

    Args:
        dimensions: of a vector, >= 1.
        first: how many values fire, 1 to ``dimensions``; all by default.
        profile: magnitude of each rank, shape (first,), falling and not all zero; see :meth:`fit`. By default what
            ranks have in a Gaussian vector of length 1: quantiles of the half-normal distribution.

    Raises:
        InvalidInput: a value outside these ranges.

    >>> import numpy as np
    >>> RankOrderEncoder(3).encode(np.array([0.2, -0.9, 0.4])).presentation(0).indices.tolist()
    [3, 4, 0]
    """

    first: int | None = None
    profile: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        check_whole("dimensions", self.dimensions, 1, 1 << 24)
        if self.first is not None:
            check_whole("first", self.first, 1, self.dimensions)
        given = _half_normal(self.dimensions)[: self.ticks] if self.profile is None else self.profile
        profile = np.array(given, dtype=np.float64)
        if profile.shape != (self.ticks,) or not np.all(np.isfinite(profile)) or profile.max() <= 0:
            raise InvalidInput(
                f"profile has shape {profile.shape}; finite magnitudes of shape ({self.ticks},), not all 0, are allowed"
            )
        if profile.min() < 0 or np.any(np.diff(profile) > 0):
            raise InvalidInput("profile rises or is negative; a later rank has a smaller magnitude, down to 0")
        profile.setflags(write=False)
        object.__setattr__(self, "profile", profile)

    @classmethod
    def fit(cls, vectors: npt.ArrayLike, *, first: int | None = None) -> Self:
        """An encoder whose profile is the mean magnitude of each rank in ``vectors`` (n, dimensions).

        Raises:
            InvalidInput: as the class; vectors that are empty, not floats, not finite or all zero.
        """
        rows = check_vectors(vectors)
        profile = -np.mean(np.sort(-np.abs(rows), axis=1), axis=0)
        return cls(rows.shape[1], first=first, profile=profile[:first])

    @property
    def ticks(self) -> int:
        """One for each value that fires."""
        return self.dimensions if self.first is None else self.first

    def encode(self, vectors: npt.ArrayLike) -> SpikeCode:
        """One presentation for each vector: see :meth:`neuro.encoders.SpikeEncoder.encode`."""
        rows = check_vectors(vectors, self.dimensions)
        order = stable_top_k(np.abs(rows), self.ticks)
        values = np.take_along_axis(rows, order, axis=1)
        items, ranks = np.nonzero(values)
        neurons = on_off_neurons(order[items, ranks], values[items, ranks])
        return SpikeCode(items, ranks, neurons, len(rows), self.ticks, self.neurons)

    def decode(self, code: SpikeCode) -> FloatArray:
        """The profile's magnitude of each neuron's rank; what did not fire is 0.

        The rank is the place in the order of spikes, whenever they come; see
        :meth:`neuro.encoders.SpikeEncoder.decode`.
        """
        # One step beyond the profile stands for silence.
        return self._by_rank(code, np.append(np.asarray(self.profile), 0.0))

    def features(self, code: SpikeCode) -> FloatArray:
        """``first - rank`` of each value, on minus off, 0 for silence, (n, dimensions): early ranks weigh most."""
        return self._by_rank(code, np.arange(self.ticks, -1, -1, dtype=np.float64))

    def _by_rank(self, code: SpikeCode, weights: FloatArray) -> FloatArray:
        self._check_code(code)
        ranks = np.arange(len(code)) - np.searchsorted(code.items, code.items)
        return on_minus_off(code.total(weights[np.minimum(ranks, self.ticks)]))


def _half_normal(dimensions: int) -> FloatArray:
    """Magnitudes of a Gaussian vector by rank, the vector of length 1: quantiles at (rank + 1/2) / dimensions."""
    normal = NormalDist()
    magnitudes = np.array([normal.inv_cdf(1 - (rank + 0.5) / (2 * dimensions)) for rank in range(dimensions)])
    return np.asarray(magnitudes / np.linalg.norm(magnitudes), dtype=np.float64)
