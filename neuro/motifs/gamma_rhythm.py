"""PING gamma: excitatory cells and the inhibitory cells they drive take turns, about 40 times a second.

    c_m dv/dt = g_leak (e_leak - v) + g_e (e_e - v) + g_i (e_i - v)     (conductance LIF, both kinds)

Driven excitatory cells fire, the volley makes the inhibitory cells fire, their inhibition silences everybody, and
the next volley comes when it has decayed (tau_i): pyramidal-interneuronal network gamma. The inhibitory cells have
no drive of their own, so without the loop the excitatory cells fire asynchronously and the rhythm is gone.
Source: Boergers & Kopell, Neural Computation 15 (2003) 509 and 17 (2005) 557, here with conductance LIF neurons.
The random drive is Poisson spike trains that are drawn before the run (:func:`poisson_source`).
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from neuro.arrays import Value
from neuro.checks import to_ticks
from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.conductance_lif import CONDUCTANCE_LIF
from neuro.models.static import static_synapse

_CELL = MappingProxyType(
    {
        "g_leak": 10e-9,
        "e_leak": -65e-3,
        "e_e": 0.0,
        "e_i": -75e-3,
        "tau_e": 2e-3,
        "v_reset": -65e-3,
        "v_threshold": -50e-3,
    }
)
_MODEL = replace(CONDUCTANCE_LIF, refractory=2e-3)
_CAPACITANCE = MappingProxyType({"excitatory": 200e-12, "inhibitory": 100e-12})
_DRIVE_STEP = 2e-9
"""Siemens that one spike of the drive adds to g_e."""
_VOLLEY = 60e-9
"""Siemens that a volley of all excitatory cells adds to g_e of each inhibitory cell."""
_DELAY = 1e-3


def poisson_source(name: str, rates: npt.ArrayLike, duration: Value, *, seed: int, dt: float = 1e-3) -> SpikeSource:
    """Independent Poisson trains: neuron i fires in a tick with probability ``rates[i] * dt``.

    Args:
        name: of the source.
        rates: shape (neurons,), in hertz, from 0 to 1/dt.
        duration: seconds, whole ticks.
        seed: of the draw; the same seed gives the same spikes.
        dt: length of a tick in seconds.

    Raises:
        InvalidInput: rates that are no vector or outside of 0 .. 1/dt.

    >>> len(poisson_source("noise", [50.0, 50.0], 10.0, seed=1).ticks)  # 1,000 expected
    959
    """
    chance = np.asarray(rates, dtype=np.float64) * dt
    if chance.ndim != 1 or not np.all((chance >= 0) & (chance <= 1)):
        raise InvalidInput(f"rates of shape {chance.shape}; a vector of rates from 0 to {1 / dt:g} Hz is allowed")
    ticks = int(to_ticks(duration, dt, f"the duration of source {name!r}"))
    rng = np.random.default_rng(seed)
    # Binomial counts and distinct ticks: the same law as a draw per tick, without a (ticks, neurons) array.
    at = [rng.choice(ticks, count, replace=False, shuffle=False) for count in rng.binomial(ticks, chance)]
    indices = np.repeat(np.arange(chance.size), [part.size for part in at])
    return SpikeSource(name, chance.size, np.concatenate([np.zeros(0, np.int64), *at]), indices)


def ping(
    duration: Value,
    *,
    cells: tuple[int, int] = (160, 40),
    drive: float = 1500.0,
    inhibition: float = 50e-9,
    tau_i: float = 6e-3,
    dt: float = 1e-4,
    seed: int = 0,
) -> Circuit:
    """Populations ``excitatory`` and ``inhibitory``; the Poisson source ``drive`` reaches the excitatory cells.

    All-to-all from excitatory to inhibitory, and from inhibitory to both; delays of 1 ms. With the defaults the
    population rate of either kind peaks near 40 Hz.

    Args:
        duration: seconds for which the drive is drawn, whole ticks.
        cells: how many excitatory and inhibitory ones.
        drive: hertz, the Poisson rate of the input to each excitatory cell, 2 nS a spike.
        inhibition: siemens that a volley of all inhibitory cells adds to g_i of each cell; 0 opens the loop.
        tau_i: seconds, decay of the inhibition; a longer one makes the rhythm slower.
        dt: length of a tick in seconds.
        seed: of the drive and of the potentials at the start, uniform between reset and threshold.

    Raises:
        InvalidInput: a rate outside of 0 .. 1/dt.
    """
    excitatory, inhibitory = cells
    rng = np.random.default_rng(seed)
    parameters = {**_CELL, "tau_i": tau_i}
    populations = [
        Population(
            name,
            size,
            _MODEL,
            {**parameters, "c_m": _CAPACITANCE[name]},
            {"v": rng.uniform(_CELL["v_reset"], _CELL["v_threshold"], size)},
        )
        for name, size in (("excitatory", excitatory), ("inhibitory", inhibitory))
    ]
    onto_e, onto_i = static_synapse("g_e", "siemens"), static_synapse("g_i", "siemens")
    each, to_inhibitory = Connections.one_to_one(excitatory), Connections.all_to_all(excitatory, inhibitory)
    back, among = Connections.all_to_all(inhibitory, excitatory), Connections.all_to_all(inhibitory, inhibitory)
    volley, inhibited = {"w": _VOLLEY / excitatory}, {"w": inhibition / inhibitory}
    return Circuit(
        dt,
        populations,
        [
            Projection("drive_e", "drive", "excitatory", onto_e, each, {"w": _DRIVE_STEP}),
            Projection("e_i", "excitatory", "inhibitory", onto_e, to_inhibitory, volley, _DELAY),
            Projection("i_e", "inhibitory", "excitatory", onto_i, back, inhibited, _DELAY),
            Projection("i_i", "inhibitory", "inhibitory", onto_i, among, inhibited, _DELAY),
        ],
        [poisson_source("drive", np.full(excitatory, drive), duration, seed=int(rng.integers(2**31)), dt=dt)],
        seed=seed,
    )
