"""Phase gate: an oscillating inhibition lets an input pass only at one phase of the cycle.

Target i takes the inhibitory current I_i and a packet (a delta synapse of weight w) whenever the source fires:

    tau_m dv/dt = v_rest - v + I_i(t),      I_i(t) = -depth/2 (1 - cos(2 pi (f t - p_i) + lag)),
    lag = atan(2 pi f tau_m)

The membrane delays the current by ``lag``; the current leads by as much, so that v itself is highest at phase p_i:

    v(t) = v_rest - depth/2 + (depth/2) cos(2 pi (f t - p_i)) / sqrt(1 + (2 pi f tau_m)^2)

A packet passes where v + w is above the threshold: a window around p_i that is known in closed form
(:func:`pass_window`). Targets with other p_i hear other packets of the same source: phases are channels.
Source: Fries, Trends Cogn. Sci. 9 (2005), communication through coherence.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.arrays import Value
from neuro.checks import to_ticks
from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.lif import LIF_DELTA
from neuro.models.static import static_synapse

_TAU_M = 5e-3
_GAP = 20e-3
"""Volts from rest to threshold."""


def phase_gate(
    arrivals: Value,
    phases: npt.ArrayLike,
    duration: Value,
    *,
    frequency: float = 40.0,
    depth: float = 30e-3,
    weight: float = 28e-3,
    dt: float = 1e-4,
    seed: int = 0,
) -> Circuit:
    """A source ``packets`` that reaches every neuron of the population ``targets``, each gated at its phase.

    Args:
        arrivals: seconds, when packets arrive, whole ticks, all different.
        phases: shape (targets,), preferred phase in cycles, 0 .. 1; phase 0 is at time 0.
        duration: seconds for which the oscillation lasts, whole ticks.
        frequency: hertz.
        depth: volts from the top to the bottom of the inhibitory current; 0 opens the gate at all phases.
        weight: volts that a packet adds to v; rest to threshold is 20 mV.
        dt: length of a tick in seconds.
        seed: of the circuit; nothing here is random.

    Raises:
        InvalidInput: phases that are no vector, two packets at one time.
    """
    preferred = np.asarray(phases, dtype=np.float64)
    if preferred.ndim != 1 or not np.all(np.isfinite(preferred)):
        raise InvalidInput(f"phases have shape {preferred.shape}; a vector of finite numbers is allowed")
    # A packet that is emitted at tick n acts on tick n + 1, after one tick of decay.
    emitted = to_ticks(arrivals, dt, "an arrival") - 1
    angle = 2 * np.pi * frequency
    lag = np.arctan(angle * _TAU_M)
    # A row holds for a tick: the middle of the tick stands for it.
    times = (np.arange(int(to_ticks(duration, dt, "the duration")))[:, np.newaxis] - 0.5) * dt
    current = -depth / 2 * (1 - np.cos(angle * times - 2 * np.pi * preferred + lag))
    start = -70e-3 - depth / 2 + _swing(depth, frequency) * np.cos(angle * -dt - 2 * np.pi * preferred)
    return Circuit(
        dt,
        [Population("targets", preferred.size, LIF_DELTA, {"tau_m": _TAU_M}, {"v": start})],
        [
            Projection(
                "packets_targets",
                "packets",
                "targets",
                static_synapse("v"),
                Connections.all_to_all(1, preferred.size),
                {"w": weight * np.exp(dt / _TAU_M)},
            )
        ],
        [SpikeSource("packets", 1, emitted, np.zeros_like(emitted)), CurrentInput("targets", "I", current)],
        seed=seed,
    )


def pass_window(frequency: float = 40.0, depth: float = 30e-3, weight: float = 28e-3) -> float:
    """Share of the cycle in which a packet passes :func:`phase_gate`: the width of the window around p_i, 0 .. 1.

    >>> round(pass_window(), 3)
    0.23
    >>> pass_window(depth=0.0)
    1.0
    """
    missing = _GAP - weight + depth / 2
    swing = _swing(depth, frequency)
    if abs(missing) >= swing:
        return float(missing < 0)
    return float(np.arccos(missing / swing) / np.pi)


def _swing(depth: float, frequency: float) -> float:
    """Amplitude of v in volts."""
    return float(depth / 2 / np.sqrt(1 + (2 * np.pi * frequency * _TAU_M) ** 2))
