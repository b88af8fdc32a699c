"""Rates: how often neurons fire, as means, in bins, and smoothed over time by the kernel that a spike becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from neuro.analysis.statistics.windows import Measure, check_range, seconds, whole_bins, whole_ticks
from neuro.arrays import FloatArray, IntArray
from neuro.spikes import Spikes

_GAUSSIAN_REACH = 6.0  # standard deviations: 2e-9 of the area is beyond
_EXPONENTIAL_REACH = 20.0  # time constants: 2e-9 of the area is beyond


class Kernel(Protocol):
    """What one spike adds to a rate, sampled once a tick."""

    def samples(self, dt: float) -> tuple[FloatArray, int]:
        """Values in Hz whose sum times dt is 1, shape (samples,), and the place of lag 0 among them."""
        ...


@dataclass(frozen=True, slots=True)
class GaussianKernel:
    """k(t) = exp(-t^2 / (2 sigma^2)) / (sigma sqrt(2 pi)), as wide to the past as to the future.

    Args:
        sigma: standard deviation in seconds.
    """

    sigma: Measure

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

    tau: Measure

    def samples(self, dt: float) -> tuple[FloatArray, int]:
        """Values in Hz from 0 to 20 tau, and the place of lag 0, which is the first."""
        tau = seconds(self.tau, "tau of the kernel")
        values = np.exp(-np.arange(int(np.ceil(_EXPONENTIAL_REACH * tau / dt)) + 1) * dt / tau)
        return values / (values.sum() * dt), 0


def firing_rates(spikes: Spikes, dt: Measure, *, stop: int, start: int = 0) -> FloatArray:
    """Mean firing rate of each neuron in Hz, shape (size,): r_i = n_i / ((stop - start) dt).

    A silent neuron has a rate of 0.

    Raises:
        InvalidInput: the range of ticks is empty, or dt is not > 0.
    """
    check_range(start, stop)
    return spikes.between(start, stop).counts() / ((stop - start) * seconds(dt, "dt"))


def population_rate(spikes: Spikes, dt: Measure, *, stop: int, start: int = 0) -> float:
    """Mean firing rate in Hz over all neurons, silent ones included: r = (1 / N) sum_i r_i.

    NaN for a population without neurons.

    Raises:
        InvalidInput: as for :func:`firing_rates`.
    """
    rates = firing_rates(spikes, dt, stop=stop, start=start)
    return float(rates.mean()) if rates.size else float("nan")


def binned_counts(spikes: Spikes, dt: Measure, bin_width: Measure, *, stop: int, start: int = 0) -> IntArray:
    """Spikes per bin and neuron, shape (bins, size).

    Bin k holds the ticks start + k w <= n < start + (k + 1) w of w = bin_width / dt. What is left over at the end
    and fills no bin is left out, so that all bins are equally long.

    Raises:
        InvalidInput: bin_width is no whole number of ticks, or no bin fits into the range.
    """
    width = whole_ticks(bin_width, dt, "the bin width")
    bins = whole_bins(start, stop, width, "a bin")
    inside = spikes.between(start, start + bins * width)
    place = (inside.ticks - start) // width * spikes.size + inside.indices
    return np.bincount(place, minlength=bins * spikes.size).astype(np.int64).reshape(bins, spikes.size)


def population_counts(spikes: Spikes, dt: Measure, bin_width: Measure, *, stop: int, start: int = 0) -> IntArray:
    """Spikes of the whole population per bin, shape (bins,): the row sums of :func:`binned_counts`.

    Raises:
        InvalidInput: as for :func:`binned_counts`.
    """
    width = whole_ticks(bin_width, dt, "the bin width")
    bins = whole_bins(start, stop, width, "a bin")
    inside = spikes.between(start, start + bins * width)
    return np.bincount((inside.ticks - start) // width, minlength=bins).astype(np.int64)


def instantaneous_rates(spikes: Spikes, dt: Measure, kernel: Kernel, *, stop: int, start: int = 0) -> FloatArray:
    """Smoothed rate of each neuron in Hz at each tick, shape (stop - start, size).

    r_i(n) = sum over the spikes of neuron i at ticks m in the range of k((n - m) dt), where the kernel sums to one
    spike. What a kernel reaches beyond the range is lost, so a rate sinks towards the edges, within a kernel's width.
    A silent neuron has a rate of 0. The result holds (stop - start) * size numbers; use
    :func:`instantaneous_population_rate` where the mean is enough.

    Source: Dayan and Abbott, Theoretical Neuroscience (2001), section 1.2.

    Raises:
        InvalidInput: the range is empty, or the kernel's width is not > 0.
    """
    return _smoothed(binned_counts(spikes, dt, dt, stop=stop, start=start), dt, kernel)


def instantaneous_population_rate(
    spikes: Spikes, dt: Measure, kernel: Kernel, *, stop: int, start: int = 0
) -> FloatArray:
    """Smoothed rate in Hz of an average neuron at each tick, shape (stop - start,).

    The mean over neurons of :func:`instantaneous_rates`, at the cost of one neuron. NaN for a population without
    neurons.

    Raises:
        InvalidInput: as for :func:`instantaneous_rates`.
    """
    summed = _smoothed(population_counts(spikes, dt, dt, stop=stop, start=start)[:, None], dt, kernel)[:, 0]
    return summed / spikes.size if spikes.size else np.full(summed.shape, np.nan)


def _smoothed(counts: IntArray, dt: Measure, kernel: Kernel) -> FloatArray:
    """Counts per tick, shape (ticks, columns), convolved with a kernel; as long as before."""
    from scipy.signal import oaconvolve

    samples, zero = kernel.samples(seconds(dt, "dt"))
    if not counts.size:
        return counts.astype(np.float64)
    full = oaconvolve(counts.astype(np.float64), samples[:, None], axes=0)
    # A Fourier transform leaves rounding errors around 0, some of them below it.
    return np.asarray(np.maximum(full[zero : zero + len(counts)], 0.0))
