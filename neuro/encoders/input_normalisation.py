"""Input normalisation: an embedding becomes a direction that all inputs of a learned code have in common.

    x -> x - mean -> length 1 -> whitening P -> length 1,    P = C^(-power)

C is the covariance of the centred directions. With power 1/2 nothing of it is left, with 1/4 (half-whitening) its
square root, so that a few strong directions do not decide every competition; with 0 there is no P. Mean and P are
fitted, once, before anything learns; nothing here is learned by spikes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray
from neuro.encoders.base import check_setting, unit_rows
from neuro.encoders.stimulus import LARGEST, check_vectors
from neuro.errors import InvalidInput

_FLOOR = 1e-3
"""Eigenvalues below this share of the largest count as this much: directions without variance are not blown up."""

_SCALE = 4.0
"""Lengths may leave the range of those that were fitted by this factor."""

_ROUNDING = 1e-9
"""Vectors that differ by less than this share of their length are alike."""


@dataclass(frozen=True, slots=True, eq=False)
class InputNormalisation:
    """Embedding (dimensions,) -> direction (dimensions,).

    The arrays are kept read-only.

    Args:
        mean: taken off each embedding, shape (dimensions,).
        whitening: P, symmetric, shape (dimensions, dimensions); None leaves it out, as where it is folded into weights.
        radius: typical length of a centred embedding, which decoding gives back.
        shortest, longest: length of an embedding that was fitted.

    Raises:
        InvalidInput: arrays of other shapes or with NaN, a length out of range.
    """

    mean: npt.ArrayLike
    whitening: npt.ArrayLike | None = None
    radius: float = 1.0
    shortest: float = 0.0
    longest: float = LARGEST

    def __post_init__(self) -> None:
        mean = np.array(self.mean, dtype=np.float64)
        if mean.ndim != 1 or mean.size == 0 or not np.all(np.abs(mean) < LARGEST):
            raise InvalidInput(f"mean has shape {mean.shape}; finite numbers of shape (dimensions,) are allowed")
        check_setting("radius", self.radius, 1e-300, LARGEST)
        check_setting("shortest", self.shortest, 0.0, LARGEST)
        check_setting("longest", self.longest, self.shortest, LARGEST)
        _keep(self, "mean", mean)
        if self.whitening is not None:
            matrix = np.array(self.whitening, dtype=np.float64)
            if matrix.shape != (mean.size, mean.size) or not np.all(np.isfinite(matrix)):
                raise InvalidInput(
                    f"whitening has shape {matrix.shape}; finite numbers of shape ({mean.size}, {mean.size}) are "
                    "allowed"
                )
            _keep(self, "whitening", matrix)

    @classmethod
    def fit(cls, vectors: npt.ArrayLike, power: float = 0.25) -> Self:
        """The normalisation of vectors (n, dimensions), with a whitening of that power, 0 to 1/2.

        Raises:
            InvalidInput: vectors that are empty, not floats, not finite or all alike; a power out of range.
        """
        check_setting("power", power, 0.0, 0.5)
        rows = check_vectors(vectors)
        mean, lengths = rows.mean(axis=0), np.linalg.norm(rows, axis=1)
        centred = np.linalg.norm(rows - mean, axis=1)
        if centred.max() <= _ROUNDING * max(lengths.max(), 1e-300):
            raise InvalidInput(f"all {len(rows)} vectors are alike; there is nothing to learn, give some that differ")
        whitening = _whitening(unit_rows(rows - mean), power) if power > 0 else None
        radius = float(np.sqrt(np.mean(centred**2)))
        return cls(mean, whitening, radius, float(lengths.min()), float(lengths.max()))

    @property
    def dimensions(self) -> int:
        """Of an embedding."""
        return int(np.asarray(self.mean).size)

    def directions(self, embeddings: npt.ArrayLike) -> FloatArray:
        """Directions of length 1, shape (n, dimensions); zero for an embedding equal to the mean.

        Raises:
            InvalidInput: wrong dimension or dtype, empty, NaN or infinity, or on another scale than what was fitted.
        """
        rows = check_vectors(embeddings, self.dimensions, "embeddings")
        self._check_scale(rows)
        directions = unit_rows(rows - np.asarray(self.mean))
        return directions if self.whitening is None else unit_rows(directions @ np.asarray(self.whitening))

    def folded(self, weights: FloatArray) -> FloatArray:
        """Weights (units, dimensions) for directions without whitening: W P, as whitening is symmetric."""
        return weights if self.whitening is None else np.asarray(weights @ np.asarray(self.whitening))

    def _check_scale(self, rows: FloatArray) -> None:
        lengths = np.linalg.norm(rows, axis=1)
        outside = np.flatnonzero((lengths > _SCALE * self.longest) | (lengths < self.shortest / _SCALE))
        if outside.size:
            raise InvalidInput(
                f"embedding {outside[0]} is {lengths[outside[0]]:.3g} long; those that the encoder was fitted to are "
                f"{self.shortest:.3g} to {self.longest:.3g} long: bring it to their scale"
            )


def _whitening(directions: FloatArray, power: float) -> FloatArray:
    values, vectors = np.linalg.eigh(np.cov(directions, rowvar=False).reshape(directions.shape[1], -1))
    scaled = vectors * np.maximum(values, _FLOOR * values.max()) ** -power
    return np.asarray(scaled @ vectors.T)


def _keep(owner: InputNormalisation, name: str, array: FloatArray) -> None:
    array.setflags(write=False)
    object.__setattr__(owner, name, array)
