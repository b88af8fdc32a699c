"""Latency code: one spike a value, earlier for larger ones."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.encoders import LatencyEncoder, SpikeCode
from tests.encoders.spiking import normalised, rounded, triples


@pytest.mark.parametrize("ticks", [1, 5, 64, 1000])
def test_spikes_follow_the_definition(ticks: int) -> None:
    vectors = normalised(6, 20)
    encoder = LatencyEncoder.fit(vectors, ticks=ticks)
    expected = []
    for item, vector in enumerate(vectors):
        for j, value in enumerate(vector):
            level = rounded(ticks * abs(value) / encoder.scale)
            if level:
                expected.append((item, ticks - level, 2 * j + (value < 0)))
    assert triples(encoder.encode(vectors)) == sorted(expected)


def test_the_error_is_that_of_a_uniform_quantiser() -> None:
    """Root mean square step / sqrt(12); 40,000 values know it to 1 %."""
    vectors = np.random.default_rng(0).uniform(-1, 1, (100, 400))
    encoder = LatencyEncoder(400, ticks=50)
    error = encoder.decode(encoder.encode(vectors)) - vectors
    assert np.sqrt(np.mean(error**2)) == pytest.approx(1 / 50 / np.sqrt(12), rel=0.01)


def test_only_the_first_spike_counts() -> None:
    encoder = LatencyEncoder(1, ticks=10, scale=2.0)
    code = SpikeCode([0, 0, 0], [3, 4, 9], [0, 0, 0], 1, 10, 2)
    assert encoder.decode(code).tolist() == [[pytest.approx(2.0 * 0.7)]]
    both = SpikeCode([0, 0], [3, 5], [0, 1], 1, 10, 2)
    assert encoder.decode(both).tolist() == [[pytest.approx(2.0 * (0.7 - 0.5))]]
