"""Undamped resonators hold bound pairs over a stream."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.memories.vsa import FHRR
from neuro.resonance.phasor_stream import PhasorStream


@pytest.mark.long
def test_pairs_are_recalled_whenever_they_came() -> None:
    algebra, stream = FHRR(512), PhasorStream(512)
    keys, codebook = algebra.random(12, seed=0), algebra.random(100, seed=1)
    random = np.random.default_rng(2)
    stored = random.integers(0, 100, 12)
    for part in range(3):
        own = slice(4 * part, 4 * part + 4)
        stream.listen(2000, random.permutation(2000)[:4], keys[own], codebook[stored[own]])
    stream.listen(1500)
    np.testing.assert_array_equal(stream.recall(keys, codebook), stored)
    expected = algebra.bundle(algebra.bind(keys, codebook[stored]))
    assert np.abs(stream.trace() - expected).max() < 0.01 * np.sqrt(12)
    assert stream.state_bytes == 512 * 16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "steps is 0"),
        ((5, [5]), "from 0 to 4 are allowed"),
        ((5, [1, 1]), "at different whole steps, from 0 to 4"),
        (
            (5, [1], np.ones((2, 4), np.complex64), np.ones((2, 4), np.complex64)),
            "2 keys and 2 values were given for 1 steps",
        ),
        (
            (5, [1, 2], np.ones((2, 4), np.complex64), np.ones((1, 4), np.complex64)),
            "2 keys and 1 values were given for 2",
        ),
        ((5, [0.5], np.ones((1, 4), np.complex64), np.ones((1, 4), np.complex64)), "at different whole steps"),
        ((5, (), np.ones((1, 4), np.complex64), np.ones((1, 4), np.complex64)), "pairs were given for no step"),
        ((5, [1], np.ones((1, 3), np.complex64), np.ones((1, 4), np.complex64)), "3 dimensions; 4 are allowed"),
    ],
)
def test_bad_input_is_named(arguments: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        PhasorStream(4).listen(*arguments)
