"""Spectrum: which frequencies the rate of a population holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuro.analysis.statistics.rates import population_counts
from neuro.analysis.statistics.windows import Measure, check_range, seconds, whole_ticks
from neuro.arrays import FloatArray
from neuro.errors import InvalidInput
from neuro.spikes import Spikes


@dataclass(frozen=True, slots=True)
class SpectralPeak:
    """The highest point of a spectrum.

    Args:
        frequency: in Hz.
        power: density in Hz^2 / Hz.
    """

    frequency: float
    power: float


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """A one-sided power spectral density.

    Args:
        frequencies: shape (lines,), in Hz, ascending from 0.
        power: shape (lines,), in the signal's unit squared per Hz.
    """

    frequencies: FloatArray
    power: FloatArray

    def peak(self, low: float, high: float) -> SpectralPeak:
        """The line of the highest power among low <= f <= high, in Hz.

        It is as exact as the lines are apart, 1 / segment. Where there is no power at all (a silent population), the
        frequency is NaN and the power 0.

        Raises:
            InvalidInput: no line lies in the band.
        """
        inside = np.flatnonzero((self.frequencies >= low) & (self.frequencies <= high))
        if not inside.size:
            apart = self.frequencies[1] - self.frequencies[0] if self.frequencies.size > 1 else float("nan")
            raise InvalidInput(
                f"no line of the spectrum lies from {low:g} to {high:g} Hz; its lines are {apart:g} Hz apart, up to "
                f"{self.frequencies[-1]:g} Hz: take a wider band, a longer segment or narrower bins"
            )
        best = inside[np.argmax(self.power[inside])]
        power = float(self.power[best])
        return SpectralPeak(float(self.frequencies[best]) if power > 0 else float("nan"), power)


def population_spectrum(
    spikes: Spikes, dt: Measure, *, bin_width: Measure, segment: Measure, stop: int, start: int = 0
) -> Spectrum:
    """Power spectrum of the population's rate by Welch's method, in Hz^2 / Hz.

    The rate of an average neuron, r(t) = n(t) / (N bin_width), is cut into segments that overlap by half; each loses
    its mean, is tapered by a Hann window and transformed, and the powers are averaged. The integral over frequency is
    the variance of the rate. N independent Poisson neurons of rate r have 2 r / N at every frequency. A silent
    population has no power; one without neurons NaN.

    Args:
        spikes: of one population.
        dt: length of a tick in seconds.
        bin_width: time between two samples of the rate, in seconds; frequencies go up to 1 / (2 bin_width).
        segment: length of a segment in seconds; the lines are 1 / segment apart.
        start, stop: ticks, start <= n < stop.

    Source: Welch, IEEE Transactions on Audio and Electroacoustics 15 (1967).

    Raises:
        InvalidInput: bin_width is no whole number of ticks, segment no whole number (>= 2) of bins, or longer than the
            range.
    """
    from scipy.signal import welch

    width = seconds(bin_width, "the bin width")
    check_range(start, stop)
    samples = whole_ticks(segment, width, "the segment")
    length = samples * whole_ticks(width, dt, "the bin width")
    if samples < 2 or length > stop - start:
        raise InvalidInput(
            f"the segment is {samples} bins or {length} ticks long; 2 bins to {stop - start} ticks are allowed"
        )
    counts = population_counts(spikes, dt, width, stop=stop, start=start)
    if not spikes.size:
        lines = np.arange(samples // 2 + 1, dtype=np.float64) / (samples * width)
        return Spectrum(lines, np.full(lines.shape, np.nan))
    rate = counts / (spikes.size * width)
    frequencies, power = welch(rate, fs=1 / width, window="hann", nperseg=samples, detrend="constant")
    return Spectrum(np.asarray(frequencies), np.asarray(power))
