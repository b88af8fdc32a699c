"""The circuit in which an encoder learns: input spikes, plastic synapses, units that compete, and a gate.

    input ==(w, plastic)==> units <-- gate

One presentation, ``window`` = W, in ticks from its start:

* 0 .. W-1: on and off neurons of the input fire at regular rates; each spike moves the potentials v of the units by the
  weights, and v leaks: at the end v = sum_j w_j x_j with the trace x_j = sum_spikes exp(-(t - t_spike)/tau).
* W-1: the gate lifts all units by more than their threshold. Before, no input that the channels can carry reaches it.
* W: the k units with the largest margin v - theta fire (``Winners(max_winners=k)``), ties to the lower index. Each
  winner moves its weights and its threshold:

      w <- clip(w + rate (gain x - w), 0, w_max),      theta <- theta + theta_step

* a rest in which the traces fade. Once a presentation theta <- theta - theta_step k / units for all units, so that a
  unit that wins its share of the presentations keeps its threshold (homeostasis).

The gate stands for the release from inhibition at the end of a gamma cycle (de Almeida, Idiart & Lisman, J. Neurosci.
29, 2009). The rule acts on postsynaptic spikes: inputs that fired shortly before are strengthened, the others
weakened (Querlioz et al., IEEE Trans. Nanotechnol. 12, 2013; Diehl & Cook, Front. Comput. Neurosci. 9, 2015), linear in
the trace as in competitive learning (Rumelhart & Zipser, Cogn. Sci. 9, 1985).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neuro.arrays import FloatArray, Value
from neuro.circuit.circuit import Circuit, Operation, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.connections import Connections
from neuro.encoders.spike_code import SpikeCode
from neuro.models.base import NeuronModel, SynapseModel
from neuro.models.static import static_synapse

MATCH = 2.0**-6
"""Volts to which an input lifts a unit that has learned just this input: 15.6 mV."""

LEARNING_UNIT = NeuronModel(
    equations="""
    dv/dt = -v / tau : volt
    theta : volt
    tau : second (constant)
    v_threshold : volt (constant)
    theta_step : volt (constant)
    """,
    threshold="v > v_threshold + theta",
    reset="v = 0*volt; theta += theta_step",
)
"""Leaky integrate-and-fire; each spike raises the threshold."""

POSTSYNAPTIC_STDP = SynapseModel(
    equations="""
    w : volt
    dx/dt = -x / tau_trace : 1 (event-driven)
    tau_trace : second (constant)
    rate : 1 (constant)
    gain : volt (constant)
    w_max : volt (constant)
    """,
    on_pre="""
    v_post += w
    x += 1
    """,
    on_post="w = clip(w + rate*(gain*x - w), 0*volt, w_max)",
)
"""A postsynaptic spike moves ``w`` towards the presynaptic trace ``x``, inside hard bounds."""


@dataclass(frozen=True, slots=True)
class UnitConstants:
    """What all units share while they learn.

    Args:
        window: ticks of input in a presentation.
        rest: ticks after the winners' in which traces fade.
        dt: length of a tick in seconds.
        tau: of membrane and trace, seconds.
        gain: volts of weight for each unit of trace.
        trace_max: trace, at the gate, of a channel at full scale.
        dimensions: of a vector; one of the two channels of each is silent.
    """

    window: int
    rest: int
    dt: float
    tau: float
    gain: float
    trace_max: float
    dimensions: int

    @property
    def presentation_ticks(self) -> int:
        """The window, the winners' tick and the rest."""
        return self.window + 1 + self.rest

    @property
    def w_max(self) -> float:
        """Upper bound of a weight, volts: what a channel at full scale teaches."""
        return self.gain * self.trace_max

    @property
    def drive_max(self) -> float:
        """Volts that no drive exceeds: all dimensions at full scale, all weights at their bound."""
        return self.dimensions * self.w_max * self.trace_max

    @property
    def v_threshold(self) -> float:
        """Twice the largest drive, volts: with theta at its lowest it is still out of reach before the gate."""
        return 2.0 * self.drive_max

    @property
    def theta_max(self) -> float:
        """Thresholds move by -theta_max to theta_max, volts."""
        return 0.5 * self.drive_max

    @property
    def kick(self) -> float:
        """Volts that the gate adds: with theta at its highest, what is left of it a tick later is enough."""
        return 1.2 * (self.v_threshold + self.theta_max) * math.exp(self.dt / self.tau)


@dataclass(frozen=True, slots=True, eq=False)
class LearnedState:
    """What training changes.

    Args:
        weights: volts, shape (channels, units).
        theta: volts, shape (units,).
    """

    weights: FloatArray
    theta: FloatArray


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """How units learn while a circuit runs.

    Args:
        rate: share of the way from w to gain x that one win moves; 0 switches plasticity off.
        theta_step: volts that a win raises a threshold by; 0 switches homeostasis off.
        winners: how many units win a presentation; None lets all of them fire.
        share: wanted wins of a unit in a presentation, winners / units.
    """

    rate: float
    theta_step: float
    winners: int | None
    share: float


def learning_circuit(
    code: SpikeCode, learned: LearnedState, constants: UnitConstants, learning: LearningSettings, *, seed: int = 0
) -> Circuit:
    """Shows the presentations of ``code`` one after the other to units that learn.

    Population ``units``, projections ``synapses`` (plastic) and ``lift``, sources ``input`` and ``gate``.
    """
    period, units = constants.presentation_ticks, learned.theta.size
    starts = np.arange(code.presentations) * period
    shared = {"tau": constants.tau, "v_threshold": constants.v_threshold, "theta_step": learning.theta_step}
    bounds = {"tau_trace": constants.tau, "rate": learning.rate, "gain": constants.gain, "w_max": constants.w_max}
    weights: dict[str, Value] = {"w": learned.weights.ravel(), **bounds}
    everybody, one_to_all = Connections.all_to_all(code.size, units), Connections.all_to_all(1, units)
    drift, limit = learning.theta_step * learning.share, constants.theta_max
    fall = f"theta = clip(theta - {drift!r}*volt, -{limit!r}*volt, {limit!r}*volt)"
    return Circuit(
        constants.dt,
        [
            Population(
                "units", units, LEARNING_UNIT, shared, {"theta": learned.theta}, Winners(max_winners=learning.winners)
            )
        ],
        [
            Projection("synapses", "input", "units", POSTSYNAPTIC_STDP, everybody, weights),
            Projection("lift", "gate", "units", static_synapse("v", "volt"), one_to_all, {"w": constants.kick}),
        ],
        [
            SpikeSource("input", code.size, code.items * period + code.ticks, code.indices),
            SpikeSource("gate", 1, starts + constants.window - 1, np.zeros(starts.size, np.int64)),
        ],
        restarts=[Restart("units", starts, ("v",))],
        operations=[Operation("homeostasis", "units", fall, period)],
        seed=seed,
    )
