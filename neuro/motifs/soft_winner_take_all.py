"""Soft winner-take-all: neurons that share one inhibitory pool, so that a large drive pushes the small ones down.

    units:  tau_m dv/dt = v_rest - v + g + I,   tau_g dg/dt = -g;   a unit's spike adds ``excitation`` to its own g
    pool:   the same neuron without I;   a unit's spike adds 60 mV to g of every pool neuron, and a pool
            neuron's spike takes ``inhibition`` from g of every unit

Inhibition grows with the summed rate and is the same for all, hence about subtractive: the differences between
the rates stay while their mean falls, so that the contrast (r1 - r2) / (r1 + r2) rises; self-excitation adds gain.
Sources: Yuille & Grzywacz, Neural Computation 1 (1989); Douglas & Martin, Annu. Rev. Neurosci. 27 (2004);
Rutishauser, Douglas & Slotine, Neural Computation 23 (2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.checks import to_ticks
from neuro.circuit import Circuit, CurrentInput, Population, Projection
from neuro.connections import Connections
from neuro.models.lif import LIF_EXPONENTIAL
from neuro.models.static_synapse import static_synapse
from neuro.motifs.frames import as_frames

_POOL = 10
_ONTO_POOL = 60e-3
"""Volts that a unit's spike adds to g of a pool neuron: enough to make it fire."""
_TAU_G = 10e-3


def soft_winner_take_all(
    drive: npt.ArrayLike,
    *,
    inhibition: float = 0.5e-3,
    excitation: float = 8e-3,
    frame: Any = 0.5,
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
    size = rows.shape[1]
    start = np.random.default_rng(seed).uniform(-70e-3, -50e-3, size + _POOL)
    return Circuit(
        dt,
        [
            Population("units", size, LIF_EXPONENTIAL, {"tau_g": _TAU_G}, {"v": start[:size]}),
            Population("pool", _POOL, LIF_EXPONENTIAL, {"tau_g": _TAU_G}, {"v": start[size:]}),
        ],
        _projections(size, inhibition, excitation),
        [CurrentInput("units", "I", rows, every=int(to_ticks(frame, dt, "the frame")))],
        seed=seed,
    )


def _projections(size: int, inhibition: float, excitation: float) -> list[Projection]:
    synapse = static_synapse()
    to_pool, to_units = Connections.all_to_all(size, _POOL), Connections.all_to_all(_POOL, size)
    itself = Connections.one_to_one(size)
    return [
        Projection("units_units", "units", "units", synapse, itself, {"w": excitation}),
        Projection("units_pool", "units", "pool", synapse, to_pool, {"w": _ONTO_POOL}),
        Projection("pool_units", "pool", "units", synapse, to_units, {"w": -inhibition}),
    ]
