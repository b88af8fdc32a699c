"""Competitive learning by spikes: integrate-and-fire units, one winner, STDP at its spike, homeostatic thresholds.

A presentation takes ``window + 2`` ticks; P = that, in ticks from its start:

* 0: thresholds fall (``homeostasis``), synaptic traces are cleared (``forgetting``); nothing that arrives now counts.
* 1: phases, potentials and the count of winners restart. From here on channels fire; a spike adds its synapse's ``w``
  to the unit and 1 to the synapse's trace ``x``.
* The first unit past ``v_threshold + theta`` wins: its synapses move to the trace, ``w += gain (spike_weight x - w)``,
  its ``theta`` rises, its ``gain`` falls from the first win's 1 (imprinting: the unit takes what it won) to
  ``gain_first`` and, win by win, to ``gain_last``. Nobody else fires before the next presentation.
* ``window``: where nobody has won, a gate lifts all units past their thresholds; a tick later the largest margin wins.

``theta`` rises by ``rise`` a win and falls by ``rise / units`` a presentation: only units that win 1 / units of the
time keep theirs. All weights are >= 0; what a unit learned of an entry is its on less its off weight.

Sources: competition with STDP as expectation maximisation, Nessler et al., PLoS Comput. Biol. 9 (2013); thresholds that
follow the wins, Querlioz et al., IEEE Trans. Nanotechnol. 12 (2013), and Foeldiak, Biol. Cybern. 64 (1990).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from neuro.arrays import BoolArray, FloatArray, IntArray, Value
from neuro.circuit.circuit import Circuit, Operation, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.connections import Connections
from neuro.compiler.ir import Format
from neuro.encoders.on_off_channels import OnOffChannels
from neuro.models.base import NeuronModel, SynapseModel
from neuro.models.static import static_synapse
from neuro.spikes import Recording

LEARNING_UNIT = NeuronModel(
    equations="""
    v : volt
    theta : volt
    gain : 1
    v_threshold : volt (constant)
    rise : volt (constant)
    gain_first : 1 (constant)
    gain_last : 1 (constant)
    gain_decay : 1 (constant)
    """,
    threshold="v > v_threshold + theta",
    reset="v = 0*volt; theta += rise; gain = clip(gain_decay*gain, gain_last, gain_first)",
    initial={"gain": 1.0},
)
"""Integrate-and-fire; each spike raises the threshold and lowers the gain of what it teaches."""

COMPETITIVE_STDP = SynapseModel(
    equations="""
    w : volt
    x : 1
    spike_weight : volt (constant)
    """,
    on_pre="v_post += w; x += 1",
    on_post="w = w + gain_post*(spike_weight*x - w)",
)
"""A postsynaptic spike moves ``w`` towards the presynaptic spikes since the presentation began, ``x``."""

WEIGHT_STEP = 2.0**-12
"""Volts that one spike of the trace teaches."""

CHANNELS, UNITS, SYNAPSES = "channels", "units", "synapses"


@dataclass(frozen=True, slots=True)
class LearningRule:
    """The numbers of the rule, all that a run of the circuit needs beside its state.

    Args:
        v_threshold: volts; a unit whose sum passes it before the window ends wins at once.
        rise: volts that a win raises a threshold by; 0 switches homeostasis off.
        fall: volts that every threshold falls by in a presentation.
        gain_first, gain_last: of the STDP from a unit's second win on and after many; both 0 leave what was imprinted.
        gain_decay: of the gain with each win.
    """

    v_threshold: float
    rise: float
    fall: float
    gain_first: float
    gain_last: float
    gain_decay: float

    @property
    def theta_min(self) -> float:
        """The lowest threshold of a unit, volts: a silent one stays silent."""
        return -0.5 * self.v_threshold

    @property
    def theta_max(self) -> float:
        """The highest threshold of a unit, volts."""
        return 2.0 * self.v_threshold

    @property
    def kick(self) -> float:
        """Volts that the gate adds: enough for any unit, as potentials are >= 0."""
        return 4.0 * self.v_threshold


@dataclass(frozen=True, slots=True, eq=False)
class LearningState:
    """What learning changes.

    Args:
        weights: volts >= 0, shape (2 dimensions, units), on and off channel of each entry in turn.
        theta: volts, shape (units,).
        gain: of each unit's next win, shape (units,).
    """

    weights: FloatArray
    theta: FloatArray
    gain: FloatArray

    @property
    def units(self) -> int:
        """How many compete."""
        return int(self.theta.size)

    def prototypes(self) -> FloatArray:
        """What each unit learned, on less off weights, shape (units, dimensions)."""
        return np.asarray((self.weights[0::2] - self.weights[1::2]).T)

    def after(self, recording: Recording, connected: BoolArray | None = None) -> LearningState:
        """The state at the end of a run of :func:`learning_circuit`."""
        weights = self.weights.copy()
        weights[slice(None) if connected is None else connected] = recording.final[SYNAPSES, "w"].reshape(
            weights.shape if connected is None else -1
        )
        return LearningState(weights, recording.final[UNITS, "theta"], recording.final[UNITS, "gain"])


def learning_ticks(channels: OnOffChannels) -> int:
    """Ticks of a presentation while units learn."""
    return channels.window + 2


def learning_circuit(
    channels: OnOffChannels,
    levels: IntArray,
    state: LearningState,
    rule: LearningRule,
    dt: float = 1e-3,
    *,
    connected: BoolArray | None = None,
    teacher: IntArray | None = None,
    seed: int = 0,
) -> Circuit:
    """Shows presentations one after the other to units that learn; a presentation takes :func:`learning_ticks`.

    Populations ``channels`` and ``units``, projections ``synapses`` (plastic) and ``lift``, source ``gate``.

    Args:
        channels: how inputs are told by spikes.
        levels: drives of each presentation, shape (presentations, dimensions).
        state: where learning starts.
        rule: how it goes on.
        dt: length of a tick in seconds.
        connected: which synapses there are, shape of the weights; None: all.
        teacher: the unit that each presentation's gate lifts, shape (presentations,); None: it lifts all.
        seed: of the circuit.
    """
    period, (entries, units) = learning_ticks(channels), state.weights.shape
    starts = np.arange(len(levels)) * period
    given: dict[str, Value] = {
        "v_threshold": rule.v_threshold,
        "rise": rule.rise,
        "gain_first": rule.gain_first,
        "gain_last": rule.gain_last,
        "gain_decay": rule.gain_decay,
    }
    begin: dict[str, Value] = {"theta": state.theta, "gain": state.gain}
    learners = Population(UNITS, units, LEARNING_UNIT, given, begin, Winners(max_winners=1))
    lifted = np.zeros(len(levels), np.int64) if teacher is None else teacher
    lift = Connections.all_to_all(1, units) if teacher is None else Connections.one_to_one(units)
    links = Connections.all_to_all(entries, units) if connected is None else Connections.from_dense(connected)
    weights = state.weights.ravel() if connected is None else state.weights[connected]
    fall = f"theta = clip(theta - {rule.fall!r}*volt, {rule.theta_min!r}*volt, {rule.theta_max!r}*volt)"
    return Circuit(
        dt,
        [channels.population(entries // 2, dt, CHANNELS), learners],
        [
            Projection(SYNAPSES, CHANNELS, UNITS, COMPETITIVE_STDP, links, {"w": weights, "spike_weight": WEIGHT_STEP}),
            Projection("lift", "gate", UNITS, static_synapse("v", "volt"), lift, {"w": rule.kick}),
        ],
        [
            channels.stimulus(levels, CHANNELS, period),
            SpikeSource("gate", 1 if teacher is None else units, starts + channels.window, lifted),
        ],
        restarts=[Restart(CHANNELS, starts + 1, ("phase",)), Restart(UNITS, starts + 1, ("v",))],
        operations=[Operation("homeostasis", UNITS, fall, period), Operation("forgetting", SYNAPSES, "x = 0", period)],
        seed=seed,
    )


def learning_formats(channels: OnOffChannels, rule: LearningRule) -> Mapping[tuple[str, str], Format]:
    """Fixed-point formats that learn as floats do, for :class:`neuro.simulators.FixedPoint`.

    Weights resolve a hundredth of the smallest step that a win makes, thresholds half of a presentation's fall.
    """
    smallest = WEIGHT_STEP * (rule.gain_last or 1.0)
    weight = int(np.floor(np.log2(smallest / 64.0)))
    theta = int(np.floor(np.log2(rule.fall / 2.0))) if rule.fall > 0 else weight
    finest = min(weight, theta)
    largest = rule.v_threshold + rule.kick + rule.theta_max + channels.spikes * channels.window * WEIGHT_STEP
    return MappingProxyType(
        {
            (SYNAPSES, "w"): _format(weight, (channels.window + 1) * WEIGHT_STEP),
            (SYNAPSES, "x"): _format(0, channels.window + 2),
            (UNITS, "v"): _format(weight, largest),
            (UNITS, "theta"): _format(finest, rule.theta_max),
            (UNITS, "gain"): _format(-16, 1.0),
        }
    )


def _format(exponent: int, largest: float) -> Format:
    return Format(int(np.ceil(np.log2(largest / 2.0**exponent + 1))) + 1, exponent)


def learn(
    channels: OnOffChannels,
    levels: IntArray,
    state: LearningState,
    rule: LearningRule,
    *,
    connected: BoolArray | None = None,
    teacher: IntArray | None = None,
) -> tuple[LearningState, IntArray, IntArray]:
    """What a run of :func:`learning_circuit` does to its state, by a kernel that knows the rule: the same numbers.

    Returns:
        the new state, the winner of each presentation, and the tick of it in which the winner fired.
    """
    from neuro.encoders._learning_kernels import learn_all

    new = replace(state, weights=state.weights.copy(), theta=state.theta.copy(), gain=state.gain.copy())
    outcome = np.empty((len(levels), 2), np.int64)
    learn_all(
        np.ascontiguousarray(levels),
        (new.weights, new.theta, new.gain),
        connected,
        np.full(len(levels), -1) if teacher is None else teacher,
        (channels.window, rule.v_threshold, rule.rise, rule.fall, rule.theta_min, rule.theta_max, rule.kick),
        (WEIGHT_STEP, rule.gain_first, rule.gain_last, rule.gain_decay),
        outcome,
    )
    return new, outcome[:, 0], outcome[:, 1]
