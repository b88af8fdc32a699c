"""How many items a sum of random phasor vectors holds: recall is a choice between Gaussians.

K key-value pairs are bound and summed; unbound with a key, one place of the sum is the value's phasor plus K - 1
others, which are complex Gaussian noise. The score of a codeword is the mean of Re(conj(codeword) * read) over D
places, normal by the central limit: N(m, v_hit / D) for the right one, N(0, v_other / D) for each of the C - 1 others
of the codebook.

    accuracy = int dh  N(h; m, v_hit / D)  Phi(h / sqrt(v_other / D))^(C - 1)

Raw sums: m = 1, v_hit = (K - 1) / 2, v_other = K / 2. If only phases are kept, with rho = 1 / (K - 1) the error theta
of a phase has the density

    f(theta) = exp(-rho) / 2 pi + sqrt(rho / 4 pi) cos(theta) exp(-rho sin^2 theta) (1 + erf(sqrt(rho) cos theta))

m = E cos, v_hit = Var cos, v_other = 1/2; with S slots theta is rounded to multiples of 2 pi / S first.
Source: Frady, Kleyko & Sommer, *A theory of sequence indexing and working memory in recurrent neural networks*, Neural
Computation 30 (2018); density of the phase: Bennett, Proc. IRE 44 (1956).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuro.arrays import FloatArray, FloatingArray
from neuro.checks import check_whole
from neuro.errors import InvalidInput

_LARGEST = 1 << 40
_GRID = 1 << 14


class CapacityWarning(UserWarning):
    """More is stored than can be recalled at the accuracy that was asked for; the message has the expected one."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What one place tells of the right codeword: mean and variance of its score, variance of any other's."""

    mean: float
    hit_variance: float
    other_variance: float


def raw_sum(items: int) -> Detection:
    """The sum of so many bound pairs, kept as it is."""
    check_whole("items", items, 1, _LARGEST)
    return Detection(1.0, (items - 1) / 2, items / 2)


def unit_phasors(items: int) -> Detection:
    """The sum of so many bound pairs of which only the phases are kept."""
    return _phases(items, None)


def spike_slots(items: int, slots: int) -> Detection:
    """As :func:`unit_phasors`, the phases rounded to so many slots; the codewords have such phases as well."""
    check_whole("slots", slots, 2, 1 << 12)
    return _phases(items, slots)


def recall_accuracy(place: Detection, dimensions: int, codebook: int) -> float:
    """The chance that the right one of ``codebook`` codewords scores highest.

    Args:
        place: what one place tells.
        dimensions: D.
        codebook: C, at least 1.

    >>> round(recall_accuracy(raw_sum(250), 4096, 1000), 4)
    0.9899
    """
    from scipy.special import log_ndtr

    check_whole("dimensions", dimensions, 1, _LARGEST)
    check_whole("codebook", codebook, 1, _LARGEST)
    if place.hit_variance == 0:
        return float(np.exp((codebook - 1) * log_ndtr(place.mean * np.sqrt(dimensions / place.other_variance))))
    steps = np.linspace(-9.0, 9.0, 4001)
    scores = place.mean + steps * np.sqrt(place.hit_variance / dimensions)
    others = (codebook - 1) * log_ndtr(scores / np.sqrt(place.other_variance / dimensions))
    density = np.exp(-steps * steps / 2) / np.sqrt(2 * np.pi)
    return float(np.sum(density * np.exp(others)) * (steps[1] - steps[0]))


def largest_load(dimensions: int, codebook: int, accuracy: float) -> int:
    """The most items whose raw sum is still recalled with ``accuracy``; 0 if one is too many.

    Raises:
        InvalidInput: an accuracy that is not above chance and below 1, a codebook without codewords.

    >>> largest_load(1024, 1000, 0.99)
    62
    """
    check_whole("codebook", codebook, 1, _LARGEST)
    if not 1 / codebook < accuracy < 1:
        raise InvalidInput(f"accuracy is {accuracy!r}; a number above 1 / {codebook} and below 1 is allowed")
    low, high = 0, 1
    while recall_accuracy(raw_sum(high), dimensions, codebook) >= accuracy:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if recall_accuracy(raw_sum(middle), dimensions, codebook) >= accuracy:
            low = middle
        else:
            high = middle
    return low


def _phases(items: int, slots: int | None) -> Detection:
    check_whole("items", items, 1, _LARGEST)
    if items == 1:
        return Detection(1.0, 0.0, 0.5)
    # The middles of cells that the slots' borders do not cut.
    cells = _GRID if slots is None else slots * max(64, _GRID // slots)
    theta = (np.arange(cells) + 0.5) * (2 * np.pi / cells)
    weight = _phase_density(theta, 1 / (items - 1)) * (2 * np.pi / cells)
    seen = theta if slots is None else np.rint(theta * slots / (2 * np.pi)) * (2 * np.pi / slots)
    cosine = np.cos(seen)
    mean = float(np.sum(weight * cosine))
    return Detection(mean, float(np.sum(weight * cosine**2)) - mean**2, 0.5)


def _phase_density(theta: FloatingArray, rho: float) -> FloatArray:
    from scipy.special import erf

    cosine = np.cos(theta)
    swing = np.sqrt(rho / (4 * np.pi)) * cosine * np.exp(-rho * np.sin(theta) ** 2) * (1 + erf(np.sqrt(rho) * cosine))
    return np.asarray(np.exp(-rho) / (2 * np.pi) + swing)
