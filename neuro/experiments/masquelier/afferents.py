"""Two thousand spike trains with ever changing rates, half of which repeat a pattern."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.circuit import SpikeSource

BoolArray = npt.NDArray[np.bool_]

DT = 1e-3
SLOT = 50
"""Ticks of the pattern; time is cut into slots of its length."""
_HIGHEST_RATE, _STEEPEST, _SLOPE_STEP, _NOISE = 90.0, 1800.0, 360.0, 10.0
"""Hz, Hz/s, Hz/s a tick, Hz: the walk of the rates, and what fires on top of it, pattern or not."""
_WARM_UP = 20
"""Slots after which the walk forgot its start: the pattern is drawn from the same law as what follows it."""


class Afferents:
    """Spike trains on ticks of 1 ms, drawn slot after slot.

    Each rate walks between 0 and 90 Hz, its slope changing by up to 360 Hz/s a tick, within 1,800 Hz/s. A train
    that is silent for a whole slot gets one spike in it, so that the pattern holds every afferent.
    """

    def __init__(self, rng: np.random.Generator, afferents: int, jitter: float) -> None:
        self._rng, self._jitter = rng, jitter / DT
        self._rate = rng.uniform(0, _HIGHEST_RATE, afferents).astype(np.float32)
        self._slope = rng.uniform(-_STEEPEST, _STEEPEST, afferents).astype(np.float32)
        self._background(_WARM_UP)
        self.pattern: BoolArray = self._background(1)[:, : afferents // 2].copy()

    def draw(self, shown: BoolArray) -> SpikeSource:
        """The next slots, with the pattern where it is shown and noise on top of everything."""
        fired = self._background(shown.size)
        ticks, afferents = fired.shape
        at, index = np.nonzero(self.pattern)
        starts = np.flatnonzero(shown) * SLOT
        for start in starts:
            fired[start : start + SLOT, : self.pattern.shape[1]] = False
        for start in starts:
            moved = start + at + np.rint(self._rng.normal(0, self._jitter, at.size)).astype(np.int64)
            fired[np.clip(moved, 0, ticks - 1), index] = True
        noise = self._rng.binomial(fired.size, _NOISE * DT)
        fired.reshape(-1)[self._rng.integers(0, fired.size, noise)] = True
        place = np.flatnonzero(fired)
        return SpikeSource("afferents", afferents, place // afferents, place % afferents)

    def _background(self, slots: int) -> BoolArray:
        ticks, afferents = slots * SLOT, self._rate.size
        chance = np.empty((ticks, afferents), np.float32)
        for start in range(0, ticks, SLOT):
            self._walk(chance[start : start + SLOT])
        fired = (self._rng.random(chance.shape, dtype=np.float32) < chance).reshape(slots, SLOT, afferents)
        slot, silent = np.nonzero(~fired.any(axis=1))
        fired[slot, self._rng.integers(0, SLOT, silent.size), silent] = True
        return fired.reshape(ticks, afferents)

    def _walk(self, chance: npt.NDArray[np.float32]) -> None:
        """Write the probability of a spike into each row, (ticks, afferents), and go on from there."""
        steps = self._rng.random(chance.shape, dtype=np.float32)
        steps -= np.float32(0.5)
        steps *= np.float32(2 * _SLOPE_STEP)
        for tick, step in enumerate(steps):
            self._slope += step
            np.minimum(self._slope, _STEEPEST, out=self._slope)
            np.maximum(self._slope, -_STEEPEST, out=self._slope)
            self._rate += self._slope * np.float32(DT)
            np.minimum(self._rate, _HIGHEST_RATE, out=self._rate)
            np.maximum(self._rate, 0, out=self._rate)
            chance[tick] = self._rate
        chance *= np.float32(DT)
