"""Spike trains with known statistics."""

from __future__ import annotations

import numpy as np

from neuro.spikes import Spikes

DT = 1e-3
TICKS = 4000


def from_mask(fires: np.ndarray) -> Spikes:
    """Spikes of a (ticks, neurons) mask."""
    ticks, indices = np.nonzero(fires)
    return Spikes(ticks.astype(np.int64), indices.astype(np.int64), fires.shape[1])


def bernoulli(seed: int, neurons: int, ticks: int = TICKS, probability: float = 0.03) -> Spikes:
    """Independent neurons that fire in each tick with one probability: Poisson processes on a grid."""
    return from_mask(np.random.default_rng(seed).random((ticks, neurons)) < probability)


def clock(period: int, neurons: int = 1, ticks: int = TICKS) -> Spikes:
    """All neurons fire together every ``period`` ticks."""
    fires = np.zeros((ticks, neurons), dtype=bool)
    fires[::period] = True
    return from_mask(fires)


def of(*trains: list[int]) -> Spikes:
    """Spikes with one list of ticks a neuron."""
    pairs = sorted((tick, neuron) for neuron, train in enumerate(trains) for tick in train)
    ticks, indices = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    return Spikes(ticks, indices, len(trains))
