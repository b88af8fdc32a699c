"""Data that the tests of the bridge make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits


@dataclass(frozen=True)
class Split:
    """Rows to store and rows to ask for."""

    stored: npt.NDArray[np.float64]
    queries: npt.NDArray[np.float64]


def split_digits(seed: int) -> Split:
    pixels = load_digits().data / 16.0
    order = np.random.default_rng(seed).permutation(len(pixels))
    return Split(pixels[order[:1437]], pixels[order[1437:]])


def clusters(seed: int, items: int = 300, dimension: int = 12) -> npt.NDArray[np.float64]:
    """Rows of a Gaussian mixture."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(8, dimension)) * 2.0
    return np.asarray(centres[generator.integers(0, 8, items)] + generator.normal(size=(items, dimension)))
