"""Phase: whether spikes keep to one phase of an oscillation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.analysis.statistics.windows import Measure, positive, seconds
from neuro.arrays import FloatArray
from neuro.errors import InvalidInput
from neuro.spikes import Spikes


@dataclass(frozen=True, slots=True, eq=False)
class PhaseLocking:
    """How closely each neuron keeps to a phase, and to which.

    Args:
        strength: shape (size,), the length of the mean phase vector, from 0 (no phase preferred) to 1 (always the
            same phase). NaN for a silent neuron; always 1 for one spike, which says nothing about locking.
        phase: shape (size,), the mean phase in radians, from -pi to pi. NaN for a silent neuron.
    """

    strength: FloatArray
    phase: FloatArray


def vector_strength(spikes: Spikes, dt: Measure, frequency: Measure) -> PhaseLocking:
    """Vector strength of each neuron at a frequency: R_i = |(1 / n) sum over spikes of exp(2 pi i f t)|.

    The phase is that of a cosine which peaks at tick 0. Independent of the rate, but n spikes at random phases have
    R near sqrt(pi / (4 n)), so judge it by the number of spikes.

    Args:
        spikes: of one population.
        dt: length of a tick in seconds.
        frequency: in Hz.

    Source: Goldberg and Brown, Journal of Neurophysiology 32 (1969).

    Raises:
        InvalidInput: dt or frequency is not > 0.
    """
    turns = positive(frequency, "the frequency", "a number of Hz > 0") * seconds(dt, "dt")
    # Whole turns are taken off first: late spikes keep their precision.
    return _locking(spikes, 2 * np.pi * np.mod(spikes.ticks * turns, 1.0))


def phase_locking(spikes: Spikes, phases: npt.ArrayLike) -> PhaseLocking:
    """Vector strength of each neuron at the phases of any oscillation: R_i = |(1 / n) sum over spikes of exp(i phi)|.

    Args:
        spikes: of one population.
        phases: shape (ticks,), the oscillation's phase at each tick from 0, in radians; of a measured signal for
            example ``np.angle(scipy.signal.hilbert(signal))``, after a band-pass filter.

    Source: the mean resultant length of Mardia and Jupp, Directional Statistics (2000), section 2.3.

    Raises:
        InvalidInput: the phases are no vector, or there are spikes after its end.
    """
    values = np.asarray(phases, dtype=np.float64)
    if values.ndim != 1 or (spikes.ticks.size and spikes.ticks[-1] >= values.size):
        last = spikes.ticks[-1] if spikes.ticks.size else 0
        raise InvalidInput(f"the phases have shape {values.shape}; one for each tick from 0 to {last} is needed")
    return _locking(spikes, values[spikes.ticks])


def _locking(spikes: Spikes, phases: FloatArray) -> PhaseLocking:
    """From the phase of each spike."""
    number = spikes.counts()
    cosine, sine = (
        np.bincount(spikes.indices, weights=part, minlength=spikes.size) for part in (np.cos(phases), np.sin(phases))
    )
    length = np.hypot(cosine, sine)
    strength: FloatArray = np.full(spikes.size, np.nan)
    np.divide(length, number, out=strength, where=number > 0)
    return PhaseLocking(np.minimum(strength, 1.0), np.where(number > 0, np.arctan2(sine, cosine), np.nan))
