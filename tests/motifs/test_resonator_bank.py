"""Resonators: a neuron answers its own frequency and phase; the closed form says when."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.motifs import resonator_bank
from neuro.simulators import simulate
from tests.motifs.checks import same_in_brian2

TUNED = np.arange(20.0, 71.0, 5.0)


def counts(pulses: np.ndarray, frequencies: np.ndarray, **settings: float) -> np.ndarray:
    pulses = np.round(pulses * 1e4) / 1e4
    return simulate(resonator_bank(frequencies, pulses, **settings), 6000).spikes["resonators"].counts()


def swings_over_one(pulses: np.ndarray, frequency: float, weight: float = 0.6, damping: float = 20.0) -> bool:
    """Whether the sum of the pulses' damped sines passes 1, in 0.1 ms steps."""
    since = np.arange(6000)[:, np.newaxis] * 1e-4 - np.round(pulses * 1e4) / 1e4
    since = np.where(since > 0, since, 0.0)
    y = weight * np.sum(np.exp(-damping * since) * np.sin(2 * np.pi * frequency * since), axis=1)
    return bool(y.max() > 1)


@pytest.mark.parametrize("frequency", [30.0, 40.0, 50.0])
def test_the_tuning_curve_peaks_at_the_neurons_own_frequency(frequency: float) -> None:
    tuned = TUNED[2 * frequency > TUNED]  # twice the frequency fits too
    response = counts(np.arange(0, 0.5, 1 / frequency), tuned)
    assert tuned[np.argmax(response)] == frequency
    assert response.max() >= 0.7 * frequency * 0.5, "a spike a pulse, once the first ones have added up"
    assert np.sort(response)[-2] <= 1, "neighbours 5 Hz away are silent but for a first swing"


@pytest.mark.parametrize("frequency", [32.0, 38.5, 40.0, 44.0])
def test_who_fires_is_what_the_closed_form_says(frequency: float) -> None:
    pulses = np.arange(0, 0.5, 1 / frequency)
    response = counts(pulses, TUNED) > 0
    np.testing.assert_array_equal(response, [swings_over_one(pulses, tuned) for tuned in TUNED])


def test_a_pair_of_pulses_must_fit_the_phase() -> None:
    """The second pulse adds a period after the first and cancels half a period after it (40 Hz: 25 ms)."""
    # Within a quarter of a period any two pulses add, so the scan begins after it.
    intervals = np.arange(10, 36, 2.5) * 1e-3
    fired = [counts(np.array([0.0, interval]), np.array([40.0]), weight=0.8)[0] for interval in intervals]
    chosen = intervals[np.flatnonzero(fired)]
    assert chosen.size > 0
    assert np.all((chosen >= 20e-3) & (chosen <= 27.5e-3))
    assert 25e-3 in chosen.round(4)


def test_without_resonance_there_is_no_tuning() -> None:
    # Strong damping: each pulse is forgotten before the next, whatever the frequency.
    assert counts(np.arange(0, 0.5, 0.025), TUNED, damping=200.0).sum() == 0
    strong = counts(np.arange(0, 0.5, 0.025), TUNED, damping=200.0, weight=8.0)
    assert np.count_nonzero(strong) > 6


def test_brian2_agrees() -> None:
    same_in_brian2(resonator_bank([30.0, 40.0, 50.0], [0.0, 0.025, 0.05, 0.075]), 900)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(InvalidInput, match="a vector of numbers above 0 Hz is allowed"):
        resonator_bank([0.0], [0.0])
    with pytest.raises(InvalidInput, match=r"damping is -1\.0; a rate above 0 Hz"):
        resonator_bank([40.0], [0.0], damping=-1.0)
