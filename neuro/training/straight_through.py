"""Straight-through k-winners: hard codes forward, the slope of a soft threshold backward to the projection's weights.

    forward    z_u = 1/sqrt(k) for the k largest y_u, else 0
    backward   dz_u/dy_v = h_u (delta_uv - h_v / sum_w h_w) / sqrt(k),
               h_u = max(0, 1 - |y_u - theta| / width) / width

theta lies halfway between the last winner and the first loser. It moves with all units near it, so that the number of
winners stays k: that is the second term. Weights are floats here, for the entries that an encoder's units read, and
whole numbers again in the encoder that comes out.

Sources: Bengio, Leonard & Courville, *Estimating or propagating gradients through stochastic neurons* (2013); Neftci,
Mostafa & Zenke, *Surrogate gradient learning in spiking neural networks* (2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.encoders import KWTAEncoder
from neuro.training.losses import PairLoss
from neuro.training.spectral import SpectralRegularization

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, slots=True, eq=False)
class MaskedProjection:
    """Which entries each unit reads, and nothing else: the mask that training keeps.

    Args:
        inputs: shape (units, nonzeros), uint16.
        mean: shape (dimensions,), taken off each vector.
    """

    inputs: npt.NDArray[np.uint16]
    mean: FloatArray

    def centred(self, vectors: FloatArray) -> FloatArray:
        """The vectors less the mean."""
        return vectors - self.mean

    def drive(self, centred: FloatArray, weights: FloatArray) -> FloatArray:
        """``y_u = sum_t w_ut x_i(u,t)``, shape (vectors, units)."""
        from neuro.training._kernels import drive

        driven = np.empty((len(centred), len(self.inputs)))
        drive(centred, self.inputs, weights, driven)
        return driven

    def gradient(self, centred: FloatArray, upstream: FloatArray) -> FloatArray:
        """From d loss / d y (vectors, units) to d loss / d w (units, nonzeros)."""
        from neuro.training._kernels import drive_gradient

        weights = np.zeros(self.inputs.shape)
        drive_gradient(centred, self.inputs, upstream, weights)
        return weights


def mask_of(encoder: KWTAEncoder) -> MaskedProjection:
    """The mask of an encoder."""
    return MaskedProjection(encoder.inputs.astype(np.uint16), np.asarray(encoder.mean, dtype=np.float64))


def unfolded(encoder: KWTAEncoder) -> FloatArray:
    """The encoder's weights as floats with mean square 1."""
    return scaled(encoder.projection_weights.astype(np.float64))


def scaled(weights: FloatArray) -> FloatArray:
    """Weights with mean square 1: only their ratios decide who wins."""
    return np.asarray(weights / np.sqrt(np.mean(weights**2)))


def folded(encoder: KWTAEncoder, weights: FloatArray, bits: int) -> KWTAEncoder:
    """The encoder with these weights as whole numbers: the largest becomes ``2**(bits - 1) - 1`` steps."""
    top = (1 << (bits - 1)) - 1
    whole = np.floor(weights / np.abs(weights).max() * top + 0.5).astype(np.int64)
    return replace(encoder, weights=whole)


@dataclass(frozen=True, slots=True, eq=False)
class HardCodes:
    """The codes of a batch, and what their gradient needs.

    Args:
        z: shape (rows, units), 1 / sqrt(k) for winners, so that a row has length 1.
        driven: y, shape (rows, units).
        thresholds: theta, shape (rows,).
        widths: shape (rows,).
        active: k.
    """

    z: FloatArray
    driven: FloatArray
    thresholds: FloatArray
    widths: FloatArray
    active: int

    def gradient(self, upstream: npt.NDArray[np.floating]) -> FloatArray:
        """From d loss / d z to d loss / d y, both (rows, units)."""
        from neuro.training._kernels import surrogate

        gradient = np.empty_like(self.driven)
        above = np.ascontiguousarray(upstream, dtype=np.float64) / math.sqrt(self.active)
        surrogate(self.driven, self.thresholds, self.widths, above, gradient)
        return gradient


def hard_codes(driven: FloatArray, active: int, window: float) -> HardCodes:
    """The codes of driven units (rows, units); ``window`` is the surrogate's half width in standard deviations of y."""
    units = driven.shape[1]
    order = np.argpartition(driven, (units - active - 1, units - active) if active < units else 0, axis=1)
    winners = order[:, units - active :]
    z = np.zeros_like(driven)
    np.put_along_axis(z, winners, 1.0 / math.sqrt(active), axis=1)
    last = np.take_along_axis(driven, order[:, units - active, None], axis=1)[:, 0]
    loser = np.take_along_axis(driven, order[:, max(units - active - 1, 0), None], axis=1)[:, 0]
    widths = window * driven.std(axis=1)
    return HardCodes(z, driven, (last + loser) / 2.0, np.where(widths > 0, widths, 1.0), active)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a step looks at.

    Args:
        cues: shape (n, dimensions), centred.
        items: shape (m, dimensions), centred: the cues' own and mined negatives, each once.
        own: the row of each cue's item.
    """

    cues: FloatArray
    items: FloatArray
    own: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class CodeLayer:
    """The projection and its winners, as training sees them."""

    mask: MaskedProjection
    active: int
    window: float

    def codes(self, centred: FloatArray, weights: FloatArray) -> HardCodes:
        """The codes of centred vectors."""
        return hard_codes(self.mask.drive(centred, weights), self.active, self.window)

    def contrast(self, batch: Batch, weights: FloatArray, loss: PairLoss) -> tuple[float, FloatArray]:
        """A contrastive loss on hard codes, and its straight-through gradient."""
        vectors = np.concatenate([batch.cues, batch.items])
        codes = self.codes(vectors, weights)
        z = codes.z.astype(np.float32)
        found = loss(z[: len(batch.cues)], z[len(batch.cues) :], batch.own)
        upstream = np.concatenate([found.anchors, found.items])
        return found.value, self.mask.gradient(vectors, codes.gradient(upstream))

    def smoothness(
        self, centred: FloatArray, L: csr_array, weights: FloatArray, spectral: SpectralRegularization
    ) -> tuple[float, FloatArray]:
        """The spectral term on hard codes, and its straight-through gradient."""
        codes = self.codes(centred, weights)
        value, upstream = spectral(codes.z, L)
        return value, self.mask.gradient(centred, codes.gradient(upstream))


@dataclass(frozen=True, slots=True, eq=False)
class SampledLinks:
    """Links of a graph over the items that are trained on, for an unbiased sample in each step.

    Args:
        left, right: the rows at both ends of each link, once.
    """

    left: IntArray
    right: IntArray

    def sample(self, count: int, nodes: int, random: np.random.Generator) -> tuple[IntArray, csr_array]:
        """Rows that ``count`` drawn links touch, and their Laplacian.

        It is scaled so that the expected ``tr(Z' L Z) / rows`` is that of the whole graph over ``nodes`` rows.
        """
        from scipy import sparse

        drawn = random.integers(0, self.left.size, count)
        rows, ends = np.unique(np.concatenate([self.left[drawn], self.right[drawn]]), return_inverse=True)
        first, second = ends[:count], ends[count:]
        both = (np.concatenate([first, second]), np.concatenate([second, first]))
        A = sparse.coo_array((np.ones(2 * count), both), shape=(rows.size, rows.size)).tocsr()
        scale = self.left.size / count * rows.size / nodes
        return rows, sparse.csr_array(sparse.diags_array(A.sum(axis=1)) - A) * scale


def links_among(L: csr_array, rows: IntArray) -> SampledLinks:
    """The links of a Laplacian whose two ends are both among ``rows``, numbered by their place in it."""
    from scipy import sparse

    inside = sparse.triu(sparse.csr_array(L)[rows][:, rows], k=1).tocoo()
    linked = inside.data != 0
    return SampledLinks(inside.row[linked].astype(np.int64), inside.col[linked].astype(np.int64))
