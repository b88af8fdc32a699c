"""Winner-take-all, hard and soft, among neurons that are driven by one row of currents per frame.

Hard: in each frame the k neurons with the largest drive fire, once each, and no other.

    tau_m dv/dt = v_rest - v + I,   a spike where v > v_threshold,   at most k spikes a frame

All neurons start a frame at rest, so the one with the larger I is ahead at every tick: it crosses earlier, or in
the same tick with the larger margin, where the winners rule lets it go first. Ties go to the lower index. A drive
at or below rheobase (v_threshold - v_rest) never fires: without input there is no winner.
Sources: Maass, Neural Computation 12 (2000); Thorpe, Delorme & Van Rullen, Neural Networks 14 (2001), for the race.

Soft: neurons that share one inhibitory pool, so that a large drive pushes the small ones down.

    units:  tau_m dv/dt = v_rest - v + g + I,   tau_g dg/dt = -g;   a unit's spike adds ``excitation`` to its own g
    pool:   the same neuron without I;   a unit's spike adds 60 mV to g of every pool neuron, and a pool
            neuron's spike takes ``inhibition`` from g of every unit

Inhibition grows with the summed rate and is the same for all, hence about subtractive: the differences between
the rates stay while their mean falls, so that the contrast (r1 - r2) / (r1 + r2) rises; self-excitation adds gain.
Sources: Yuille & Grzywacz, Neural Computation 1 (1989); Douglas & Martin, Annu. Rev. Neurosci. 27 (2004);
Rutishauser, Douglas & Slotine, Neural Computation 23 (2011).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, Value
from neuro.checks import to_ticks
from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, Restart, Winners
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.lif import LIF_DELTA, LIF_EXPONENTIAL
from neuro.models.static import static_synapse

_POOL = 10
_ONTO_POOL = 60e-3
"""Volts that a unit's spike adds to g of a pool neuron: enough to make it fire."""
_TAU_G = 10e-3


def as_frames(values: npt.ArrayLike, what: str) -> FloatArray:
    """Values of shape (neurons,) or (frames, neurons) as (frames, neurons).

    Raises:
        InvalidInput: empty, of another shape, or not finite.
    """
    rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if rows.ndim != 2 or rows.size == 0 or not np.all(np.isfinite(rows)):
        raise InvalidInput(f"{what} has shape {rows.shape}; finite numbers of shape (frames, neurons) are allowed")
    return rows


def winner_take_all(
    drive: npt.ArrayLike, *, k: int = 1, frame: Value = 50e-3, dt: float = 1e-3, seed: int = 0, name: str = "winners"
) -> Circuit:
    """A population of LIF neurons that race; the first ``k`` of each frame win.

    Args:
        drive: volts, shape (neurons,) or (frames, neurons); one row a frame. Rheobase is 20 mV; a drive I fires
            tau_m ln(I / (I - 20 mV)) after the start of its frame, tau_m = 20 ms.
        k: how many win in a frame.
        frame: seconds, whole ticks.
        dt: length of a tick in seconds.
        seed: of the circuit; nothing here is random.
        name: of the population.

    Raises:
        InvalidInput: a drive of another shape; ``k`` outside of 1 .. neurons.

    >>> from neuro import simulate
    >>> circuit = winner_take_all([[25e-3, 31e-3, 30e-3], [28e-3, 22e-3, 26e-3]], k=2)
    >>> simulate(circuit, 100).spikes["winners"].indices.tolist()
    [1, 2, 0, 2]
    """
    rows = as_frames(drive, "drive")
    length = int(to_ticks(frame, dt, "the frame"))
    # A winner stays refractory to the end of its frame, so that nobody wins twice.
    model = replace(LIF_DELTA, refractory=length * dt)
    return Circuit(
        dt,
        [Population(name, rows.shape[1], model, winners=Winners(max_winners=k))],
        stimuli=[CurrentInput(name, "I", rows, every=length)],
        restarts=[Restart(name, np.arange(len(rows)) * length)],
        seed=seed,
    )


def soft_winner_take_all(
    drive: npt.ArrayLike,
    *,
    inhibition: float = 0.5e-3,
    excitation: float = 8e-3,
    frame: Value = 0.5,
    dt: float = 0.5e-3,
    seed: int = 0,
) -> Circuit:
    """Populations ``units`` (one neuron a competitor) and ``pool`` (10 inhibitory neurons).

    Args:
        drive: volts, shape (neurons,) or (frames, neurons); one row a frame. Rheobase is 20 mV.
        inhibition: volts that one pool spike takes from g of every unit; 0 removes the competition.
        excitation: volts that a unit's spike adds to its own g; 0 removes the self-excitation.
        frame: seconds for which a row holds, whole ticks.
        dt: length of a tick in seconds.
        seed: of the potentials at the start, uniform between rest and threshold.

    Raises:
        InvalidInput: a drive of another shape.
    """
    rows = as_frames(drive, "drive")
    size, synapse = rows.shape[1], static_synapse()
    start = np.random.default_rng(seed).uniform(-70e-3, -50e-3, size + _POOL)
    return Circuit(
        dt,
        [
            Population("units", size, LIF_EXPONENTIAL, {"tau_g": _TAU_G}, {"v": start[:size]}),
            Population("pool", _POOL, LIF_EXPONENTIAL, {"tau_g": _TAU_G}, {"v": start[size:]}),
        ],
        [
            Projection("units_units", "units", "units", synapse, Connections.one_to_one(size), {"w": excitation}),
            Projection("units_pool", "units", "pool", synapse, Connections.all_to_all(size, _POOL), {"w": _ONTO_POOL}),
            Projection("pool_units", "pool", "units", synapse, Connections.all_to_all(_POOL, size), {"w": -inhibition}),
        ],
        [CurrentInput("units", "I", rows, every=int(to_ticks(frame, dt, "the frame")))],
        seed=seed,
    )
