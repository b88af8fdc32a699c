"""Random numbers that every target draws alike: a hash of (seed, tick, index), no stream and no state.

    m(x) = three xor-shifts and two odd multiplications modulo 2**32, a bijection of 32-bit words
    random_bits(seed, tick, index) = m(m(seed xor tick * A) xor index * B),  uniform on 0 .. 2**32 - 1
    random_normal(seed, tick, index) = sqrt(-2 ln u) cos(2 pi w), u and w from two such words (Box & Muller 1958)
    random_poisson(seed, tick, index, mean) = that of :mod:`neuro.alias_tables` for such a word x and x * A mod 2**32

The counter-based idea is that of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); the mixing
constants are Ellis's low-bias ones (2018). 32-bit shifts, xors and multiplications are all that silicon needs.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from neuro.alias_tables import LARGEST_MEAN, MEAN_STEPS, SHARE_BITS, poisson_tables

WORD = 0xFFFFFFFF
TICK_FACTOR = 0x9E3779B1
INDEX_FACTOR = 0x85EBCA77
MIX_FACTORS = (0x7FEB352D, 0x846CA68B)
POISSON_FACTOR = 0xC2B2AE35
"""Times the number of a part of a large mean: mixed into the seed."""
MOST_LEFT = 6
"""Largest number of the mean that the grid leaves, below 1/64: 2**-32 lies beyond."""
SECOND_WORD = 0x5BD1E995
"""Mixed into the seed for the second word of a normal number."""

_Words = npt.NDArray[np.uint64]


def random_bits(seed: npt.ArrayLike, tick: npt.ArrayLike, index: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """A whole number from 0 to 2**32 - 1 (as float64, exact) for each (seed, tick, index); shapes broadcast.

    >>> random_bits(1, 0, [0, 1]).tolist() == random_bits(1, 0, [0, 1]).tolist()
    True
    """
    return _hashed(_words(seed), _words(tick), _words(index)).astype(np.float64)


def random_normal(seed: npt.ArrayLike, tick: npt.ArrayLike, index: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """A standard normal number for each (seed, tick, index); shapes broadcast."""
    first = random_bits(seed, tick, index)
    second = random_bits(_words(seed) ^ np.uint64(SECOND_WORD), tick, index)
    radius: npt.NDArray[np.float64] = np.sqrt(-2.0 * np.log((first + 1.0) / 4294967296.0))
    normal: npt.NDArray[np.float64] = radius * np.cos(second * (2.0 * np.pi / 4294967296.0))
    return normal


def random_poisson(
    seed: npt.ArrayLike, tick: npt.ArrayLike, index: npt.ArrayLike, mean: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """A Poisson number for each (seed, tick, index) and mean; shapes broadcast; 0 where the mean is not above 0.

    Means above 16 take a look into the table for every 16.
    """
    means = np.asarray(mean, dtype=np.float64)
    parts = np.ceil(np.where(means > 0, means, 0.0) / LARGEST_MEAN)
    count = np.zeros(np.broadcast_shapes(*(np.shape(part) for part in (seed, tick, index, mean))))
    each = np.where(parts > 0, means, 0.0) / np.maximum(parts, 1.0)
    for part in range(int(np.max(parts, initial=0.0))):
        mixed = _words(seed) ^ np.uint64(part * POISSON_FACTOR & WORD)
        first = random_bits(mixed, tick, index).astype(np.uint64)
        drawn = _looked_up(first, each) + _rest(first * np.uint64(TICK_FACTOR) & np.uint64(WORD), each)
        count += np.where(part < parts, drawn, 0.0)
    return count


def _looked_up(words: _Words, mean: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    limits, others = poisson_tables()
    row = np.broadcast_to(np.floor(mean * MEAN_STEPS).astype(np.int64), words.shape)
    column = (words >> np.uint64(SHARE_BITS)).astype(np.int64)
    share = words & np.uint64((1 << SHARE_BITS) - 1)
    return np.where(share < limits[row, column], column, others[row, column]).astype(np.float64)


def _rest(words: _Words, mean: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The number of the mean that the grid leaves: how many terms of the series a word passes."""
    left = mean - np.floor(mean * MEAN_STEPS) / MEAN_STEPS
    chance = 1.0 - left * (1.0 - left / 2.0 * (1.0 - left / 3.0 * (1.0 - left / 4.0 * (1.0 - left / 5.0))))
    level, passed = chance, np.zeros(words.shape)
    at = (words + 0.5) / 4294967296.0
    for count in range(1, MOST_LEFT + 1):
        passed += at >= level
        chance = chance * (left / count)
        level = level + chance
    return passed


def stream_seed(seed: int, *names: str) -> int:
    """The 32-bit seed of a named stream of a circuit, e.g. of one population."""
    return int.from_bytes(hashlib.sha256("/".join((str(seed), *names)).encode()).digest()[:4], "little")


def _words(values: npt.ArrayLike) -> _Words:
    return np.asarray(values).astype(np.int64).astype(np.uint64) & np.uint64(WORD)


def _hashed(seed: _Words, tick: _Words, index: _Words) -> _Words:
    word = np.uint64(WORD)
    first = _mixed(seed ^ (tick * np.uint64(TICK_FACTOR) & word))
    return _mixed(first ^ (index * np.uint64(INDEX_FACTOR) & word))


def _mixed(x: _Words) -> _Words:
    one, two = (np.uint64(factor) for factor in MIX_FACTORS)
    word = np.uint64(WORD)
    x = x ^ (x >> np.uint64(16))
    x = (x * one) & word
    x = x ^ (x >> np.uint64(15))
    x = (x * two) & word
    return x ^ (x >> np.uint64(16))
