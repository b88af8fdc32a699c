"""Straight-through k-winners: hard codes forward, the slope of a soft threshold backward.

    forward    z_u = 1/sqrt(k) for the k largest y_u, else 0
    backward   dz_u/dy_v = h_u (delta_uv - h_v / sum_w h_w) / sqrt(k),
               h_u = max(0, 1 - |y_u - theta| / width) / width

theta lies halfway between the last winner and the first loser. It moves with all units near it, so that the number of
winners stays k: that is the second term.

Sources: Bengio, Leonard & Courville, *Estimating or propagating gradients through stochastic neurons* (2013); Neftci,
Mostafa & Zenke, *Surrogate gradient learning in spiking neural networks* (2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


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

    z: Floats
    driven: Floats
    thresholds: Floats
    widths: Floats
    active: int

    def gradient(self, upstream: npt.NDArray[np.floating]) -> Floats:
        """From d loss / d z to d loss / d y, both (rows, units)."""
        from neuro.training._kernels import surrogate

        gradient = np.empty_like(self.driven)
        above = np.ascontiguousarray(upstream, dtype=np.float64) / math.sqrt(self.active)
        surrogate(self.driven, self.thresholds, self.widths, above, gradient)
        return gradient


def hard_codes(driven: Floats, active: int, window: float) -> HardCodes:
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
