"""The circuits that every target must run alike: directed corners, and one structure with free values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from neuro import models
from neuro.circuit.circuit import (
    Circuit,
    CurrentInput,
    Operation,
    Population,
    Probe,
    Projection,
    Restart,
    SpikeSource,
    Winners,
)
from neuro.circuit.connections import Connections
from neuro.models.base import Method, NeuronModel, SynapseModel
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.lif import LIF_DELTA, LIF_EXPONENTIAL
from neuro.models.static import static_synapse
from neuro.models.stdp import pair_stdp

DT = 1e-4

COUNTER = NeuronModel(equations="v : 1", threshold="v > 1", reset="v = 0")
"""A neuron that only adds up: every value it takes is dyadic, so ``v == threshold`` is met exactly."""

ADDS = SynapseModel(equations="w : 1", on_pre="v_post += w")


@dataclass(frozen=True)
class Case:
    """A circuit, for how long, and what is known of it beforehand.

    ``native`` is False where Brian2's own integration is known to break; ``spikes`` are the exact ticks at which
    neuron 0 of a population fires, worked out by hand from the contract.
    """

    build: Callable[[], Circuit]
    ticks: int
    native: bool = True
    spikes: Mapping[str, Sequence[int]] = field(default_factory=dict)


def chain(
    model: NeuronModel,
    ticks: Sequence[int],
    weight: float,
    *,
    size: int = 1,
    synapse: SynapseModel = ADDS,
    delay: Any = 0.0,
    **population: Any,
) -> Circuit:
    """One source neuron that drives every neuron of one population."""
    return Circuit(
        DT,
        [Population("a", size, model, **population)],
        [Projection("sa", "s", "a", synapse, Connections.all_to_all(1, size), {"w": weight}, delay)],
        [SpikeSource("s", 1, np.array(ticks), np.zeros(len(ticks), int))],
        probes=[Probe("a", "v")],
    )


def at_threshold() -> Circuit:
    """0.25 + 0.25 + 0.5 is exactly the threshold, which is not above it; one more is."""
    return chain(COUNTER, [1, 2, 3, 4, 8], 0.25, initial={"v": 0.25})


def refractoriness_ends() -> Circuit:
    """Spikes arrive at every tick around the end of a refractory time of 3 ticks, into a held variable."""
    model = NeuronModel(
        equations="dv/dt = -v / tau : 1 (unless refractory)\ntau : second (constant)",
        threshold="v > 1",
        reset="v = 0",
        refractory=3 * DT,
        parameters={"tau": 1.0},
        method=Method.EULER,
    )
    return chain(model, list(range(1, 12)), 2.0)


def trace_from_one() -> Circuit:
    """A weight that starts at 1 and decays event by event: .8187 at tick 10, above the threshold of .81."""
    fades = SynapseModel("dw/dt = -w / tau : 1 (event-driven)\ntau : second (constant)", "v_post += w")
    high = NeuronModel(equations="v : 1", threshold="v > 0.81", reset="v = 0")
    circuit = chain(high, [0, 10], 1.0, synapse=replace(fades, parameters={"tau": 5e-3}))
    return replace(circuit, probes=[*circuit.probes, Probe("sa", "w")])


def equal_time_constants() -> Circuit:
    """tau_m == tau_g with refractoriness, where Brian2's closed form divides by zero."""
    circuit = chain(
        LIF_EXPONENTIAL,
        list(range(0, 200, 9)),
        20e-3,
        synapse=static_synapse(),
        parameters={"tau_m": 5e-3, "tau_g": 5e-3},
    )
    return replace(circuit, probes=[Probe("a", "v"), Probe("a", "g")])


def delays(delay_ticks: Any) -> Circuit:
    """Two sources, three neurons, the given delays (one number, or one a synapse)."""
    connections = Connections.all_to_all(2, 3)
    rng = np.random.default_rng(1)
    return Circuit(
        DT,
        [Population("a", 3, LIF_DELTA)],
        [
            Projection("sa", "s", "a", static_synapse("v"), connections, {"w": 7e-3}, np.asarray(delay_ticks) * DT),
            Projection("aa", "a", "a", static_synapse("v"), Connections.all_to_all(3, 3), {"w": 2e-3}, 5 * DT),
        ],
        [SpikeSource("s", 2, np.arange(100), rng.integers(0, 2, 100))],
        probes=[Probe("a", "v")],
    )


def self_synapses_and_multapses() -> Circuit:
    """A neuron that excites itself, and a pair of neurons joined three times, with weights of both signs and 0."""
    connections = Connections.from_pairs([0, 0, 0, 0, 1], [0, 1, 1, 1, 1], 2, 2)
    weights = np.array([3e-3, 8e-3, -4e-3, 0.0, -3e-3])
    return Circuit(
        DT,
        [Population("a", 2, LIF_DELTA, parameters={"v_threshold": np.array([-60e-3, -65e-3])})],
        [Projection("aa", "a", "a", static_synapse("v"), connections, {"w": weights}, DT)],
        [CurrentInput("a", "I", np.array([[30e-3, 0.0], [0.0, 12e-3]]), every=150)],
        probes=[Probe("a", "v"), Probe("a", "I")],
    )


def several_projections() -> Circuit:
    """Three projections onto one target, one of them from the target itself, and an adaptive threshold."""
    model = NeuronModel(
        equations="""
        dv/dt = (g - v) / tau_m : volt (unless refractory)
        dg/dt = -g / tau_g : volt
        theta : volt
        tau_m : second (constant)
        tau_g : second (constant)
        """,
        threshold="v > 10*mV + theta",
        reset="v = 0*mV; theta += 1*mV",
        refractory=1e-3,
        parameters={"tau_m": 10e-3, "tau_g": 3e-3},
    )
    rng = np.random.default_rng(2)
    mask = rng.random((5, 4)) < 0.7
    return Circuit(
        DT,
        [Population("a", 4, model), Population("b", 5, LIF_DELTA)],
        [
            Projection(
                "sa",
                "s",
                "a",
                static_synapse(),
                Connections.from_dense(mask),
                {"w": rng.uniform(0, 20e-3, mask.sum())},
            ),
            Projection("ba", "b", "a", static_synapse(), Connections.all_to_all(5, 4), {"w": 4e-3}, 3 * DT),
            Projection("aa", "a", "a", static_synapse("v"), Connections.all_to_all(4, 4), {"w": -1e-3}, DT),
        ],
        [
            SpikeSource("s", 5, *_random_spikes(rng, 5, 400, 0.02)),
            CurrentInput("b", "I", rng.uniform(15e-3, 40e-3, (4, 5)), every=100),
        ],
        operations=[Operation("relax", "a", "theta = clip(theta - 0.05*mV, 0*mV, 5*mV)", every=3)],
        probes=[
            Probe("a", "v"),
            Probe("a", "g", every=7),
            Probe("a", "theta"),
            Probe("b", "v"),
            Probe("sa", "w", every=100),
        ],
    )


def winners(rule: Winners, size: int = 6) -> Circuit:
    """More neurons cross in one tick than may fire, two of them with equal margins; presentations restart."""
    drive = np.array([[30.0, 40.0, 40.0, 25.0, 60.0, 40.0], [60.0, 5.0, 60.0, 60.0, 60.0, 60.0]])[:, :size] * 1e-3
    return Circuit(
        DT,
        [Population("a", size, LIF_DELTA, winners=rule)],
        [],
        [CurrentInput("a", "I", drive, every=200)],
        restarts=[Restart("a", np.array([0, 200, 300]))],
        probes=[Probe("a", "v")],
    )


def empty_and_single() -> Circuit:
    """A population without neurons between a source and a population of one."""
    return Circuit(
        DT,
        [Population("none", 0, LIF_DELTA), Population("one", 1, LIF_DELTA)],
        [
            Projection("to_none", "s", "none", static_synapse("v"), Connections.all_to_all(2, 0)),
            Projection("from_none", "none", "one", static_synapse("v"), Connections.all_to_all(0, 1)),
            Projection("direct", "s", "one", static_synapse("v"), Connections.all_to_all(2, 1), {"w": 12e-3}),
        ],
        [SpikeSource("s", 2, np.arange(0, 60, 2), np.arange(30) % 2)],
        probes=[Probe("one", "v"), Probe("none", "v")],
    )


def plastic(delay_ticks: Any) -> Circuit:
    """Pair STDP from a source and within a population; delays per synapse keep the traces in the synapses."""
    rng = np.random.default_rng(3)
    mask = rng.random((8, 4)) < 0.7
    steps = {"a_plus": 0.3e-3, "a_minus": 0.35e-3, "w_max": 16e-3}
    delay = (np.resize(delay_ticks, mask.sum()) if np.ndim(delay_ticks) else np.asarray(delay_ticks)) * 1e-3
    return Circuit(
        1e-3,
        [Population("a", 4, LIF_EXPONENTIAL)],
        [
            Projection("sa", "s", "a", pair_stdp(), Connections.from_dense(mask), {"w": 12e-3, **steps}, delay),
            Projection("aa", "a", "a", pair_stdp("v"), Connections.all_to_all(4, 4), {"w": 0.0, **steps}),
        ],
        [SpikeSource("s", 8, *_random_spikes(rng, 8, 300, 0.06))],
        probes=[Probe("a", "v"), Probe("sa", "w")],
    )


def one_of_each_model(name: str, drive: float) -> Circuit:
    """Three neurons of a model under three constant drives: at rest, on the way, above the threshold."""
    values = np.array([[0.8, 1.0, 1.3]]) * drive
    initial = {state: np.array(starts) for state, starts in STARTS[name].items()}
    population = Population("a", 3, getattr(models, name), initial=initial)
    return Circuit(DT, [population], stimuli=[CurrentInput("a", "I", values, every=700)])


def adding_up() -> Circuit:
    """Integrate-and-fire neurons that add up the spikes of a source; one starts above its threshold."""
    adds, initial = static_synapse("v"), {"v": np.array([0.0, 2.0**-5])}
    circuit = chain(INTEGRATE_AND_FIRE, list(range(0, 60, 3)), 2.0**-8, size=2, synapse=adds, initial=initial)
    return replace(circuit, probes=[Probe("a", "v")])


DRIVES: Mapping[str, float] = {
    "ADAPTIVE_LIF": 25e-3,
    "ADEX": 1e-9,
    "CONDUCTANCE_LIF": 0.3e-9,
    "IZHIKEVICH": 10.0,
    "LIF_ALPHA": 25e-3,
    "LIF_DELTA": 25e-3,
    "LIF_EXPONENTIAL": 25e-3,
    "RESONATE_AND_FIRE": 260.0,
    "RESONATOR": 260.0,
}
"""Model -> a drive in the unit of its ``I`` that makes it fire. A model that is missing here gets a circuit that is
worked out from it (:mod:`tests.conformance.derived`)."""

_VOLTAGES = (-70e-3, -58e-3, -47e-3)
STARTS: Mapping[str, Mapping[str, Sequence[float]]] = {
    "ADAPTIVE_LIF": {"v": _VOLTAGES, "g": (0.0, 3e-3, -1e-3), "theta": (0.0, 4e-3, 1e-3)},
    "ADEX": {"v": (-70.6e-3, -55e-3, -40e-3), "adaptation": (0.0, 20e-12, -10e-12)},
    "CONDUCTANCE_LIF": {"v": (-60e-3, -55e-3, -47e-3), "g_e": (0.0, 2e-9, 1e-9), "g_i": (0.0, 3e-9, 2e-9)},
    "IZHIKEVICH": {"v": (-65.0, -58.0, 31.0), "u": (-13.0, -10.0, -5.0)},
    "LIF_ALPHA": {"v": _VOLTAGES, "g": (0.0, 3e-3, 1e-3), "h": (0.0, 2e-3, -1e-3)},
    "LIF_DELTA": {"v": _VOLTAGES},
    "LIF_EXPONENTIAL": {"v": _VOLTAGES, "g": (0.0, 3e-3, -1e-3)},
    "RESONATE_AND_FIRE": {"x": (0.0, 0.3, 0.2), "y": (0.0, -0.2, 1.1)},
    "RESONATOR": {"x": (0.0, 0.3, 1.1), "y": (0.0, -0.2, 0.2), "J": (0.0, 5.0, -5.0)},
}
"""Model -> where the three neurons start; the third one fires at tick 0."""


def _random_spikes(rng: np.random.Generator, size: int, ticks: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    at, index = np.nonzero(rng.random((ticks, size)) < rate)
    return at, index


def free(
    *,
    tau_m: Sequence[float],
    tau_g: float,
    weights: Sequence[float],
    back: float,
    delay_ticks: int,
    rate: float,
    limit: int,
    seed: int,
) -> Circuit:
    """One structure whose every number is free: source -> a (exponential) -> b (delta, winners) -> a."""
    rng = np.random.default_rng(seed)
    return Circuit(
        DT,
        [
            Population("a", 4, LIF_EXPONENTIAL, {"tau_m": np.array(tau_m), "tau_g": tau_g}),
            Population("b", 3, LIF_DELTA, winners=Winners(limit, max_winners=3)),
        ],
        [
            Projection(
                "sa",
                "s",
                "a",
                static_synapse(),
                Connections.all_to_all(2, 4),
                {"w": np.array(weights)},
                delay_ticks * DT,
            ),
            Projection("ab", "a", "b", static_synapse("v"), Connections.all_to_all(4, 3), {"w": 9e-3}, DT),
            Projection("ba", "b", "a", static_synapse("v"), Connections.all_to_all(3, 4), {"w": back}),
        ],
        [SpikeSource("s", 2, *_random_spikes(rng, 2, 300, rate))],
        restarts=[Restart("b", np.arange(0, 300, 60))],
        probes=[Probe("a", "v"), Probe("b", "v")],
        seed=seed,
    )


CASES: Mapping[str, Case] = {
    "v equal to the threshold": Case(at_threshold, 12, spikes={"a": [5]}),
    "a spike as refractoriness ends": Case(refractoriness_ends, 14, spikes={"a": [2, 6, 10]}),
    "a trace that starts at 1": Case(trace_from_one, 20, spikes={"a": [1, 11]}),
    "tau_m equal to tau_g": Case(equal_time_constants, 400, native=False),
    "delay 0": Case(lambda: delays(0), 120),
    "delay 1": Case(lambda: delays(1), 120),
    "delays per synapse": Case(lambda: delays([0, 1, 9, 9, 2, 0]), 120),
    "self-synapses, multapses, weight 0": Case(self_synapses_and_multapses, 400),
    "several projections and an adaptive threshold": Case(several_projections, 400),
    "winners per tick": Case(lambda: winners(Winners(2)), 400),
    "quota used up": Case(lambda: winners(Winners(max_winners=3)), 400),
    "winners per tick and quota": Case(lambda: winners(Winners(1, max_winners=4)), 400),
    "integrate-and-fire": Case(adding_up, 70),
    "pair STDP": Case(lambda: plastic(1), 300),
    "pair STDP, delays per synapse": Case(lambda: plastic([0, 1, 3]), 300),
    "empty population, population of one": Case(empty_and_single, 70),
}
"""Name -> corner; simultaneous pre and post happen in "several projections", delay maximum in "per synapse"."""
