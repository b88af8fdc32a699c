"""The input side of the learned encoder: embeddings as spikes of on and off channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray
from neuro.encoders.base import check_setting, unit_rows
from neuro.encoders.regular_rate import RegularRateEncoder
from neuro.encoders.spike_code import SpikeCode
from neuro.encoders.stimulus import LARGEST, check_vectors
from neuro.errors import InvalidInput

_WITHIN_SCALE = 0.995
"""This share of the entries that channels are fitted to lies within their scale."""


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """Embeddings as spikes at regular rates (:class:`neuro.encoders.RegularRateEncoder`) of on and off channels.

    Each embedding is centred and stretched to length 1, so its length doesn't matter. Entries beyond ``scale`` count as
    ``scale``. An embedding equal to the mean gives no spikes.

    Args:
        mean: taken off each embedding, shape (dimensions,).
        radius: typical length of a centred embedding; scales what is decoded.
        scale: entry of a unit vector at which a channel fires ``peak`` spikes.
        window: ticks of a presentation.
        peak: 1 to ``window``.

    Raises:
        InvalidInput: a value outside its range.
    """

    mean: npt.ArrayLike
    radius: float = 1.0
    scale: float = 1.0
    window: int = 32
    peak: int = 16

    def __post_init__(self) -> None:
        mean = np.array(self.mean, dtype=np.float64)
        if mean.ndim != 1 or mean.size == 0 or not np.all(np.abs(mean) < LARGEST):
            raise InvalidInput(f"mean has shape {mean.shape}; finite numbers of shape (dimensions,) are allowed")
        for name in ("radius", "scale"):
            check_setting(name, getattr(self, name), 1e-300, LARGEST)
        mean.setflags(write=False)
        object.__setattr__(self, "mean", mean)
        self._rates()

    @classmethod
    def fit(cls, vectors: npt.ArrayLike, *, window: int = 32, peak: int = 16) -> Self:
        """The channels whose mean, radius and scale are those of vectors (n, dimensions).

        Raises:
            InvalidInput: vectors that are empty, not floats, not finite or all alike.
        """
        rows = check_vectors(vectors)
        mean = rows.mean(axis=0)
        lengths = np.linalg.norm(rows - mean, axis=1)
        if not np.any(lengths > 0):
            raise InvalidInput(f"all {len(rows)} vectors are alike; there is nothing to learn, give some that differ")
        entries = np.abs(unit_rows(rows - mean))
        scale = float(np.quantile(entries, _WITHIN_SCALE)) or float(entries.max())
        return cls(mean, float(np.sqrt(np.mean(lengths**2))), scale, window, peak)

    @property
    def dimensions(self) -> int:
        """Of an embedding."""
        return int(np.asarray(self.mean).size)

    @property
    def neurons(self) -> int:
        """Two a dimension: 2 j fires for a positive entry j, 2 j + 1 for a negative one."""
        return 2 * self.dimensions

    def spikes(self, embeddings: npt.ArrayLike) -> SpikeCode:
        """One presentation for each embedding.

        Raises:
            InvalidInput: wrong dimension or dtype, empty, NaN or infinity.
        """
        rows = check_vectors(embeddings, self.dimensions, "embeddings") - np.asarray(self.mean)
        return self._rates().encode(np.clip(unit_rows(rows), -self.scale, self.scale))

    def traces(self, code: SpikeCode, decay: float) -> FloatArray:
        """What a leak leaves of the spikes, ``sum decay**(window - tick)``, shape (presentations, neurons)."""
        return code.total(decay ** (self.window - code.ticks))

    def trace_max(self, decay: float) -> float:
        """The trace of a channel at full scale."""
        full = RegularRateEncoder(1, ticks=self.window, peak=self.peak).encode(np.ones(1))
        return float(np.sum(decay ** (self.window - full.ticks)))

    def _rates(self) -> RegularRateEncoder:
        return RegularRateEncoder(self.dimensions, self.scale, self.window, self.peak)
