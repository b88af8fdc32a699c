"""PING: the population rate oscillates near 40 Hz, in every seed, and only while the loop is closed.

The criterion: Welch's spectrum of the population's spikes per ms, divided by its mean, is 1 at every frequency for
independent Poisson cells. A rhythm is a peak far above that: over 100. Without the loop it stays below 15: cells that
fire regularly on their own leave a small peak at their own rate.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.signal import welch

from neuro.motifs import ping
from neuro.simulators import simulate
from neuro.spikes import Spikes
from tests.motifs.checks import same_in_brian2

TICKS = 10_000
TAU_I = 6e-3


def peak(spikes: Spikes) -> tuple[float, float]:
    """Frequency in hertz and height, in units of shot noise, of the largest peak from 10 to 150 Hz after 200 ms."""
    counts = np.bincount(spikes.ticks // 10, minlength=TICKS // 10)[200:].astype(float)
    frequency, power = welch(counts, fs=1000.0, nperseg=400, nfft=4096, scaling="density")
    shown = (frequency >= 10) & (frequency <= 150)
    # One-sided spectrum of Poisson counts: 2 * mean / fs.
    height = power[shown] / (2 * counts.mean() / 1000.0)
    return float(frequency[shown][np.argmax(height)]), float(height.max())


@cache
def run(seed: int, inhibition: float = 50e-9, tau_i: float = TAU_I) -> dict[str, Spikes]:
    circuit = ping(TICKS * 1e-4, inhibition=inhibition, tau_i=tau_i, seed=seed)
    return dict(simulate(circuit, TICKS).spikes)


@pytest.mark.parametrize("seed", range(10))
def test_the_population_oscillates_at_forty_hertz(seed: int) -> None:
    for name in ("excitatory", "inhibitory"):
        frequency, height = peak(run(seed)[name])
        assert 35 <= frequency <= 45
        assert height > 100


@pytest.mark.parametrize("seed", range(3))
def test_without_inhibition_there_is_no_peak(seed: int) -> None:
    cut = run(seed, inhibition=0.0)
    assert len(cut["excitatory"]) > len(run(seed)["excitatory"])  # it does fire, and more
    assert peak(cut["excitatory"])[1] < 15


def test_rates_are_those_of_cortex_not_of_an_epileptic_seizure() -> None:
    spikes = run(0)
    excitatory, inhibitory = (len(spikes[name]) / spikes[name].size for name in ("excitatory", "inhibitory"))
    assert 15 < excitatory < 40, "excitatory cells skip cycles"
    assert 35 < inhibitory < 50, "inhibitory cells fire once a cycle"


def test_inhibition_follows_excitation() -> None:
    """The order of PING: in each cycle the inhibitory volley comes within 5 ms after the excitatory one."""
    spikes = run(1)
    excitatory, inhibitory = (
        np.bincount(spikes[name].ticks // 10, minlength=TICKS // 10)[200:].astype(float)
        for name in ("excitatory", "inhibitory")
    )
    lags = np.arange(-12, 13)
    cross = [np.dot(excitatory[12:-12], np.roll(inhibitory, -lag)[12:-12]) for lag in lags]
    assert 1 <= lags[int(np.argmax(cross))] <= 5


def test_slower_inhibition_makes_a_slower_rhythm() -> None:
    frequencies = [peak(run(2, tau_i=tau)["excitatory"])[0] for tau in (4e-3, TAU_I, 10e-3)]
    assert frequencies[0] > frequencies[1] + 5
    assert frequencies[1] > frequencies[2] + 5


def test_brian2_agrees() -> None:
    same_in_brian2(ping(0.06, cells=(40, 10), seed=3), 600)
