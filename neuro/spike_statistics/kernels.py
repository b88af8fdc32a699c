"""Kernels: the shapes that a spike is smeared into to give a rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from neuro.spike_statistics.windows import seconds

FloatArray = npt.NDArray[np.float64]
_GAUSSIAN_REACH = 6.0  # standard deviations: 2e-9 of the area is beyond
_EXPONENTIAL_REACH = 20.0  # time constants: 2e-9 of the area is beyond


class Kernel(Protocol):
    """What one spike adds to a rate, sampled once a tick."""

    def samples(self, dt: float) -> tuple[FloatArray, int]:
        """Values in Hz whose sum times dt is 1, shape (taps,), and the place of lag 0 among them."""
        ...


@dataclass(frozen=True, slots=True)
class GaussianKernel:
    """k(t) = exp(-t^2 / (2 sigma^2)) / (sigma sqrt(2 pi)), as wide to the past as to the future.

    Args:
        sigma: standard deviation in seconds.
    """

    sigma: Any

    def samples(self, dt: float) -> tuple[FloatArray, int]:
        """Values in Hz from -6 sigma to 6 sigma, and the place of lag 0."""
        sigma = seconds(self.sigma, "sigma of the kernel")
        reach = int(np.ceil(_GAUSSIAN_REACH * sigma / dt))
        values = np.exp(-0.5 * (np.arange(-reach, reach + 1) * dt / sigma) ** 2)
        return values / (values.sum() * dt), reach


@dataclass(frozen=True, slots=True)
class ExponentialKernel:
    """k(t) = exp(-t / tau) / tau for t >= 0, and 0 before: only the past counts.

    Args:
        tau: time constant in seconds.
    """

    tau: Any

    def samples(self, dt: float) -> tuple[FloatArray, int]:
        """Values in Hz from 0 to 20 tau, and the place of lag 0, which is the first."""
        tau = seconds(self.tau, "tau of the kernel")
        values = np.exp(-np.arange(int(np.ceil(_EXPONENTIAL_REACH * tau / dt)) + 1) * dt / tau)
        return values / (values.sum() * dt), 0
