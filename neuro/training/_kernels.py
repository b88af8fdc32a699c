"""Numba kernels of training. Imported where they are used, so that `import neuro` stays light."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from neuro.arrays import FloatArray


@njit(cache=True)
def drive(vectors: FloatArray, inputs: npt.NDArray[np.uint16], weights: FloatArray, driven: FloatArray) -> None:
    """``driven[b, u] = sum_t weights[u, t] vectors[b, inputs[u, t]]``."""
    units, taps = inputs.shape
    for row in range(vectors.shape[0]):
        vector = vectors[row]
        for unit in range(units):
            total = 0.0
            for tap in range(taps):
                total += weights[unit, tap] * vector[inputs[unit, tap]]
            driven[row, unit] = total


@njit(cache=True)
def drive_gradient(
    vectors: FloatArray, inputs: npt.NDArray[np.uint16], gradient: FloatArray, weights: FloatArray
) -> None:
    """``weights[u, t] += sum_b gradient[b, u] vectors[b, inputs[u, t]]``; zeros of the gradient cost nothing."""
    units, taps = inputs.shape
    for row in range(vectors.shape[0]):
        vector = vectors[row]
        for unit in range(units):
            slope = gradient[row, unit]
            if slope != 0.0:
                for tap in range(taps):
                    weights[unit, tap] += slope * vector[inputs[unit, tap]]


@njit(cache=True)
def surrogate(
    driven: FloatArray, thresholds: FloatArray, widths: FloatArray, upstream: FloatArray, gradient: FloatArray
) -> None:
    """``gradient = h upstream - h sum(h upstream) / sum(h)``, h the triangle around each row's threshold."""
    rows, units = driven.shape
    for row in range(rows):
        slopes, moved = 0.0, 0.0
        for unit in range(units):
            distance = abs(driven[row, unit] - thresholds[row])
            slope = 0.0
            if distance < widths[row]:
                slope = (1.0 - distance / widths[row]) / widths[row]
                slopes += slope
                moved += slope * upstream[row, unit]
            gradient[row, unit] = slope
        share = moved / slopes if slopes > 0.0 else 0.0
        for unit in range(units):
            if gradient[row, unit] != 0.0:
                gradient[row, unit] *= upstream[row, unit] - share
