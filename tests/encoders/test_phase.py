"""Phase code: one spike a cycle, at a phase that slips so that cycles together resolve more."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.encoders import PhaseEncoder, SpikeCode
from tests.encoders.spiking import normalised, rounded, triples


@pytest.mark.parametrize(("cycle_ticks", "cycles"), [(25, 4), (2, 1), (2, 9), (11, 3), (100, 1)])
def test_spikes_follow_the_definition(cycle_ticks: int, cycles: int) -> None:
    vectors = np.vstack([normalised(5, 12), np.full((1, 12), 1.0), np.full((1, 12), -1.0), np.zeros((1, 12))])
    encoder = PhaseEncoder(12, cycle_ticks=cycle_ticks, cycles=cycles)
    expected = []
    for item, vector in enumerate(vectors):
        for j, value in enumerate(vector):
            level = rounded(cycles * (cycle_ticks - 1) * ((1 - value) / 2))
            expected += [(item, c * cycle_ticks + (level + c) // cycles, j) for c in range(cycles)]
    code = encoder.encode(vectors)
    assert triples(code) == sorted(expected)
    assert np.all(code.total(code.ticks // cycle_ticks) == sum(range(cycles)))  # one in each cycle


@pytest.mark.parametrize("cycles", [1, 2, 8])
def test_each_further_cycle_makes_the_step_finer(cycles: int) -> None:
    """Root mean square step / sqrt(12), step = 2 scale / (cycles 24); 40,000 values know it to 1 %."""
    vectors = np.random.default_rng(0).uniform(-1, 1, (100, 400))
    encoder = PhaseEncoder(400, cycles=cycles)
    error = encoder.decode(encoder.encode(vectors)) - vectors
    assert np.sqrt(np.mean(error**2)) == pytest.approx(2 / (24 * cycles) / np.sqrt(12), rel=0.02)


def test_code_similarity_is_the_cosine_of_the_phase_difference() -> None:
    encoder = PhaseEncoder(1, cycle_ticks=13, cycles=1)
    features = encoder.features(encoder.encode(np.array([[1.0], [0.5], [0.0], [-1.0]])))
    np.testing.assert_allclose(features @ features[0], [1.0, np.cos(np.pi / 4), 0.0, -1.0], atol=1e-12)


def test_lost_cycles_are_averaged_out_and_silence_is_zero() -> None:
    encoder = PhaseEncoder(2, cycle_ticks=11, cycles=2)
    code = SpikeCode([0], [13], [0], 1, 22, 2)  # tick 2 of the second cycle: u = 0.2
    np.testing.assert_allclose(encoder.decode(code), [[0.6, 0.0]], atol=1e-12)
    np.testing.assert_allclose(np.sum(encoder.features(code) ** 2), 1.0)
