"""Poisson spike trains, drawn before the run: the random drive of the motifs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.checks import to_ticks
from neuro.circuit import SpikeSource
from neuro.errors import InvalidInput


def poisson_source(name: str, rates: npt.ArrayLike, duration: Any, *, seed: int, dt: float = 1e-3) -> SpikeSource:
    """Independent Poisson trains: neuron i fires in a tick with probability ``rates[i] * dt``.

    Args:
        name: of the source.
        rates: shape (neurons,), in hertz, from 0 to 1/dt.
        duration: seconds, whole ticks.
        seed: of the draw; the same seed gives the same spikes.
        dt: length of a tick in seconds.

    Raises:
        InvalidInput: rates that are no vector or outside of 0 .. 1/dt.

    >>> len(poisson_source("noise", [50.0, 50.0], 10.0, seed=1).ticks)  # 1,000 expected
    959
    """
    chance = np.asarray(rates, dtype=np.float64) * dt
    if chance.ndim != 1 or not np.all((chance >= 0) & (chance <= 1)):
        raise InvalidInput(f"rates of shape {chance.shape}; a vector of rates from 0 to {1 / dt:g} Hz is allowed")
    ticks = int(to_ticks(duration, dt, f"the duration of source {name!r}"))
    rng = np.random.default_rng(seed)
    # Binomial counts and distinct ticks: the same law as a draw a tick, without a (ticks, neurons) array.
    at = [rng.choice(ticks, count, replace=False, shuffle=False) for count in rng.binomial(ticks, chance)]
    indices = np.repeat(np.arange(chance.size), [part.size for part in at])
    return SpikeSource(name, chance.size, np.concatenate([np.zeros(0, np.int64), *at]), indices)
