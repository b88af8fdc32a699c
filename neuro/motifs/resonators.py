"""Resonator bank: resonate-and-fire neurons, each of which answers pulses that come in its own rhythm.

    dz/dt = (b + i omega) z,  z = x + i y;   a pulse adds w to x;   a spike where y > 1, then z = i

One pulse makes y swing up to about w < 1: no spike. Pulses that come once a period add up, pulses half a period
apart cancel. Before the first spike y is the sum of the pulses' own swings,

    y(t) = w sum_k exp(b (t - t_k)) sin(omega (t - t_k)),

so whether a train makes the neuron fire is known in closed form.
Source: Izhikevich, Neural Networks 14 (2001).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.arrays import Value
from neuro.checks import to_ticks
from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.resonate_and_fire import RESONATE_AND_FIRE
from neuro.models.static import static_synapse


def resonator_bank(
    frequencies: npt.ArrayLike,
    pulses: Value,
    *,
    weight: float = 0.6,
    damping: float = 20.0,
    dt: float = 1e-4,
    seed: int = 0,
) -> Circuit:
    """A source ``pulses`` that reaches every neuron of the population ``resonators``.

    Args:
        frequencies: hertz, shape (neurons,): omega = 2 pi f.
        pulses: seconds, when the pulses are emitted, whole ticks, all different.
        weight: what a pulse adds to x; the threshold is 1.
        damping: hertz, -b; amplitudes fall by exp(-damping * t).
        dt: length of a tick in seconds.
        seed: of the circuit; nothing here is random.

    Raises:
        InvalidInput: frequencies that are no vector of positive numbers, a damping that is not above 0.

    >>> from neuro import simulate
    >>> circuit = resonator_bank([30.0, 40.0, 50.0], [0.0, 25e-3, 50e-3, 75e-3])  # 40 Hz
    >>> simulate(circuit, 1000).spikes["resonators"].counts().tolist()
    [0, 2, 0]
    """
    tuned = np.asarray(frequencies, dtype=np.float64)
    if tuned.ndim != 1 or not np.all((tuned > 0) & np.isfinite(tuned)):
        raise InvalidInput(f"frequencies have shape {tuned.shape}; a vector of numbers above 0 Hz is allowed")
    if not damping > 0:
        raise InvalidInput(f"damping is {damping!r}; a rate above 0 Hz is allowed")
    ticks = to_ticks(pulses, dt, "a pulse")
    bank = Population("resonators", tuned.size, RESONATE_AND_FIRE, {"b": -damping, "omega": 2 * np.pi * tuned})
    return Circuit(
        dt,
        [bank],
        [
            Projection(
                "pulses_resonators",
                "pulses",
                "resonators",
                static_synapse("x", "1"),
                Connections.all_to_all(1, tuned.size),
                {"w": weight},
            )
        ],
        [SpikeSource("pulses", 1, ticks, np.zeros_like(ticks))],
        seed=seed,
    )
