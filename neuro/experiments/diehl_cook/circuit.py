"""The circuit: input neurons, a plastic projection, excitatory neurons that compete, and a rhythm.

    pixels ==(w, plastic)==> neurons <-- rhythm

Each presentation goes the same way. The ``pixels`` fire at random, at the rates of the image (Poisson), keep a trace x
of their own spikes, and drive the membrane potentials v of the ``neurons`` through the weights; x and v leak with the
same time constant, so v = sum w x.
When the window is over, a spike of the ``rhythm`` lifts all neurons by ``kick``: the winners rule lets the neuron
fire whose v is farthest above its threshold, then (where more are read) the next one a tick later, and so on.

A neuron that fires moves its weights towards the trace, w += rate (x scale - w): synapses whose input was
active are strengthened, the others weakened, and w stays within 0 and ``w_max``. Its threshold rises by ``theta_plus``
and falls by ``theta_plus / neurons`` each presentation, so all neurons fire equally often (homeostasis). Its
learning rate goes 1/2, 1/3, 1/4 ..., down to a floor.

Source: Diehl & Cook, Front. Comput. Neurosci. 9:99 (2015), with the weight-dependent rule for postsynaptic spikes of
Querlioz et al., IEEE Trans. Nanotechnol. 12 (2013) in its linear form, and the winners rule in place of one inhibitory
neuron for each excitatory one. The rhythm stands for the release from inhibition at the end of a gamma cycle,
de Almeida, Idiart & Lisman, J. Neurosci. 29 (2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuro.arrays import FloatArray
from neuro.circuit.circuit import (
    Circuit,
    CurrentInput,
    Operation,
    Population,
    Projection,
    Restart,
    SpikeSource,
    Winners,
)
from neuro.circuit.connections import Connections
from neuro.experiments.diehl_cook.settings import DiehlCookSettings
from neuro.models.base import NeuronModel, SynapseModel
from neuro.models.poisson import POISSON

NEURONS, SYNAPSES = "neurons", "synapses"

PIXEL = NeuronModel(
    equations=POISSON.equations
    + """
    dx/dt = -x / tau : 1
    tau : second (constant)
    """,
    threshold=POISSON.threshold,
    reset="x += 1",
)
"""A Poisson neuron that keeps the trace ``x`` of its spikes where a restart can clear it."""

NEURON = NeuronModel(
    equations="""
    dv/dt = -v / tau : 1
    theta : 1
    rate : 1
    tau : second (constant)
    v_threshold : 1 (constant)
    theta_plus : 1 (constant)
    theta_drift : 1 (constant)
    rate_floor : 1 (constant)
    """,
    threshold="v > v_threshold + theta",
    reset="v = 0; theta += theta_plus; rate = clip(rate / (1 + rate), rate_floor, 1)",
    refractory=100.0,
)
"""Leaky integrate-and-fire with an adaptive threshold; fires once in a presentation, until the next restart."""

LEARNING = SynapseModel(
    equations="""
    w : 1
    scale : 1 (constant)
    w_max : 1 (constant)
    """,
    on_pre="v_post += w",
    on_post="w = clip(w + rate_post * (x_pre * scale - w), 0, w_max)",
)

FROZEN = SynapseModel(equations="w : 1", on_pre="v_post += w")

LIFT = SynapseModel(equations="kick : 1 (constant)", on_pre="v_post += kick")

_V_THRESHOLD = 2.0
_KICK = 4.0
"""The drive of a perfect match is about 1: no neuron fires before the lift, and after it all could."""


@dataclass(frozen=True, slots=True, eq=False)
class LearnedWeights:
    """What training changes.

    Args:
        w: weights, shape (pixels, neurons); a perfect match of image and weights drives a neuron to about 1.
        theta: shape (neurons,), how far each threshold has moved.
        rate: shape (neurons,), learning rates.
    """

    w: FloatArray
    theta: FloatArray
    rate: FloatArray


@dataclass(frozen=True, slots=True)
class Phase:
    """How the circuit is run.

    Args:
        learning: whether weights and thresholds move.
        reads: neurons that may fire in a presentation.
        progress: share of the training that is done, for what decays over it.
    """

    learning: bool
    reads: int = 1
    progress: float = 0.0


def trace_steps(settings: DiehlCookSettings) -> float:
    """The trace, right after the last spike, of an input that fires in each tick of the window."""
    return float(np.sum(np.exp(-np.arange(settings.window) * settings.dt / settings.tau)))


def trace_length(settings: DiehlCookSettings) -> float:
    """The length, in the mean, of an image's traces as a vector right after the last spike: rate dt steps."""
    return settings.rate * settings.dt * trace_steps(settings)


def untrained(pixels: int, settings: DiehlCookSettings, generator: np.random.Generator) -> LearnedWeights:
    """Weights drawn evenly from 0 to about the largest ones of a trained neuron; learning rates of 1/2."""
    highest = 1.0 / (np.sqrt(pixels) * trace_length(settings))
    w = generator.uniform(0.0, highest, (pixels, settings.neurons))
    return LearnedWeights(w, np.zeros(settings.neurons), np.full(settings.neurons, 0.5))


def image_ticks(settings: DiehlCookSettings, phase: Phase) -> int:
    """Ticks of one presentation: the window, whose last spikes come with the lift, and one for each read."""
    return settings.window + phase.reads


def network(
    rates: FloatArray, learned: LearnedWeights, settings: DiehlCookSettings, phase: Phase, seed: int
) -> Circuit:
    """The circuit that shows images one after the other.

    Args:
        rates: of the input neurons for each image, in Hz, shape (images, pixels).
        learned: what the neurons know.
        settings: of the experiment.
        phase: whether they learn, and how many may fire.
        seed: of the input spikes.
    """
    images, pixels = rates.shape
    period = image_ticks(settings, phase)
    starts = np.arange(images) * period
    lifts = starts + settings.window - 1
    return Circuit(
        settings.dt,
        [Population("pixels", pixels, PIXEL, {"tau": settings.tau}), _neurons(learned, settings, phase)],
        [
            _synapses(learned, settings, phase),
            Projection("lift", "rhythm", NEURONS, LIFT, Connections.all_to_all(1, settings.neurons), {"kick": _KICK}),
        ],
        [CurrentInput("pixels", "rate", rates, period), SpikeSource("rhythm", 1, lifts, np.zeros(images, np.int64))],
        restarts=[Restart("pixels", starts, ("x",)), Restart(NEURONS, starts, ("v",))],
        operations=[Operation("forget", NEURONS, "theta = theta - theta_drift", period)],
        seed=seed,
    )


def _neurons(learned: LearnedWeights, settings: DiehlCookSettings, phase: Phase) -> Population:
    moves = phase.learning and settings.homeostasis
    theta_plus = settings.theta_plus.at(phase.progress) if moves else 0.0
    parameters = {
        "tau": settings.tau,
        "v_threshold": _V_THRESHOLD,
        "theta_plus": theta_plus,
        "theta_drift": theta_plus / settings.neurons,
        "rate_floor": settings.rate_floor.at(phase.progress),
    }
    # Without competition the limits are there, for the sake of one compiled kernel, but never reached.
    everyone = Winners(settings.neurons, settings.neurons)
    winners = Winners(1, phase.reads) if settings.competition else everyone
    return Population(
        NEURONS, settings.neurons, NEURON, parameters, {"theta": learned.theta, "rate": learned.rate}, winners
    )


def _synapses(learned: LearnedWeights, settings: DiehlCookSettings, phase: Phase) -> Projection:
    connections = Connections.all_to_all(*learned.w.shape)
    weights = {"w": learned.w.ravel()}
    if not (phase.learning and settings.plasticity):
        return Projection(SYNAPSES, "pixels", NEURONS, FROZEN, connections, weights)
    scale = trace_length(settings) ** -2
    bounds = {"scale": scale, "w_max": trace_steps(settings) * scale}
    return Projection(SYNAPSES, "pixels", NEURONS, LEARNING, connections, {**weights, **bounds})
