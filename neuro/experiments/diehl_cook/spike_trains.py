"""Spike trains: images as Poisson rates of input neurons."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.experiments.diehl_cook.data import Images
from neuro.experiments.diehl_cook.settings import DiehlCookSettings

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_BLOCK = 200


def chances(images: Images, settings: DiehlCookSettings) -> Floats:
    """The probability that an input neuron fires in a tick, shape (images, pixels).

    ``rate dt y / |y|`` with y = intensity ** contrast, at most 1: every image has the same length as a vector, so that
    thin and fat digits drive the neurons alike.
    """
    y = images.pixels.reshape(len(images), -1).astype(np.float32) ** settings.contrast
    length = np.linalg.norm(y, axis=1, keepdims=True)
    scale = np.float32(settings.rate * settings.dt)
    chance: Floats = np.minimum(scale * y / np.maximum(length, np.float32(1e-9)), np.float32(1.0))
    return chance


def spike_trains(chance: Floats, window: int, period: int, generator: np.random.Generator) -> tuple[Ints, Ints]:
    """Spikes of the input neurons: ticks and indices.

    Image m is shown in the ticks m period <= n < m period + window, in each of which an input neuron fires with its
    chance: a Poisson process at the resolution of a tick.
    """
    ticks, indices = [], []
    for start in range(0, len(chance), _BLOCK):
        block = chance[start : start + _BLOCK, None]
        drawn = generator.random((len(block), window, chance.shape[1]), dtype=np.float32)
        image, tick, index = np.nonzero(drawn < block)
        ticks.append((start + image) * period + tick)
        indices.append(index)
    empty = np.zeros(0, np.int64)
    return np.concatenate([empty, *ticks]), np.concatenate([empty, *indices])
