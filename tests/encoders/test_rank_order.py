"""Rank order code: the order of spikes, nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neuro.encoders import RankOrderEncoder, SpikeCode
from tests.encoders.spiking import normalised, triples


@pytest.mark.parametrize("first", [None, 1, 7])
def test_spikes_follow_the_definition(first: int | None) -> None:
    vectors = np.rint(normalised(8, 20) * 12) / 12  # many ties, many zeros
    encoder = RankOrderEncoder(20, first=first)
    expected = []
    for item, vector in enumerate(vectors):
        order = sorted(range(20), key=lambda j: (-abs(vector[j]), j))[:first]
        expected += [(item, rank, 2 * j + (vector[j] < 0)) for rank, j in enumerate(order) if vector[j]]
    assert triples(encoder.encode(vectors)) == expected


def test_length_and_any_rising_function_of_magnitude_change_nothing() -> None:
    vectors, encoder = normalised(10, 50), RankOrderEncoder(50)
    for changed in (vectors * 1e200, vectors * 1e-200, np.sign(vectors) * np.abs(vectors) ** 3):
        assert triples(encoder.encode(changed)) == triples(encoder.encode(vectors))


def test_a_vector_that_has_the_profile_comes_back_exactly() -> None:
    profile = np.array([5.0, 3.0, 2.0, 0.5])
    random = np.random.default_rng(0)
    vectors = np.array([random.permutation(profile) * random.choice([-1, 1], 4) for _ in range(30)])
    encoder = RankOrderEncoder.fit(vectors)
    np.testing.assert_allclose(encoder.profile, profile, rtol=1e-14)
    np.testing.assert_allclose(encoder.decode(encoder.encode(vectors)), vectors, rtol=1e-14)
    two = RankOrderEncoder.fit(vectors, first=2)
    np.testing.assert_allclose(two.decode(two.encode(vectors)), np.where(np.abs(vectors) >= 3, vectors, 0), rtol=1e-14)


def test_the_default_profile_is_that_of_gaussian_vectors() -> None:
    profile = np.asarray(RankOrderEncoder(384).profile)
    assert np.linalg.norm(profile) == pytest.approx(1.0)
    measured = np.sort(np.abs(normalised(500, 384)), axis=1)[:, ::-1].mean(axis=0)
    np.testing.assert_allclose(profile[2:], measured[2:], atol=1.5e-3)
    quantiles = stats.halfnorm.ppf(1 - (np.arange(384) + 0.5) / 384)
    np.testing.assert_allclose(profile, quantiles / np.linalg.norm(quantiles), rtol=1e-9)


def test_decoding_looks_at_the_order_and_not_at_the_ticks() -> None:
    encoder = RankOrderEncoder(3, profile=np.array([4.0, 2.0, 1.0]))
    late = SpikeCode([0, 0, 1], [1, 2, 2], [5, 0, 2], 2, 3, 6)
    assert encoder.decode(late).tolist() == [[2.0, 0.0, -4.0], [0.0, 4.0, 0.0]]
    assert encoder.features(late).tolist() == [[2.0, 0.0, -3.0], [0.0, 3.0, 0.0]]


def test_more_spikes_than_ranks_add_nothing() -> None:
    encoder = RankOrderEncoder(3, first=2, profile=np.array([4.0, 2.0]))
    crowd = SpikeCode([0] * 3, [0, 1, 1], [0, 2, 4], 1, 2, 6)
    assert encoder.decode(crowd).tolist() == [[4.0, 2.0, 0.0]]
