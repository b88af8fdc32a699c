"""Neurons and a core for the silicon bench: three LIF datapaths, and a core of the size of a published chip."""

from __future__ import annotations

import numpy as np

from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.compiler.ir import (
    Assignment,
    Binary,
    Coefficient,
    Constant,
    Expression,
    Format,
    InputProgram,
    PopulationProgram,
    Select,
    State,
    StepProgram,
    Symbol,
    Threshold,
    Unary,
)
from neuro.compiler.lower_circuit import lower
from neuro.models import LIF_EXPONENTIAL, NeuronModel, static_synapse
from neuro.quantise.formats import Rules
from neuro.quantise.integers import quantise
from neuro.simulators.fixed_point import measure_ranges

DT = 1e-3
NEURON = "neuron"
SHIFTS = Rules(power_of_two_leaks=True)

LEAKY_DELTA = NeuronModel(
    equations="""
    dv/dt = -v / tau_m : volt
    tau_m : second (constant)
    v_threshold : volt (constant)
    """,
    threshold="v > v_threshold",
    reset="v = 0*volt",
    parameters={"tau_m": 16e-3, "v_threshold": 20e-3},
)
"""A leaky neuron whose synapses move ``v`` at once."""


def event_driven() -> StepProgram:
    """The function of tinyODIN's neuron, one event at a time: a 4-bit weight is added, or the leak moves v to zero.

    Written as integers, because no differential equation stands behind it; the generator prints it like any other.
    Leak and threshold are given at run time (they differ between the two neurons). It fires where v > threshold, so
    tinyODIN's ``>=`` is a threshold less one. Source: Frenkel et al., IEEE TBioCAS 13 (2019), and its open core.
    """
    v, weight, leaking, leak, zero = (*map(Symbol, ("v", "weight", "leaking", "leak")), Constant(0))
    leaks, below = Binary("!=", leaking, zero), Binary("<", v, zero)
    addend = Select(leaks, Select(below, leak, Unary("-", leak)), weight)
    moved: Expression = Binary("+", v, addend)
    crosses = Binary("and", leaks, Binary("!=", below, Binary("<", moved, zero)))
    states = tuple(
        State(name, np.zeros(2, np.int64), Format(bits, 0)) for name, bits in (("v", 12), ("weight", 4), ("leaking", 1))
    )
    numbers = (Coefficient("leak", np.array([0, 127])), Coefficient("threshold", np.array([0, 2047])))
    update = (Assignment(v, Select(crosses, zero, moved)),)
    threshold, reset = Threshold(v, Symbol("threshold")), (Assignment(v, zero),)
    rows = tuple(InputProgram(NEURON, name, np.zeros((1, 2), np.int64), 1) for name in ("weight", "leaking"))
    population = PopulationProgram(NEURON, 2, states, numbers, update, threshold, reset)
    return StepProgram(DT, (population,), inputs=rows)


def delta_neuron() -> StepProgram:
    """A 16-bit delta-synapse LIF; the quantiser chooses its leak, a power of two."""
    return _one(LEAKY_DELTA, "v", {(NEURON, "v"): Format(16, -18)}, SHIFTS)


def exponential_neuron() -> StepProgram:
    """The exact exponential-synapse LIF in 16 bits."""
    formats = {(NEURON, "v"): Format(16, -17), (NEURON, "g"): Format(16, -18)}
    return _one(LIF_EXPONENTIAL, "g", formats, Rules())


def _one(model: NeuronModel, variable: str, formats: dict[tuple[str, str], Format], rules: Rules) -> StepProgram:
    """One neuron with twenty synapses, calibrated on 400 ticks of random spikes."""
    rng, ticks = np.random.default_rng(0), 400
    at, who = np.nonzero(rng.random((ticks, 20)) < 0.1)
    circuit = Circuit(
        DT,
        [Population(NEURON, 1, model)],
        [Projection("given", "s", NEURON, static_synapse(variable), Connections.all_to_all(20, 1), {"w": 2e-3})],
        [SpikeSource("s", 20, at, who)],
    )
    program = lower(circuit)
    return quantise(program, measure_ranges(program, ticks), formats=formats, rules=rules).program


def published_size(ticks: int, neurons: int = 256, seed: int = 0) -> StepProgram:
    """``neurons`` leaky neurons, all connected with all by 4-bit weights, under a changing drive.

    256 neurons and 65,536 synapses of 4 bits are ODIN's numbers (Frenkel et al., 2019).
    """
    rng = np.random.default_rng(seed)
    weights = rng.integers(-8, 8, neurons * neurons) * 2.0**-12
    at, who = np.nonzero(rng.random((ticks, neurons)) < 0.05)
    circuit = Circuit(
        DT,
        [Population("a", neurons, LEAKY_DELTA)],
        [
            Projection("aa", "a", "a", static_synapse("v"), Connections.all_to_all(neurons, neurons), {"w": weights}),
            Projection("sa", "s", "a", static_synapse("v"), Connections.one_to_one(neurons), {"w": 25e-3}),
        ],
        [SpikeSource("s", neurons, at, who)],
    )
    program = lower(circuit)
    formats = {("a", "v"): Format(12, -12), ("aa", "w"): Format(4, -12)}
    return quantise(program, measure_ranges(program, ticks), formats=formats, rules=SHIFTS).program
