"""Distances: how different two spike trains are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from neuro.analysis.statistics.windows import Measure, seconds
from neuro.arrays import FloatArray, IntArray
from neuro.errors import InvalidInput
from neuro.spikes import Spikes


def van_rossum_distance(first: npt.ArrayLike, second: npt.ArrayLike, dt: Measure, tau: Measure) -> float:
    """Van Rossum's distance of two spike trains, without unit: the area between their smoothed rates.

    D^2 = (1 / tau) integral (f - g)^2 dt with f(t) = sum over spikes t_i <= t of exp(-(t - t_i) / tau), g alike. So
    D^2 = 1/2 for one spike against none, and for two trains of one spike D^2 = 1 - exp(-|t_1 - t_2| / tau). A small
    tau counts the spikes that do not coincide, a large one compares the numbers of spikes. The distance of two silent
    trains is 0. (The package Elephant leaves out the 1/2: its distances are sqrt(2) times as long.)

    Args:
        first, second: ticks, ascending, e.g. ``spikes.train(3)``.
        dt: length of a tick in seconds.
        tau: time constant in seconds.

    Source: van Rossum, Neural Computation 13 (2001); computed in one pass as by Houghton and Kreuz, Network 23 (2012).

    Raises:
        InvalidInput: dt or tau is not > 0.
    """
    ours, theirs = (np.asarray(ticks, dtype=np.float64) for ticks in (first, second))
    times = np.concatenate((ours, theirs)) * (seconds(dt, "dt") / seconds(tau, "tau"))
    order = np.argsort(times, kind="stable")
    signs = np.concatenate((np.ones(len(ours)), -np.ones(len(theirs))))[order]
    decays = np.exp(-np.diff(times[order], prepend=0.0))
    squared, trace = 0.0, 0.0
    for sign, decay in zip(signs.tolist(), decays.tolist(), strict=True):
        trace *= decay  # sum of sign_j exp(-(t - t_j) / tau) over the spikes before this one
        squared += sign * (sign + 2 * trace)
        trace += sign
    return float(np.sqrt(max(squared, 0.0) / 2))


def victor_purpura_distance(first: npt.ArrayLike, second: npt.ArrayLike, dt: Measure, cost: Measure) -> float:
    """Victor and Purpura's distance of two spike trains, without unit: the lowest cost of turning one into the other.

    Adding or removing a spike costs 1, moving one by t costs ``cost * |t|``. With cost 0 only the numbers of spikes
    count; with a large one, each spike without a partner at the same tick costs 1. Against a silent train the distance
    is the number of spikes.

    Args:
        first, second: ticks, ascending, e.g. ``spikes.train(3)``.
        dt: length of a tick in seconds.
        cost: of moving a spike by one second, >= 0, in 1/s. Spikes further apart than 2 / cost are never matched.

    Source: Victor and Purpura, Journal of Neurophysiology 76 (1996).

    Raises:
        InvalidInput: dt is not > 0, or cost is negative.
    """
    price = float(np.asarray(cost, dtype=np.float64))
    if not (np.isfinite(price) and price >= 0):
        raise InvalidInput(f"the cost of moving a spike is {cost!r}; a number >= 0, per second, is allowed")
    ours, theirs = (np.asarray(ticks, dtype=np.float64) * seconds(dt, "dt") for ticks in (first, second))
    places = np.arange(len(theirs) + 1, dtype=np.float64)
    row = places
    for done, time in enumerate(ours.tolist(), start=1):
        # Remove this spike, or move it onto one of theirs; then add theirs from left to right, each for 1.
        best = row + 1
        best[0] = done
        np.minimum(best[1:], row[:-1] + price * np.abs(theirs - time), out=best[1:])
        row = np.minimum.accumulate(best - places) + places
    return float(row[-1])


def distance_matrix(spikes: Spikes, distance: Callable[[IntArray, IntArray], float]) -> FloatArray:
    """Distance between each pair of neurons, shape (size, size), symmetrical, 0 on the diagonal.

    Args:
        spikes: of one population.
        distance: of two trains given in ticks.

    >>> spikes = Spikes(np.array([0, 10]), np.array([0, 1]), size=3)
    >>> distance_matrix(spikes, lambda a, b: victor_purpura_distance(a, b, 1e-3, 50.0)).tolist()
    [[0.0, 0.5, 1.0], [0.5, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    trains = [spikes.train(neuron) for neuron in range(spikes.size)]
    matrix: FloatArray = np.zeros((spikes.size, spikes.size))
    for i, first in enumerate(trains):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = distance(first, trains[j])
    return matrix
