"""The sparse projection in training: floats for the taps that an encoder has, and back to whole numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from neuro.encoders import KWTAEncoder

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MaskedProjection:
    """Which entries each unit reads, and nothing else: the mask that training keeps.

    Args:
        inputs: shape (units, nonzeros), uint16.
        mean: shape (dimensions,), taken off each vector.
    """

    inputs: npt.NDArray[np.uint16]
    mean: Floats

    def centred(self, vectors: Floats) -> Floats:
        """The vectors less the mean."""
        return vectors - self.mean

    def drive(self, centred: Floats, weights: Floats) -> Floats:
        """``y_u = sum_t w_ut x_i(u,t)``, shape (vectors, units)."""
        from neuro.training._kernels import drive

        driven = np.empty((len(centred), len(self.inputs)))
        drive(centred, self.inputs, weights, driven)
        return driven

    def gradient(self, centred: Floats, upstream: Floats) -> Floats:
        """From d loss / d y (vectors, units) to d loss / d w (units, nonzeros)."""
        from neuro.training._kernels import drive_gradient

        weights = np.zeros(self.inputs.shape)
        drive_gradient(centred, self.inputs, upstream, weights)
        return weights


def mask_of(encoder: KWTAEncoder) -> MaskedProjection:
    """The mask of an encoder."""
    return MaskedProjection(encoder.inputs.astype(np.uint16), np.asarray(encoder.mean, dtype=np.float64))


def unfolded(encoder: KWTAEncoder) -> Floats:
    """The encoder's weights as floats with mean square 1."""
    return scaled(encoder.tap_weights.astype(np.float64))


def scaled(weights: Floats) -> Floats:
    """Weights with mean square 1: only their ratios decide who wins."""
    return np.asarray(weights / np.sqrt(np.mean(weights**2)))


def folded(encoder: KWTAEncoder, weights: Floats, bits: int) -> KWTAEncoder:
    """The encoder with these weights as whole numbers: the largest becomes ``2**(bits - 1) - 1`` steps."""
    top = (1 << (bits - 1)) - 1
    whole = np.floor(weights / np.abs(weights).max() * top + 0.5).astype(np.int64)
    return replace(encoder, weights=whole)
