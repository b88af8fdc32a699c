"""A neuron whose excitatory synapses compete by STDP.

    tau_m dv/dt = (E_l - v) + g_e (E_e - v) + g_i (E_i - v)     (conductances in units of the leak's)

1,000 excitatory inputs with plastic synapses and 200 inhibitory ones of 10 Hz, all Poisson, drawn inside the circuit.
Parameters are the paper's. One thing is made good: in time of ticks the spikes of one tick count as "pre before post",
which widens that side of the window by half a tick and narrows the other by as much, so depression is scaled by
exp(dt / tau) to keep the ratio of the two areas at the paper's 1.05.
Source: Song, Miller & Abbott, Nature Neuroscience 3 (2000) 919.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, Value
from neuro.circuit.circuit import Circuit, Population, Projection
from neuro.circuit.connections import Connections
from neuro.models import CONDUCTANCE_LIF, POISSON, pair_stdp
from neuro.models.base import Method
from neuro.models.static import static_synapse
from neuro.progress import Advance
from neuro.simulators import Simulation

_LEAK = 10e-9
_CELL = {
    "c_m": 20e-3 * _LEAK,
    "g_leak": _LEAK,
    "e_leak": -70e-3,
    "e_e": 0.0,
    "e_i": -70e-3,
    "tau_e": 5e-3,
    "tau_i": 5e-3,
    "v_reset": -60e-3,
    "v_threshold": -54e-3,
}
_W_MAX = 0.015 * _LEAK
_W_INHIBITORY = 0.05 * _LEAK
_INHIBITORY_RATE = 10.0
_PIECE = 10.0
"""Seconds simulated at a time: the spikes of the inputs are not kept longer."""


@dataclass(frozen=True, slots=True)
class Plasticity:
    """The learning rule; steps in units of w_max. ``a_plus=0`` switches it off.

    Args:
        a_plus: step of potentiation.
        ratio: area of depression over that of potentiation.
        tau: seconds, of both sides.
    """

    a_plus: float = 0.005
    ratio: float = 1.05
    tau: float = 20e-3

    def a_minus(self, dt: float) -> float:
        """The step of depression that gives the ratio of the areas in time of ticks."""
        return float(self.ratio * self.a_plus * np.exp(dt / self.tau))


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """How one neuron went.

    Args:
        rates: of the output in Hz, one each 10 s.
        weights: at the end, in units of w_max, shape (inputs,).
    """

    rates: FloatArray
    weights: FloatArray

    def settled_rate(self) -> float:
        """The mean of the last quarter."""
        return float(self.rates[-max(len(self.rates) // 4, 1) :].mean())


def competing_circuit(rate: float, weights: npt.ArrayLike, rule: Plasticity, *, dt: float, seed: int) -> Circuit:
    """Populations ``excitatory``, ``inhibitory`` and ``cell``; the projection ``plastic`` learns.

    Args:
        rate: of the excitatory inputs in Hz.
        weights: at the start, in units of w_max, shape (inputs,).
        rule: how they change.
        dt: length of a tick in seconds.
        seed: of the inputs.
    """
    start = np.asarray(weights, dtype=np.float64)
    inhibitory = start.size // 5
    # Fewer inputs get stronger synapses, so that the mean input stays the paper's.
    grown = 1000 / start.size
    w_max = grown * _W_MAX
    # A refractory time of one tick holds nothing: the paper's neuron has none.
    cell = replace(CONDUCTANCE_LIF, refractory=dt, method=Method.EXPONENTIAL_EULER)
    learns: dict[str, Value] = {
        "w": start * w_max,
        "w_max": w_max,
        "a_plus": rule.a_plus * w_max,
        "a_minus": rule.a_minus(dt) * w_max,
        "tau_plus": rule.tau,
        "tau_minus": rule.tau,
    }
    onto, held = Connections.all_to_all(start.size, 1), Connections.all_to_all(inhibitory, 1)
    return Circuit(
        dt,
        [
            Population("excitatory", start.size, POISSON, initial={"rate": rate}),
            Population("inhibitory", inhibitory, POISSON, initial={"rate": _INHIBITORY_RATE}),
            Population("cell", 1, cell, _CELL),
        ],
        [
            Projection("plastic", "excitatory", "cell", pair_stdp("g_e", "siemens"), onto, learns),
            Projection(
                "static", "inhibitory", "cell", static_synapse("g_i", "siemens"), held, {"w": grown * _W_INHIBITORY}
            ),
        ],
        seed=seed,
    )


def run_course(circuit: Circuit, duration: float, advance: Advance) -> Course:
    """Run a competing circuit for whole pieces of 10 s; ``advance`` is told the pieces done."""
    simulation = Simulation(circuit)
    ticks = round(_PIECE / circuit.dt)
    rates = []
    for piece in range(pieces(duration)):
        rates.append(len(simulation.run(ticks).spikes["cell"]) / _PIECE)
        advance(piece + 1)
    weights = simulation.get("plastic", "w")
    return Course(np.array(rates), weights / (_W_MAX * 1000 / weights.size))


def pieces(duration: float) -> int:
    """How many pieces of 10 s a duration has, 1 at least."""
    return max(round(duration / _PIECE), 1)
