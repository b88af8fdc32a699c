"""A resonator network takes products apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.memories.vsa import FHRR, ResonatorNetwork

BOOKS = [FHRR(512).random(16, seed=seed) for seed in range(3)]


def test_it_finds_the_factors_of_products() -> None:
    network, random = ResonatorNetwork(BOOKS), np.random.default_rng(0)
    for chosen in random.integers(0, 16, (20, 3)):
        found = network.factorise(network.compose(chosen))
        np.testing.assert_array_equal(found.indices, chosen)
        assert found.similarity == pytest.approx(1.0, abs=1e-5)
        assert found.steps <= 200


def test_noise_on_the_product_is_borne() -> None:
    network = ResonatorNetwork(BOOKS)
    noisy = network.compose([3, 1, 4]) + FHRR(512).random(1, seed=9)[0]
    assert network.factorise(noisy).indices.tolist() == [3, 1, 4]


def test_a_vector_that_is_no_product_is_told_by_its_similarity() -> None:
    found = ResonatorNetwork(BOOKS, steps=20).factorise(FHRR(512).random(1, seed=5)[0])
    assert abs(found.similarity) < 0.5
    assert found.steps == 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ResonatorNetwork(BOOKS[:1]), "1 codebooks were given; two or more"),
        (lambda: ResonatorNetwork([BOOKS[0], BOOKS[1][:, :9]]), "9 dimensions; 512 are allowed"),
        (lambda: ResonatorNetwork(BOOKS).factorise(np.ones(3, complex)), "3 dimensions"),
        (lambda: ResonatorNetwork(BOOKS).factorise(BOOKS[0]), "factorise one by one"),
        (lambda: ResonatorNetwork(BOOKS).compose([1, 2]), "3 integers are allowed"),
        (lambda: ResonatorNetwork(BOOKS).compose([1, 2, 16]), "index is 16; a whole number from 0 to 15"),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()
