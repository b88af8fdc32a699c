"""Delta code: spikes only where a sequence moves, and an integrator follows it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuro.encoders import DeltaEncoder
from tests.encoders.spiking import normalised, triples


def by_hand(encoder: DeltaEncoder, sequence: np.ndarray) -> list[tuple[int, int, int]]:
    """The modulator tick by tick, in steps."""
    spikes, reference = [], [0] * encoder.dimensions
    for item, sample in enumerate(sequence):
        for tick in range(encoder.ticks):
            for j, value in enumerate(sample):
                above = value / encoder.scale * encoder.levels - reference[j]
                if abs(above) >= 1:
                    reference[j] += 1 if above > 0 else -1
                    spikes.append((item, tick, 2 * j + (above < 0)))
    return spikes


@pytest.mark.parametrize(("levels", "ticks"), [(32, 64), (32, 5), (100, 1), (1, 2)])
def test_spikes_follow_the_modulator(levels: int, ticks: int) -> None:
    sequence = normalised(12, 5)
    encoder = DeltaEncoder(5, levels=levels, ticks=ticks)
    assert triples(encoder.encode(sequence)) == sorted(by_hand(encoder, sequence))


@given(arrays(np.float64, (9, 3), elements=st.floats(-1, 1)), st.integers(1, 40), st.integers(1, 90))
@settings(max_examples=60)
def test_a_sequence_slow_enough_is_followed_within_a_step(sequence: np.ndarray, levels: int, ticks: int) -> None:
    encoder = DeltaEncoder(3, levels=levels, ticks=ticks)
    error = np.abs(encoder.decode(encoder.encode(sequence)) - sequence) * levels
    change = np.abs(np.diff(sequence, axis=0, prepend=0.0)).max() * levels
    if change + 1 <= ticks:  # the reference may lag by a step already
        assert error.max() < 1 + 1e-9


def test_a_slow_sine_costs_its_path_length_and_a_rest_nothing() -> None:
    """Four times the amplitude a period: 4 * 16 steps, less one at each turn, for any number of samples."""
    encoder = DeltaEncoder(1, levels=16, ticks=2)
    for samples in (200, 1000):
        sine = np.sin(2 * np.pi * np.arange(5 * samples) / samples)[:, None]
        a_period = encoder.encode(sine).presentation(0).size and len(encoder.encode(sine)) / 5
        assert 4 * 16 - 4 <= a_period <= 4 * 16
    still = encoder.encode(np.full((50, 1), 0.99))
    assert len(still) == len(encoder.encode(np.full((8, 1), 0.99))) == 15


def test_a_change_too_fast_is_overloaded_and_caught_up() -> None:
    encoder = DeltaEncoder(1, levels=10, ticks=3)
    decoded = encoder.decode(encoder.encode(np.array([[1.0]] * 5 + [[-1.0]] * 3)))
    np.testing.assert_allclose(decoded[:, 0], [0.3, 0.6, 0.9, 1.0, 1.0, 0.7, 0.4, 0.1])
