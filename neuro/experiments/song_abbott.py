"""Competition of synapses by STDP: weights part into two groups, and the output keeps its rate.

    tau_m dv/dt = (E_l - v) + g_e (E_e - v) + g_i (E_i - v)     (conductances in units of the leak's)

Three claims of the paper: additive STDP with slightly more depression pushes weights to the two ends; the rate of the
output then depends little on that of the inputs; and the window is that of the rule.

1,000 excitatory inputs with plastic synapses and 200 inhibitory ones of 10 Hz, all Poisson, drawn inside the circuit.
Parameters are the paper's. One thing is made good: in time of ticks the spikes of one tick count as "pre before post",
which widens that side of the window by half a tick and narrows the other by as much, so depression is scaled by
exp(dt / tau) to keep the ratio of the two areas at the paper's 1.05.
Source: Song, Miller & Abbott, Competitive Hebbian learning through spike-timing-dependent synaptic plasticity, Nature
Neuroscience 3 (2000) 919.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, Value
from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.composition import teacher_projection
from neuro.circuit.connections import Connections
from neuro.experiments.experiment import Experiment, Result, Row, at_least, at_most
from neuro.models import CONDUCTANCE_LIF, INTEGRATE_AND_FIRE, POISSON, pair_stdp
from neuro.models.base import Method
from neuro.models.static import static_synapse
from neuro.progress import Advance, Stages
from neuro.simulators import Simulation, simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SOURCE = "Song, Miller & Abbott, Nat. Neurosci. 3 (2000)"
_END_OVER_MIDDLE = 2.0
_STEADIER = 4.0
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
_FIRST = 200
"""Tick of the presynaptic spike of every pair."""
_TEACHER = 60e-3


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


def run_course(circuit: Circuit, pieces: int, advance: Advance) -> Course:
    """Run a competing circuit for pieces of 10 s; ``advance`` is told the pieces done."""
    simulation = Simulation(circuit)
    ticks = round(_PIECE / circuit.dt)
    rates = []
    for piece in range(pieces):
        rates.append(len(simulation.run(ticks).spikes["cell"]) / _PIECE)
        advance(piece + 1)
    weights = simulation.get("plastic", "w")
    return Course(np.array(rates), weights / (_W_MAX * 1000 / weights.size))


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Weight changes of pairs of single spikes, and what the curve says.

    Args:
        delays: t_post - t_pre in seconds, shape (pairs,), without 0.
        changes, expected: of the weight, shape (pairs,), in units of w_max.
    """

    delays: FloatArray
    changes: FloatArray
    expected: FloatArray

    @property
    def largest_error(self) -> float:
        """The largest |change - expected| over the larger of the steps; NaN without steps."""
        step = float(np.max(np.abs(self.expected)))
        return float(np.max(np.abs(self.changes - self.expected))) / step if step > 0 else float("nan")


def measure_window(
    a_plus: float, a_minus: float, *, tau: float = 20e-3, dt: float = 5e-4, farthest: int = 180
) -> Window:
    """One pair of neurons for each delay: the input spikes once, a teacher makes the target spike once.

    Args:
        a_plus, a_minus: steps in units of w_max.
        tau: seconds, of both sides.
        dt: length of a tick in seconds.
        farthest: the longest delay in ticks.
    """
    ticks = np.concatenate([np.arange(-farthest, 0), np.arange(1, farthest + 1)])
    pairs = ticks.size
    each = Connections.one_to_one(pairs)
    scale = 1e-3  # w_max in volts: far below the threshold, so that only the teacher makes a target fire
    plastic = {"w": scale / 2, "w_max": scale, "a_plus": a_plus * scale, "a_minus": a_minus * scale}
    taus = {"tau_plus": tau, "tau_minus": tau}
    circuit = Circuit(
        dt,
        [Population("targets", pairs, INTEGRATE_AND_FIRE)],
        [
            Projection("plastic", "inputs", "targets", pair_stdp("v"), each, {**plastic, **taus}),
            teacher_projection("force", "teachers", "targets", pairs, _TEACHER),
        ],
        [
            SpikeSource("inputs", pairs, np.full(pairs, _FIRST), np.arange(pairs)),
            # A target fires one tick after its teacher.
            SpikeSource("teachers", pairs, _FIRST + ticks - 1, np.arange(pairs)),
        ],
    )
    recording = simulate(circuit, _FIRST + farthest + 2)
    changes = (recording.final["plastic", "w"] - plastic["w"]) / scale
    delays = ticks * dt
    expected = np.where(delays > 0, a_plus, -a_minus) * np.exp(-np.abs(delays) / tau)
    return Window(delays, changes, expected)


@dataclass(frozen=True, slots=True)
class SongSettings:
    """What to run.

    Args:
        rates: of the excitatory inputs in Hz, ascending; the first is where the frozen weights come from.
        inputs: excitatory ones; a fifth as many are inhibitory.
        duration: seconds of learning at each rate.
        frozen: seconds without learning at each rate.
        dt: length of a tick in seconds.
        rule: how weights change.
    """

    rates: tuple[float, ...] = (10.0, 20.0, 30.0, 40.0)
    inputs: int = 1000
    duration: float = 400.0
    frozen: float = 20.0
    dt: float = 5e-4
    rule: Plasticity = field(default_factory=Plasticity)


def run_song_abbott(settings: SongSettings, seed: int, stages: Stages) -> Result:
    """Learn at every rate from uniform weights, then run every rate with the weights that the first one gave."""
    start = np.random.default_rng(seed).uniform(0.0, 1.0, settings.inputs)
    learnt: dict[float, Course] = {}
    for rate in settings.rates:
        learnt[rate] = _course(settings, rate, start, settings.rule, settings.duration, seed, stages)
    off, weights = Plasticity(a_plus=0.0), learnt[settings.rates[0]].weights
    still = {rate: _course(settings, rate, weights, off, settings.frozen, seed + 1, stages) for rate in settings.rates}
    with stages.stage("Measure the window"):
        window = measure_window(settings.rule.a_plus, settings.rule.a_minus(settings.dt), dt=settings.dt)
    rows = [*_competition(weights), *_steadiness(learnt, still), *_window(window)]
    plots = {
        "weights": lambda: _plot_weights(weights, start),
        "rates": lambda: _plot_rates(learnt, still),
        "window": lambda: _plot_window(window),
    }
    return Result(rows, (seed, seed + 1), plots)


def _course(
    settings: SongSettings,
    rate: float,
    weights: FloatArray,
    rule: Plasticity,
    duration: float,
    seed: int,
    stages: Stages,
) -> Course:
    what = "Learn" if rule.a_plus else "Frozen"
    circuit = competing_circuit(rate, weights, rule, dt=settings.dt, seed=seed)
    pieces = max(round(duration / _PIECE), 1)
    with stages.stage(f"{what} at {rate:g} Hz", pieces) as advance:
        return run_course(circuit, pieces, advance)


def _competition(weights: FloatArray) -> list[Row]:
    """Bimodal: each outer fifth of the range holds at least twice as many weights as the middle fifth."""
    fifths = np.histogram(weights, 5, (0.0, 1.0))[0]
    ends = float(min(fifths[0], fifths[-1]) / max(fifths[2], 1))
    return [
        Row(
            "fuller-ends-of-the-weights",
            ends,
            "times the middle",
            at_least(_END_OVER_MIDDLE),
            samples={"weights in each fifth": [float(count) for count in fifths]},
            note="the emptier outer fifth against the middle one; 1 where weights are uniform",
        ),
        Row("weights-in-the-outer-fifths", float((fifths[0] + fifths[-1]) / weights.size), "of all"),
    ]


def _steadiness(learnt: Mapping[float, Course], still: Mapping[float, Course]) -> list[Row]:
    with_stdp, without = ([course.settled_rate() for course in courses.values()] for courses in (learnt, still))
    spread = [max(rates) / max(min(rates), 1e-9) for rates in (with_stdp, without)]
    inputs = list(learnt)
    return [
        Row("output-rate-at-the-lowest-input", with_stdp[0], "Hz", at_least(1.0), note="it fires at all"),
        Row("spread-with-stdp", spread[0], "times", samples={"input in Hz": inputs, "output in Hz": with_stdp}),
        Row("spread-without", spread[1], "times", samples={"input in Hz": inputs, "output in Hz": without}),
        Row(
            "steadier-by-stdp",
            spread[1] / spread[0],
            "times",
            at_least(_STEADIER),
            note=f"highest over lowest output rate for inputs of {inputs[0]:g} to {inputs[-1]:g} Hz, frozen over "
            "learning; the frozen weights are those learnt at the lowest rate",
        ),
    ]


def _window(window: Window) -> list[Row]:
    before = window.delays < 0
    return [
        Row("largest-error-of-the-window", window.largest_error, "of the step", at_most(1e-9)),
        Row("potentiation-at-one-tick", float(window.changes[~before][0]), "of w_max", at_least(1e-12)),
        Row("depression-at-one-tick", float(window.changes[before][-1]), "of w_max", at_most(-1e-12)),
    ]


def _plot_weights(weights: FloatArray, start: FloatArray) -> Axes:
    from neuro.analysis.plots import plot_weight_histogram

    axes = plot_weight_histogram(weights, before=start, bins=20)
    axes.set_xlabel("weight / largest weight")
    return axes


def _plot_rates(learnt: Mapping[float, Course], still: Mapping[float, Course]) -> Axes:
    from matplotlib.ticker import LogLocator, NullFormatter

    from neuro.analysis.plots import PALETTE, figure_of, new_axes

    figure = figure_of(new_axes(10, 4))
    figure.clear()
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    for number, (rate, course) in enumerate(learnt.items()):
        at = 10.0 * (1 + np.arange(len(course.rates)))
        left.plot(at, course.rates, color=PALETTE[number % len(PALETTE)], label=f"inputs of {rate:g} Hz")
    left.set_yscale("log")
    left.set_xlabel("time of learning (s)")
    left.set_ylabel("output rate (Hz)")
    left.legend(frameon=False)
    for label, courses, color in (("STDP", learnt, PALETTE[0]), ("frozen weights", still, PALETTE[1])):
        settled = [course.settled_rate() for course in courses.values()]
        right.plot(list(courses), settled, "o-", color=color, label=label)
    right.set_yscale("log")
    right.set_xlabel("input rate (Hz)")
    right.set_ylabel("settled output rate (Hz)")
    right.legend(frameon=False)
    for axes in (left, right):
        # Plain numbers, a few of them, where the range is too short for powers of ten.
        axes.yaxis.set_major_locator(LogLocator(10, (1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    return left


def _plot_window(window: Window) -> Axes:
    from neuro.analysis.plots import plot_stdp_window

    axes = plot_stdp_window(window.delays, window.changes, unit="% of the largest", scale=100.0)
    few = slice(None, None, 6)
    axes.plot(window.delays[few] * 1e3, window.expected[few] * 100, ".", color="black", markersize=4, label="the rule")
    axes.set_xlim(-100, 100)
    axes.legend(frameon=False)
    return axes


SONG_ABBOTT = Experiment(
    "song_abbott",
    "STDP makes synapses compete, steadies the output rate and has the window of its rule",
    _SOURCE,
    partial(run_song_abbott, SongSettings()),
)
"""400 s of learning at each of four input rates."""
