"""Brunel's stationary state: the rate and irregularity at which a neuron of the network keeps itself going.

    mu    = C_E J tau (nu_ext + nu (1 - g / 4)),      sigma^2 = C_E J^2 tau (nu_ext + nu (1 + g^2 / 4))
    1 / nu = t_ref + tau sqrt(pi) int_{y_r}^{y_th} exp(u^2) (1 + erf u) du,      y = (v - mu) / sigma
    CV^2   = 2 pi (nu tau)^2 int_{y_r}^{y_th} exp(x^2) int_{-inf}^{x} exp(y^2) (1 + erf y)^2 dy dx

Source: Brunel, J. Comput. Neurosci. 8 (2000), its stationary state with C_I = C_E / 4, for white noise: with the
paper's parameters it gives the paper's 55.8, 38.0 and 6.5 Hz.
"""

from __future__ import annotations

import numpy as np

from neuro.experiments.brunel.network import BrunelNetwork

_MOST = 499.0
"""Hz; t_ref = 2 ms lets no neuron fire faster than 500 Hz."""
_LINES = 4001


def stationary_rate(network: BrunelNetwork) -> float:
    """The self-consistent rate nu in Hz; the asynchronous state has it, whether it is stable or not."""
    from scipy.optimize import brentq

    return float(brentq(lambda rate: rate - _response(network, rate), 1e-6, _MOST))


def stationary_cv(network: BrunelNetwork) -> float:
    """The coefficient of variation of the intervals at the self-consistent rate."""
    from scipy.special import erfcx

    rate = stationary_rate(network)
    low, high = _bounds(network, rate)
    x = np.linspace(low, high, _LINES)
    # From so far below that nothing is left out; exp(y^2) (1 + erf y)^2 = exp(-y^2) erfcx(-y)^2.
    y = np.linspace(min(low, 0.0) - 6.0, high, 4 * _LINES)
    inner = np.exp(-(y**2)) * erfcx(-y) ** 2
    summed = np.concatenate([[0.0], np.cumsum((inner[1:] + inner[:-1]) / 2 * np.diff(y))])
    outer = np.exp(x**2) * np.interp(x, y, summed)
    area = float(((outer[1:] + outer[:-1]) / 2 * np.diff(x)).sum())
    return float(np.sqrt(2 * np.pi * (rate * network.tau) ** 2 * area))


def _response(network: BrunelNetwork, rate: float) -> float:
    """The rate of a neuron whose neighbours fire at a rate."""
    from scipy.integrate import quad
    from scipy.special import erfcx

    low, high = _bounds(network, rate)
    # exp(u^2) (1 + erf u) = erfcx(-u), which does not overflow below the threshold.
    area = quad(lambda u: float(erfcx(-u)), low, high)[0]
    return 1.0 / float(network.refractory + network.tau * np.sqrt(np.pi) * area)


def _bounds(network: BrunelNetwork, rate: float) -> tuple[float, float]:
    """Reset and threshold in units of sigma, from the mean potential."""
    g, inputs, external = network.inhibition, network.excitatory_inputs, network.external_rate
    drive = inputs * network.jump * network.tau
    inside = network.coupling * rate
    mean = drive * (external + inside * (1 - g / 4))
    spread = np.sqrt(drive * network.jump * (external + network.coupling * inside * (1 + g**2 / 4)))
    return float((network.reset - mean) / spread), float((network.threshold - mean) / spread)
