"""Vectors and encoders that the tests of spike encoders share."""

from __future__ import annotations

import inspect

import numpy as np

from neuro import encoders
from neuro.encoders import ScaledEncoder, SpikeCode, SpikeEncoder

KINDS: tuple[type[SpikeEncoder], ...] = tuple(
    value
    for name in encoders.__all__
    if inspect.isclass(value := getattr(encoders, name))
    and issubclass(value, SpikeEncoder)
    and not inspect.isabstract(value)
)
"""Every spike encoder that ``neuro.encoders`` offers."""

SCALED: tuple[type[ScaledEncoder], ...] = tuple(kind for kind in KINDS if issubclass(kind, ScaledEncoder))


def normalised(count: int, dimensions: int, seed: int = 0) -> np.ndarray:
    """Gaussian vectors of length 1."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimensions))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def embedding_like(count: int, dimensions: int, seed: int = 0) -> np.ndarray:
    """Vectors of length 1 as language models give them: clustered, off centre, a few large dimensions, float32."""
    random = np.random.default_rng(seed)
    spread = random.gamma(4.0, 0.25, dimensions)
    centres = random.standard_normal((10, dimensions)) * spread
    vectors = 0.5 * spread + centres[random.integers(0, 10, count)]
    vectors += random.standard_normal((count, dimensions)) * spread
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def triples(code: SpikeCode) -> list[tuple[int, int, int]]:
    """(item, tick, neuron) of every spike, in the code's order."""
    return list(zip(code.items.tolist(), code.ticks.tolist(), code.indices.tolist(), strict=True))


def rounded(value: float) -> int:
    """The nearest whole number, halves up."""
    return int(np.floor(value + 0.5))
