"""Rates: images as firing rates of input neurons."""

from __future__ import annotations

import numpy as np

from neuro.experiments.diehl_cook.circuit import Floats
from neuro.experiments.diehl_cook.data import Images
from neuro.experiments.diehl_cook.settings import DiehlCookSettings


def input_rates(images: Images, settings: DiehlCookSettings) -> Floats:
    """The rate of each input neuron in Hz, shape (images, pixels); a neuron fires once a tick at most.

    ``rate y / |y|`` with y = intensity ** contrast: every image has the same length as a vector, so that thin and fat
    digits drive the neurons alike. An empty image has no rates.
    """
    y = images.pixels.reshape(len(images), -1).astype(np.float64) ** settings.contrast
    length = np.linalg.norm(y, axis=1, keepdims=True)
    rates: Floats = settings.rate * y / np.maximum(length, 1e-9)
    return rates
