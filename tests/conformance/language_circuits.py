"""Circuits for the language beyond the basics: integrators, noise, time, sums, random sources, operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from neuro.circuit.circuit import Circuit, CurrentInput, Link, Operation, Population, Probe, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.models import (
    HOMEOSTATIC_LIF,
    LIF_EXPONENTIAL,
    PLATEAU_LIF,
    POISSON,
    REGULAR,
    REWARD_STEP,
    Method,
    NeuronModel,
    SynapseModel,
    balanced_resonate_and_fire,
    plateau_lif,
    reward_modulated_stdp,
    static_synapse,
)

DT = 1e-4


@dataclass(frozen=True)
class LanguageCase:
    """A circuit, for how long; whether Brian2 can run its native text, and whether integers can carry it."""

    build: Callable[[], Circuit]
    ticks: int
    native: bool = True
    fixed: bool = False


def van_der_pol(method: Method) -> Circuit:
    """A nonlinear oscillator with a held variable, a threshold and a drive that depends on time."""
    model = NeuronModel(
        equations="""
        dx/dt = (x - x**3/3 - y + 0.5*sin(2*pi*t/(20*ms)))/tau : 1 (unless refractory)
        dy/dt = (x + 0.7 - 0.8*y)/(10*tau) : 1
        tau : second (constant)
        """,
        threshold="x > 1.5",
        reset="x = -1.0",
        refractory=2e-3,
        method=method,
        parameters={"tau": np.array([1e-3, 2e-3, 3e-3])},
    )
    return Circuit(DT, [Population("a", 3, model)], probes=[Probe("a", "x"), Probe("a", "y")])


def linear(method: Method) -> Circuit:
    """The linear neuron under any method: numbers of a matrix in every case."""
    model = NeuronModel(
        LIF_EXPONENTIAL.equations,
        LIF_EXPONENTIAL.threshold,
        LIF_EXPONENTIAL.reset,
        LIF_EXPONENTIAL.refractory,
        method,
        parameters=LIF_EXPONENTIAL.parameters,
        initial=LIF_EXPONENTIAL.initial,
    )
    drive = CurrentInput("a", "I", [[25e-3, 30e-3]], every=600)
    return Circuit(DT, [Population("a", 2, model, initial={"g": 5e-3})], stimuli=[drive], probes=[Probe("a", "v")])


def conditionally_linear() -> Circuit:
    """Exponential Euler: each equation linear in its own variable, products between them."""
    model = NeuronModel(
        equations="""
        dv/dt = (g*m*(1 - v) - v + 0.4)/tau : 1
        dm/dt = (1/(1 + exp(-10*(v - 0.5))) - m)/(5*tau) : 1
        g : 1 (constant)
        tau : second (constant)
        """,
        threshold="v > 0.6",
        reset="v = 0",
        method=Method.EXPONENTIAL_EULER,
        parameters={"tau": 5e-3, "g": np.array([3.0, 9.0])},
    )
    return Circuit(DT, [Population("a", 2, model)], probes=[Probe("a", "v"), Probe("a", "m")])


def noisy(method: Method, diffusion: str) -> Circuit:
    """Noise, shared by two equations, and a second one; held while refractory."""
    model = NeuronModel(
        equations=f"""
        dv/dt = (1.2 - v)/tau + {diffusion}*xi_one*tau**-0.5 : 1 (unless refractory)
        du/dt = -u/tau + 0.1*(xi_one + xi_two)*tau**-0.5 : 1
        tau : second (constant)
        """,
        threshold="v > 1 + 0.1*u",
        reset="v = 0",
        refractory=1e-3,
        method=method,
        parameters={"tau": 10e-3},
    )
    return Circuit(DT, [Population("a", 4, model)], probes=[Probe("a", "v"), Probe("a", "u")], seed=5)


def milstein() -> Circuit:
    """Multiplicative noise by Milstein's method, one of its own in each equation; held while refractory."""
    model = NeuronModel(
        """
        dv/dt = (1.2 - v)/tau + 0.4*v*(1 + u**2)*xi_one*tau**-0.5 : 1 (unless refractory)
        du/dt = -u/tau + 0.3*u*xi_two*tau**-0.5 : 1
        tau : second (constant)
        """,
        threshold="v > 1",
        reset="v = 0.1",
        refractory=1e-3,
        method=Method.MILSTEIN,
        parameters={"tau": 10e-3},
        initial={"v": 0.5, "u": 0.2},
    )
    return Circuit(DT, [Population("a", 4, model)], probes=[Probe("a", "v"), Probe("a", "u")], seed=6)


def gap_junctions() -> Circuit:
    """(summed) currents between neurons, read by their equations in the same tick."""
    model = NeuronModel(
        equations="dv/dt = (drive - v + gap)/tau : 1\ngap : 1\ndrive : 1 (constant)\ntau : second (constant)",
        threshold="v > 1",
        reset="v = 0",
        parameters={"tau": 10e-3, "drive": np.array([1.5, 1.2, 0.6])},
        method=Method.EULER,
    )
    junction = SynapseModel(equations="w : 1\ngap_post = w*(v_pre - v_post) : 1 (summed)")
    connections = Connections.from_dense(~np.eye(3, dtype=bool))
    return Circuit(
        DT,
        [Population("a", 3, model)],
        [Projection("aa", "a", "a", junction, connections, {"w": np.linspace(0.1, 0.6, 6)})],
        probes=[Probe("a", "v"), Probe("a", "gap")],
    )


def random_sources() -> Circuit:
    """Poisson and regular sources, drawn inside the circuit, drive two neurons."""
    return Circuit(
        1e-3,
        [
            Population("p", 20, POISSON, initial={"rate": np.linspace(0, 200, 20)}),
            Population("r", 4, REGULAR, initial={"rate": np.array([0.0, 40.0, 90.0, 333.0])}),
            Population("a", 2, LIF_EXPONENTIAL),
        ],
        [
            Projection("pa", "p", "a", static_synapse(), Connections.all_to_all(20, 2), {"w": 2e-3}),
            Projection("ra", "r", "a", static_synapse(), Connections.all_to_all(4, 2), {"w": 3e-3}),
        ],
        probes=[Probe("a", "v"), Probe("r", "phase")],
        seed=11,
    )


def one_poisson() -> Circuit:
    """Poisson sources alone."""
    return Circuit(1e-3, [Population("p", 5, POISSON, initial={"rate": 100.0})], seed=3)


def one_regular() -> Circuit:
    """Regular sources alone, set apart by their phases."""
    initial = {"rate": np.array([50.0, 120.0, 333.0]), "phase": np.array([0.0, 0.25, 0.9])}
    return Circuit(1e-3, [Population("r", 3, REGULAR, initial=initial)], probes=[Probe("r", "phase")])


def plateaus() -> Circuit:
    """Coincident synapses start plateaus, scattered ones do not; the second neuron starts inside of one."""
    ticks = np.array([0, 1, 2, 3, 100, 140, 180, 220, 300, 300, 301, 301])
    source = SpikeSource("s", 4, ticks, np.tile(np.arange(4), 3))
    starts = {"v": (-70e-3, -47e-3), "g": (0.0, 2e-3), "d": (0.0, 2.0), "left": (0.0, 7.0), "plateau": (0.0, 30e-3)}
    initial = {state: np.array(values) for state, values in starts.items()}
    return Circuit(
        1e-3,
        [Population("a", 2, PLATEAU_LIF, {"plateau_ticks": 20.0, "plateau_height": 30e-3}, initial)],
        [Projection("sa", "s", "a", static_synapse("d", "1"), Connections.all_to_all(4, 2), {"w": 1.0})],
        [source],
        probes=[Probe("a", "v"), Probe("a", "plateau"), Probe("a", "d")],
    )


def branches(first: int, second: int, **initial: float) -> Circuit:
    """A neuron with two branches: so many coincident synapses on each; a soma that needs both plateaus."""
    counts = [first, second]
    source = SpikeSource("s", sum(counts), np.full(sum(counts), 10), np.arange(sum(counts)))
    model = plateau_lif(2)
    numbers = {"plateau_ticks": 60.0, "plateau_height": 13e-3}
    projections = []
    for number, start in enumerate((0, first)):
        some = Connections.all_to_all(counts[number], 1).within(sum(counts), 1, first_source=start)
        synapse = static_synapse(f"d{number + 1}", "1")
        projections.append(Projection(f"to_{number + 1}", "s", "a", synapse, some, {"w": 1.0}))
    probes = [Probe("a", "v"), Probe("a", "plateau")]
    return Circuit(1e-3, [Population("a", 1, model, numbers, initial)], projections, [source], probes=probes)


def branches_under_way() -> Circuit:
    """The same from inside of two plateaus, with spikes at tick 0."""
    both = {"d1": 1.0, "d2": 2.0, "left1": 5.0, "left2": 9.0}
    circuit = branches(4, 4, v=-47e-3, g=2e-3, plateau=26e-3, **both)
    return replace(circuit, stimuli=[SpikeSource("s", 8, np.repeat([0, 10], 8), np.tile(np.arange(8), 2))])


def homeostasis() -> Circuit:
    """Thresholds seek a target rate under three drives."""
    parameters = {"tau_rate": 50e-3, "alpha": 2e-5, "target_rate": 40.0}
    drive = CurrentInput("a", "I", [[22e-3, 30e-3, 50e-3]], every=500)
    probes = [Probe("a", "theta"), Probe("a", "rate")]
    starts = {"v": (-70, -60, -45), "g": (0, 2, 1), "theta": (0, 3, 1)}
    initial = {name: 1e-3 * np.array(values) for name, values in starts.items()} | {
        "rate": np.array([10.0, 30.0, 60.0])
    }
    population = Population("a", 3, HOMEOSTATIC_LIF, parameters, initial)
    return Circuit(1e-3, [population], stimuli=[drive], probes=probes)


def normalised_columns() -> Circuit:
    """Weights normalised per target and per source, and a statement that reads both neurons."""
    rng = np.random.default_rng(4)
    mask = rng.random((6, 3)) < 0.8
    synapse = SynapseModel(equations="w : volt\nlast : volt", on_pre="g_post += w")
    return Circuit(
        1e-3,
        [Population("a", 3, LIF_EXPONENTIAL)],
        [Projection("sa", "s", "a", synapse, Connections.from_dense(mask), {"w": rng.uniform(1e-3, 9e-3, mask.sum())})],
        [SpikeSource("s", 6, np.arange(90), np.arange(90) % 6)],
        operations=[
            Operation("columns", "sa", "w = w * 20*mV / incoming(w)", every=10),
            Operation("rows", "sa", "w = w * 12*mV / outgoing(w) + 1e-3*incoming(w - last)", every=15),
            Operation("hebb", "sa", "last = w; w = clip(w + 1e-3*(v_post + 60*mV), 0*mV, 15*mV)", every=7),
        ],
        probes=[Probe("a", "v"), Probe("sa", "w"), Probe("sa", "last")],
    )


def reward() -> Circuit:
    """Reward-modulated STDP: pairs move the eligibility, a reward of both signs moves the weights."""
    rng = np.random.default_rng(6)
    neuron = NeuronModel(
        LIF_EXPONENTIAL.equations + "reward : 1\n",
        LIF_EXPONENTIAL.threshold,
        LIF_EXPONENTIAL.reset,
        LIF_EXPONENTIAL.refractory,
        parameters=LIF_EXPONENTIAL.parameters,
        initial=LIF_EXPONENTIAL.initial,
    )
    at, index = np.nonzero(rng.random((300, 6)) < np.where(np.arange(300) == 0, 1.0, 0.06)[:, None])
    numbers = {"w": 12e-3, "a_plus": 1e-3, "a_minus": 1.05e-3, "w_max": 16e-3, "tau_c": 0.2, "rate": 20.0}
    numbers |= {"pre_trace": 0.5e-3, "post_trace": 0.7e-3, "c": 0.3e-3}
    initial = {"v": np.array([-60e-3, -55e-3, -47e-3]), "g": np.array([0.0, 2e-3, 1e-3])}
    rewards = np.array([[0.0], [1.0], [-1.0], [0.5]]) * np.ones(3)
    return Circuit(
        1e-3,
        [Population("a", 3, neuron, initial=initial)],
        [Projection("sa", "s", "a", reward_modulated_stdp(), Connections.all_to_all(6, 3), numbers)],
        [SpikeSource("s", 6, at, index), CurrentInput("a", "reward", rewards, every=75)],
        operations=[Operation("learn", "sa", REWARD_STEP)],
        probes=[Probe("a", "v"), Probe("sa", "w")],
    )


def balanced() -> Circuit:
    """Balanced resonate-and-fire neurons of three frequencies, one of them at the border dt * omega = 1."""
    model = balanced_resonate_and_fire(np.array([10.0, 40.0, 100.0]), np.array([0.5, 1.0, 5.0]))
    drive = np.random.default_rng(4).uniform(0, 80, (300, 3))
    initial = {"x": np.array([0.0, 1.8, 0.3]), "y": np.array([0.0, -0.2, 0.1]), "q": np.array([0.0, 0.2, 0.1])}
    return Circuit(
        0.01,
        [Population("a", 3, model, initial=initial)],
        stimuli=[CurrentInput("a", "I", drive)],
        probes=[Probe("a", "x"), Probe("a", "q")],
    )


def conditions() -> Circuit:
    """Conditions in thresholds and as refractoriness, a time that varies, truth values, whole numbers, local names."""
    both = NeuronModel(
        """
        dv/dt = (drive - v)/tau : 1 (unless refractory)
        du/dt = -u/(3*tau) : 1
        drive : 1 (constant)
        tau : second (constant)
        ready : boolean
        fired : integer
        """,
        threshold="v >= 1 and (u < 2 or fired % 3 == 2)",
        reset="twice = 2*u; u += 0.9; v = 0.1*(u - twice/2); ready = not ready and u > v; fired += 1 + int(ready)",
        refractory="u > 0.7",
        parameters={"tau": 5e-3, "drive": np.array([1.5, 1.2, 0.6])},
    )
    late = NeuronModel(
        "dv/dt = (1.5 - v)/(5*ms) : 1 (unless refractory)\npause : second",
        threshold="v > 1 and t - lastspike > 4*ms",
        reset="v = 0; pause = 1.5*pause + 0.1*ms",
        refractory="pause + 0.25*ms",
    )
    return Circuit(
        DT,
        [
            Population("a", 3, both, initial={"v": np.array([0.0, 0.9, 0.2]), "ready": np.array([0, 1, 0])}),
            Population("b", 2, late, initial={"pause": np.array([0.0, 1e-3])}),
        ],
        probes=[Probe("a", "fired")],
    )


def conditions_in_integers() -> Circuit:
    """The same as far as integers go: conditions in a threshold and as refractoriness, a truth value, a count."""
    model = NeuronModel(
        """
        dv/dt = (drive - v)/tau : 1 (unless refractory)
        du/dt = -u/(3*tau) : 1
        drive : 1 (constant)
        tau : second (constant)
        ready : boolean
        fired : integer
        """,
        threshold="v >= 1 and (u < 1.5 or not ready)",
        reset="twice = 2*u; u += 0.9; v = 0.1*u - 0.05*twice; ready = not ready and u > v; fired += 1 + int(ready)",
        refractory="u > 0.7",
        parameters={"tau": 5e-3, "drive": np.array([1.5, 1.2, 0.6])},
    )
    initial = {"v": np.array([0.0, 0.9, 0.2]), "ready": np.array([0, 1, 0])}
    held = np.array([0.0, DT, 0.0])
    return Circuit(
        DT,
        [Population("a", 3, model, initial=initial, refractory_left=held)],
        operations=[Operation("push", "a", "u += 0.01", every=50, at_start=True)],
        probes=[Probe("a", "v")],
    )


def held_at_the_start() -> Circuit:
    """Neurons that are refractory still at the start, by a time and by a condition; operations that start ticks."""
    timed = NeuronModel(
        "dv/dt = (1.5 - v)/(5*ms) : 1 (unless refractory)\ndcount/dt = 0/second : 1 (unless refractory)",
        "v > 1",
        "v = 0",
        2e-3,
        Method.EULER,
    )
    held = NeuronModel(
        "dv/dt = -v/(5*ms) : 1\ndu/dt = (3*v - u)/ms : 1 (unless refractory)", "u > 1", "u = 0", "v > 0.5"
    )
    return Circuit(
        DT,
        [
            Population("a", 3, timed, initial={"v": 0.9}, refractory_left=np.array([0.0, 1e-3, 1.9e-3])),
            Population("b", 2, held, initial={"v": np.array([0.9, 0.2])}, refractory_left=1e-3),
        ],
        operations=[
            Operation("count", "a", "count += 1 + 0.01*t_in_timesteps", every=3, at_start=True),
            Operation("kick", "b", "v += 0.3*v", every=25, at_start=True),
        ],
        probes=[Probe("a", "count")],
    )


def drawn_in_code() -> Circuit:
    """Random numbers in thresholds, resets, synapses, operations and once a tick, from the seed of the circuit."""
    source = NeuronModel(
        "rate : hertz\nscale : 1\nnoise = scale*randn() : 1 (constant over dt)",
        threshold="rand() < rate*dt*(1 + 0.1*noise)",
        reset="scale = rand() + poisson(3)/5",
    )
    target = NeuronModel("dv/dt = -v/(5*ms) : 1\nevents : 1", threshold="v > 3", reset="v = rand() - rand()")
    synapse = SynapseModel("w : 1\nx : 1", on_pre="p = rand(); x = 0.5*x + p; v_post += w*int(p < 0.7) + 0.1*randn()")
    return Circuit(
        DT,
        [Population("s", 5, source, initial={"rate": np.linspace(100, 900, 5)}), Population("a", 3, target)],
        [Projection("sa", "s", "a", synapse, Connections.all_to_all(5, 3), {"w": np.linspace(0.5, 1.5, 15)}, DT)],
        operations=[
            Operation("modulate", "s", "rate = clip(rate*(1 + 0.1*randn()), 0*Hz, 2*kHz)", every=5, at_start=True),
            Operation("count", "a", "events += poisson(600 + v)", every=7),
            Operation("wander", "sa", "w = w + 0.01*randn()", every=4),
        ],
        probes=[Probe("a", "v"), Probe("sa", "w")],
        seed=8,
    )


def synapses_of_their_own() -> Circuit:
    """Equations of synapses with time constants that differ, nonlinear ones, and what on_pre keeps while it changes."""
    target = NeuronModel(
        "dv/dt = (total - v)/(5*ms) : 1\ntotal : 1\ng : 1", threshold="v + g > 2", reset="v = 0; g = 0"
    )
    decaying = SynapseModel(
        "dx/dt = (1 - x)/recovery : 1 (clock-driven)\ndy/dt = -y/(4*ms) : 1 (event-driven)\nrecovery : second\nu : 1",
        on_pre="released = u*x; x -= released; y += released; g_post += y*(released + 0.5)",
    )
    rising = SynapseModel(
        "ds/dt = -s/(10*ms) + q*(1 - s)/ms : 1 (clock-driven)\ndq/dt = -q/(2*ms) : 1 (clock-driven)\nw : 1\n"
        "total_post = w*s : 1 (summed)",
        on_pre="q += 0.5",
        method=Method.EULER,
    )
    rng = np.random.default_rng(2)
    at, index = np.nonzero(rng.random((400, 4)) < 0.05)
    everyone, each = Connections.all_to_all(4, 3), np.linspace(2e-3, 40e-3, 12)
    return Circuit(
        DT,
        [Population("a", 3, target)],
        [
            Projection("d", "s", "a", decaying, everyone, {"recovery": each, "u": np.linspace(0.2, 0.8, 12), "x": 1.0}),
            Projection("r", "s", "a", rising, everyone, {"w": np.linspace(0.1, 3.0, 12)}, 5 * DT),
        ],
        [SpikeSource("s", 4, at, index)],
        probes=[Probe("a", "v"), Probe("d", "x"), Probe("r", "s")],
    )


def named_as_arrays() -> Circuit:
    """Variables and parameters whose names a kernel, numpy or Brian2 uses for something else."""
    model = NeuronModel(
        "dsize/dt = (1.5*ring - size + ready)/counts : 1 (unless refractory)\nring : 1\nready : 1\nc_ring : 1\n"
        "fire : 1 (constant)\ncounts : second (constant)",
        threshold="size > fire",
        reset="size = 0; c_ring += 1; used = 2*ring; ring = 1; ready = used/4",
        refractory=1e-3,
        method=Method.EULER,
        parameters={"fire": 1.0, "counts": 5e-3},
        initial={"ring": 1.0},
    )
    synapse = SynapseModel(
        "dtrace/dt = -trace/(3*ms) : 1 (clock-driven)\norder : 1\nincoming : 1\nc_order : 1 (constant)",
        on_pre="ring_post += order*c_order; incoming += 1; trace += incoming",
        on_post="order = clip(order - 0.01*trace, 0, 1)",
        method=Method.EULER,
    )
    return Circuit(
        DT,
        [Population("a", 3, model)],
        [Projection("aa", "a", "a", synapse, Connections.all_to_all(3, 3), {"order": 0.3, "c_order": 0.5}, 3 * DT)],
        probes=[Probe("a", "size"), Probe("aa", "order")],
    )


def linked() -> Circuit:
    """Variables linked to populations declared before (new values) and behind (old ones), to one neuron or to each."""
    common = NeuronModel("dx/dt = (sin(2*pi*t/(7*ms)) - x)/(3*ms) : 1", method=Method.EULER)
    cells = NeuronModel(
        "dv/dt = (1 + x + 0.3*late - v)/(4*ms) : 1\nx : 1 (linked)\nlate : 1 (linked)",
        threshold="v > 1.2 + 0.2*x",
        reset="v = 0.1*x",
        method=Method.EULER,
    )
    behind = NeuronModel("dy/dt = (0.5 - y)/(6*ms) : 1", method=Method.EULER)
    return Circuit(
        DT,
        [
            Population("common", 2, common, initial={"x": np.array([0.4, -0.2])}),
            Population(
                "cells", 3, cells, links={"x": Link("common", "x", 1), "late": Link("behind", "y", np.array([2, 0, 1]))}
            ),
            Population("behind", 3, behind, initial={"y": np.array([0.0, 1.0, 2.0])}),
        ],
        operations=[Operation("push", "common", "x += 0.3", every=40, at_start=True)],
        probes=[Probe("cells", "v")],
    )


def saturating() -> Circuit:
    """Exponential Euler of an equation with functions of its own variable, which count as numbers for the tick."""
    model = NeuronModel(
        "dv/dt = (drive - g*tanh(v)*(v - 0.2) - v + 0.3*exprel(v))/tau : 1\ndrive : 1 (constant)\ng : 1 (constant)\n"
        "tau : second (constant)",
        threshold="v > 1",
        reset="v = -v",
        method=Method.EXPONENTIAL_EULER,
        parameters={"drive": np.array([2.0, 3.0]), "g": 0.5, "tau": 3e-3},
    )
    return Circuit(DT, [Population("a", 2, model)], probes=[Probe("a", "v")])


def traces_above_zero() -> Circuit:
    """Traces of every kind that start above 0: decaying by event and by tick, alike and each its own, and coupled."""
    rng = np.random.default_rng(9)
    connections = Connections.from_dense(rng.random((4, 3)) < 0.8)
    each = rng.uniform(0, 3e-3, (2, connections.synapses))
    mixed = SynapseModel(
        """
        dalike/dt = -alike/tau : volt (event-driven)
        dticking/dt = -ticking/tau : volt (clock-driven)
        dsingle/dt = -single/tau : volt (event-driven)
        down/dt = -own/tau : volt (clock-driven)
        step : volt (constant)
        tau : second (constant)
        """,
        on_pre="g_post += alike + ticking + single + own; alike += step; ticking += step",
        parameters={"step": 1e-3, "tau": 7e-3, "alike": 2e-3, "ticking": 3e-3},
    )
    coupled = SynapseModel(
        """
        dfast/dt = -fast/tau : volt (event-driven)
        dslow/dt = (fast - slow)/tau : volt (event-driven)
        tau : second (constant)
        """,
        on_pre="g_post += slow; fast += 1*mV",
        parameters={"tau": 9e-3, "fast": 2e-3, "slow": 1e-3},
    )
    at, index = np.nonzero(rng.random((60, 4)) < 0.15)
    return Circuit(
        1e-3,
        [Population("a", 3, LIF_EXPONENTIAL, initial={"v": np.array([-60e-3, -55e-3, -51e-3]), "g": 5e-3})],
        [
            Projection("mixed", "s", "a", mixed, connections, {"single": each[0], "own": each[1]}, 1e-3),
            Projection("coupled", "s", "a", coupled, connections),
        ],
        [SpikeSource("s", 4, at, index)],
        probes=[Probe("a", "v")],
    )


CASES: Mapping[str, LanguageCase] = {
    "linear, RK2": LanguageCase(lambda: linear(Method.RK2), 600, fixed=True),
    "linear, RK4": LanguageCase(lambda: linear(Method.RK4), 600, fixed=True),
    "linear, exponential Euler": LanguageCase(lambda: linear(Method.EXPONENTIAL_EULER), 600, fixed=True),
    "nonlinear, Euler": LanguageCase(lambda: van_der_pol(Method.EULER), 600),
    "nonlinear, RK2": LanguageCase(lambda: van_der_pol(Method.RK2), 600),
    "nonlinear, RK4": LanguageCase(lambda: van_der_pol(Method.RK4), 600),
    "conditionally linear, exponential Euler": LanguageCase(conditionally_linear, 600),
    "noise, Euler-Maruyama": LanguageCase(lambda: noisy(Method.EULER, "0.3"), 400),
    "multiplicative noise, Heun": LanguageCase(lambda: noisy(Method.HEUN, "0.3*v"), 400, native=False),
    "multiplicative noise, Milstein": LanguageCase(milstein, 400, native=False),
    "gap junctions (summed)": LanguageCase(gap_junctions, 400),
    "random and regular sources": LanguageCase(random_sources, 300),
    "Poisson sources": LanguageCase(one_poisson, 200),
    "regular sources": LanguageCase(one_regular, 200, fixed=True),
    "dendritic plateau": LanguageCase(plateaus, 360, fixed=True),
    "two dendritic branches": LanguageCase(branches_under_way, 120, fixed=True),
    "target-rate homeostasis": LanguageCase(homeostasis, 500, fixed=True),
    "balanced resonate-and-fire": LanguageCase(balanced, 300, fixed=True),
    "traces that start above zero": LanguageCase(traces_above_zero, 60, fixed=True),
    "conditions": LanguageCase(conditions, 300),
    "conditions in integers": LanguageCase(conditions_in_integers, 300, fixed=True),
    "refractory at the start": LanguageCase(held_at_the_start, 200),
    "random draws in code": LanguageCase(drawn_in_code, 200),
    "equations of synapses": LanguageCase(synapses_of_their_own, 400),
    "functions of their own variable": LanguageCase(saturating, 300),
    "named as arrays": LanguageCase(named_as_arrays, 300, fixed=True),
    "linked variables": LanguageCase(linked, 300),
    "reward-modulated STDP": LanguageCase(reward, 300, fixed=True),
    "column and row normalisation": LanguageCase(normalised_columns, 90),
}
"""Name -> circuit; what only floats can carry is refused by name in integers."""
