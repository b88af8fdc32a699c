"""Random numbers that every target draws alike: a hash of (seed, tick, index), no stream and no state.

    m(x) = three xor-shifts and two odd multiplications modulo 2**32, a bijection of 32-bit words
    random_bits(seed, tick, index) = m(m(seed xor tick * A) xor index * B),  uniform on 0 .. 2**32 - 1
    random_normal(seed, tick, index) = sqrt(-2 ln u) cos(2 pi w), u and w from two such words (Box & Muller 1958)
    random_poisson(seed, tick, index, mean) = how many factors u_1 u_2 ... stay above exp(-mean), u_k from the seeds
        seed xor k * C (Knuth 1969); a mean above 500 is the sum of equal parts

The counter-based idea is that of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); the mixing
constants are Ellis's low-bias ones (2018). 32-bit shifts, xors and multiplications are all that silicon needs.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

WORD = 0xFFFFFFFF
TICK_FACTOR = 0x9E3779B1
INDEX_FACTOR = 0x85EBCA77
MIX_FACTORS = (0x7FEB352D, 0x846CA68B)
SECOND_WORD = 0x5BD1E995
"""Mixed into the seed for the second word of a normal number."""
POISSON_FACTOR = 0xC2B2AE35
"""Times the number of the factor: mixed into the seed for the words of a Poisson number."""
LARGEST_MEAN = 500.0
"""The largest mean of a Poisson number that is drawn at once: exp(-mean) stays a normal double."""

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
    """A Poisson number of the given mean for each (seed, tick, index); 0 where the mean is not above 0.

    The time is that of the mean: one word for each event.
    """
    given = np.broadcast_arrays(_words(seed), _words(tick), _words(index), np.asarray(mean, dtype=np.float64))
    words, means = [part.astype(np.uint64).ravel() for part in given[:3]], given[3].ravel()
    count = np.zeros(means.size)
    parts = np.ceil(means / LARGEST_MEAN)
    bound = np.exp(-means / np.maximum(parts, 1.0))
    product, drawn = np.ones(means.size), 0
    waiting = np.flatnonzero(parts > 0)
    while waiting.size:
        drawn += 1
        mixed = words[0][waiting] ^ np.uint64(drawn * POISSON_FACTOR & WORD)
        product[waiting] *= (random_bits(mixed, words[1][waiting], words[2][waiting]) + 1.0) / 4294967296.0
        goes_on = product[waiting] > bound[waiting]
        count[waiting[goes_on]] += 1
        ended = waiting[~goes_on]
        parts[ended] -= 1
        product[ended] = 1.0
        waiting = waiting[parts[waiting] > 0]
    return count.reshape(given[3].shape)


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
