"""Capacity of a modern Hopfield memory: how many random patterns can stand side by side before attention is lost.

Patterns of length M in random directions of d dimensions; kappa = beta M^2, and t is the cosine of two of them, with
``P(t > c) = 1/2 I(1 - c^2; (d - 1)/2, 1/2)`` (regularised incomplete beta function) for c >= 0.

    softmax    the others' summed attention stays below (1 - w) / w of the right one's on average as long as
               N - 1 <= (1 - w) / w  exp(kappa) / E[exp(kappa t)],
               E[exp(kappa t)] = Gamma(d/2) (2 / kappa)^(d/2 - 1) I_{d/2 - 1}(kappa)   (modified Bessel function)
    sparse     nobody comes within the margin m with probability w as long as N - 1 <= (1 - w) / P(t > 1 - m / kappa)

Both are bounds on the mean (Markov, union), so a memory holds at least about that many; both grow exponentially with d
at a fixed kappa / d. Sources: Ramsauer et al., ICLR 2021, theorem 3, has the exponential law with weaker constants;
Demircigil et al., J. Stat. Phys. 168 (2017): about 2^(d/2) patterns of +-1 at beta = 1.
"""

from __future__ import annotations

import math

import numpy as np

from neuro.checks import check_positive, check_whole
from neuro.memories.hopfield.attention_weights import Activation, check_beta, margin

_LARGEST_EXPONENT = 700.0


def hopfield_capacity(
    dimensions: int,
    beta: float,
    *,
    length: float = 1.0,
    activation: Activation = Activation.SOFTMAX,
    weight: float = 0.5,
) -> float:
    """The number N of random patterns at which a stored one keeps the attention ``weight`` (see the module's text).

    Args:
        dimensions: d, at least 2.
        beta: inverse temperature, above 0.
        length: M of the patterns; 1 with cosine similarity.
        activation: softmax, or a sparse one.
        weight: softmax: the attention to the right pattern; sparse: the probability that it is exactly 1.

    Returns:
        N, at least 1; infinite where it is beyond all floats.

    Raises:
        InvalidInput: a value outside its range.
    """
    from scipy.special import betainc

    check_whole("dimensions", dimensions, 2, 1 << 24)
    check_positive("length", length)
    kappa, lead = check_beta(beta) * length * length, margin(activation, 1, weight)
    if activation is not Activation.SOFTMAX:
        nearest = 1.0 - lead / kappa
        tail = 0.5 * betainc((dimensions - 1) / 2, 0.5, 1.0 - min(nearest * nearest, 1.0))
        beyond = float(tail if nearest >= 0 else 1.0 - tail)
        return 1.0 + (1.0 - weight) / beyond if beyond > 0 else math.inf
    exponent = math.log((1.0 - weight) / weight) + kappa - _log_mean(dimensions, kappa)
    return 1.0 + math.exp(exponent) if exponent < _LARGEST_EXPONENT else math.inf


def _log_mean(dimensions: int, kappa: float) -> float:
    """``ln E[exp(kappa t)]``."""
    from scipy.special import gammaln, ive, logsumexp

    order = dimensions / 2 - 1
    scaled = float(ive(order, kappa))  # I(kappa) exp(-kappa)
    if scaled > 0:
        return float(gammaln(dimensions / 2) + order * math.log(2 / kappa) + math.log(scaled) + kappa)
    # kappa << d, and the Bessel function underflows: its power series, of which the factors cancel the first term.
    n = np.arange(2 * math.ceil(kappa) + 64)
    terms = 2 * n * math.log(kappa / 2) - gammaln(n + 1) - (gammaln(order + 1 + n) - gammaln(order + 1))
    return float(logsumexp(terms))
