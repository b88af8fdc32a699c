"""Circuits of bench ``silicon``: those of the conformance suite side by side, random ones, and tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.connections import Connections
from neuro.compiler.ir import StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.experiments.diehl_cook.circuit import NEURON, NEURONS, SYNAPSES, LearnedWeights, Phase, network
from neuro.experiments.diehl_cook.settings import DiehlCookSettings
from neuro.models import INTEGRATE_AND_FIRE, LIF_DELTA, LIF_EXPONENTIAL, NeuronModel, static_synapse, symmetric_stdp
from neuro.quantise.formats import Rules
from neuro.quantise.integers import quantise
from neuro.simulators.fixed_point import measure_ranges
from neuro.spikes import Recording, Spikes
from rtl_export.exporter import changing_states

DT = 1e-3
_IN_A_CORE = 6


def integers(circuit: Circuit, ticks: int, rules: Rules | None = None) -> StepProgram:
    """The quantised program of a circuit, calibrated on its own run."""
    program = lower(circuit)
    return quantise(program, measure_ranges(program, ticks), rules=rules).program


def conformance() -> Iterator[tuple[list[str], StepProgram, int]]:
    """Every circuit of the conformance suite that integers carry with one delay a projection, and its ticks.

    Some stand side by side in one core each: a core costs a compiler a while, but one for all would cost far more.
    """
    from tests.rtl_export.test_circuits import CIRCUITS
    from tests.rtl_export.test_circuits import integers as quantised

    order = sorted(CIRCUITS, key=lambda name: CIRCUITS[name][1])
    for first in range(0, len(order), _IN_A_CORE):
        names = order[first : first + _IN_A_CORE]
        parts = [quantised(*CIRCUITS[name]) for name in names]
        yield names, side_by_side(parts), max(CIRCUITS[name][1] for name in names)


def interpreted(program: StepProgram, ticks: int, every: int = 1) -> Recording:
    """The golden recording by the plain interpreter of the tests: slow, but without a kernel for each structure."""
    from tests.oracle import interpret

    return interpret(program, ticks, changing_states(program, every))


def side_by_side(programs: Sequence[StepProgram]) -> StepProgram:
    """Programs as one, each part under a name of its own."""
    parts = [_renamed(program, f"p{number}_") for number, program in enumerate(programs)]
    return StepProgram(
        DT,
        tuple(x for part in parts for x in part.populations),
        tuple(x for part in parts for x in part.sources),
        tuple(x for part in parts for x in part.projections),
        tuple(x for part in parts for x in part.inputs),
        tuple(x for part in parts for x in part.restarts),
        tuple(x for part in parts for x in part.operations),
    )


def _renamed(program: StepProgram, prefix: str) -> StepProgram:
    def name(old: str) -> str:
        return prefix + old

    return replace(
        program,
        populations=tuple(replace(part, name=name(part.name)) for part in program.populations),
        sources=tuple(replace(part, name=name(part.name)) for part in program.sources),
        projections=tuple(
            replace(part, name=name(part.name), source=name(part.source), target=name(part.target))
            for part in program.projections
        ),
        inputs=tuple(replace(part, population=name(part.population)) for part in program.inputs),
        restarts=tuple(replace(part, population=name(part.population)) for part in program.restarts),
        operations=tuple(replace(part, name=name(part.name), of=name(part.of)) for part in program.operations),
        probes=(),
    )


def random_network(size: int, ticks: int, seed: int) -> Circuit:
    """``size`` exponential neurons with their own time constants, recurrent, drive neurons that compete; plastic."""
    rng = np.random.default_rng(seed)
    few = max(size // 8, 2)
    steps = {"a": 0.1e-3, "offset": 0.05e-3, "w_max": 4e-3}
    drive = rng.uniform(0.0, 25e-3, (max(ticks // 50, 1), size))
    return Circuit(
        DT,
        [
            Population("a", size, LIF_EXPONENTIAL, {"tau_m": rng.uniform(5e-3, 40e-3, size)}),
            Population("b", few, LIF_DELTA, winners=Winners(max(few // 8, 1), max_winners=few)),
        ],
        [
            Projection("sa", "s", "a", symmetric_stdp(), _sparse(rng, few, size, 0.3), {"w": 2e-3, **steps}, 2 * DT),
            Projection("aa", "a", "a", static_synapse(), _sparse(rng, size, size, 0.05), {"w": 1e-3}, 3 * DT),
            Projection("ab", "a", "b", static_synapse("v"), Connections.all_to_all(size, few), {"w": 2e-3}, DT),
        ],
        [poisson("s", few, ticks, 0.04, rng), CurrentInput("a", "I", drive, every=50)],
        restarts=[Restart("b", np.arange(0, ticks, 40))],
    )


def gamma_network(cores: int, ticks: int, seed: int) -> Circuit:
    """31 excitatory neurons and one inhibitory for each core.

    All excitatory neurons reach all inhibitory ones with one weight, so that no memory holds these synapses; each
    inhibitory neuron reaches 256 excitatory ones (all, if there are fewer), drawn at random, with weights of its own.
    """
    rng = np.random.default_rng(seed)
    size = 31 * cores
    drive = rng.uniform(0.0, 80e-3, (1, size))
    fan_out = min(256, size)
    targets = np.concatenate([rng.choice(size, fan_out, replace=False) for _ in range(cores)])
    back = Connections.from_pairs(np.repeat(np.arange(cores), fan_out), targets, cores, size)
    weak = {"w": -rng.uniform(0.2e-3, 8e-3, back.synapses)}
    return Circuit(
        DT,
        [
            Population("e", size, LIF_EXPONENTIAL, {"tau_m": rng.uniform(5e-3, 40e-3, size)}),
            Population("i", cores, LIF_EXPONENTIAL, {"tau_m": rng.uniform(5e-3, 20e-3, cores)}),
        ],
        [
            Projection("ei", "e", "i", static_synapse(), Connections.all_to_all(size, cores), {"w": 2.0**-11}, DT),
            Projection("ie", "i", "e", static_synapse(), back, weak, 2 * DT),
        ],
        [CurrentInput("e", "I", drive, every=ticks)],
    )


def competing_network(ticks: int, seed: int) -> Circuit:
    """128 excitatory neurons of which eight fire in a tick at most, and 32 inhibitory ones; 3 % of the pairs connected.

    A tenth of the excitatory neurons reach no inhibitory one, so that some rows are empty.
    """
    rng = np.random.default_rng(seed)
    many, few = 128, 32
    drive = rng.uniform(0.0, 60e-3, (1, many))
    reach = rng.random((many, few)) < 0.03
    reach[rng.choice(many, many // 10, replace=False)] = False
    return Circuit(
        DT,
        [
            Population("e", many, LIF_EXPONENTIAL, {"tau_m": rng.uniform(5e-3, 40e-3, many)}, winners=Winners(8)),
            Population("i", few, LIF_EXPONENTIAL, {"tau_m": rng.uniform(5e-3, 20e-3, few)}),
        ],
        [
            Projection("ee", "e", "e", static_synapse(), _sparse(rng, many, many, 0.03), {"w": 3e-3}, DT),
            Projection("ei", "e", "i", static_synapse(), Connections.from_dense(reach), {"w": 40e-3}, DT),
            Projection("ie", "i", "e", static_synapse(), _sparse(rng, few, many, 0.03), {"w": -8e-3}, 2 * DT),
        ],
        [CurrentInput("e", "I", drive, every=ticks)],
    )


def one_neuron(ticks: int, seed: int) -> Circuit:
    """One neuron under a random current that changes every tick."""
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 256, (ticks, 1)) * 2.0**-12
    return Circuit(DT, [Population("a", 1, LIF_EXPONENTIAL)], stimuli=[CurrentInput("a", "I", levels)])


def poisson(name: str, size: int, ticks: int, rate: float, rng: np.random.Generator) -> SpikeSource:
    """Random spikes, each neuron with that chance in a tick."""
    at, who = np.nonzero(rng.random((ticks, size)) < rate)
    return SpikeSource(name, size, at, who)


def _sparse(rng: np.random.Generator, sources: int, targets: int, share: float) -> Connections:
    return Connections.from_dense(rng.random((sources, targets)) < share)


COMPETITOR = NeuronModel(
    equations="""
    dv/dt = -v / tau_m : 1
    theta : 1
    tau_m : second (constant)
    v_threshold : 1 (constant)
    """,
    threshold="v > v_threshold + theta",
    reset="v = 0; theta = clip(theta + 0.0625, 0, 4)",
    refractory=5e-3,
    parameters={"tau_m": 20e-3, "v_threshold": 1.0},
)
"""A leaky neuron whose threshold rises when it fires."""

FROZEN = replace(COMPETITOR, reset="v = 0", refractory=NEURON.refractory)
"""The neuron of the trained classifier: what it learned stays, so nothing but ``v`` moves."""


def frozen_classifier(
    learned: LearnedWeights, rates: np.ndarray, pixels: Spikes, settings: DiehlCookSettings, seed: int
) -> Circuit:
    """The trained classifier with the input spikes of a float run in place of its random pixels."""
    circuit = network(rates, learned, settings, Phase(False, settings.reads), seed)
    trained = next(part for part in circuit.populations if part.name == NEURONS)
    kept = {"tau_m": trained.parameters["tau"], "v_threshold": trained.parameters["v_threshold"]}
    neurons = replace(trained, model=FROZEN, parameters=kept, initial={"theta": learned.theta})
    rhythm = [part for part in circuit.stimuli if isinstance(part, SpikeSource)]
    return replace(
        circuit,
        populations=[neurons],
        stimuli=[SpikeSource("pixels", pixels.size, pixels.ticks, pixels.indices), *rhythm],
        restarts=[part for part in circuit.restarts if part.population == NEURONS],
        operations=[],
    )


def learner(pixels: np.ndarray, period: int, neurons: int, seed: int) -> Circuit:
    """Digits as random spikes, one after the other, that neurons learn by STDP while one at a time may fire.

    Args:
        pixels: intensities from 0 to 1, shape (digits, pixels).
        period: ticks of one digit.
        neurons: how many learn.
        seed: of spikes and first weights.
    """
    rng = np.random.default_rng(seed)
    digits, size = pixels.shape
    at, who = np.nonzero(rng.random((digits * period, size)) < np.repeat(0.3 * pixels, period, axis=0))
    weights = rng.uniform(0.0, 0.2, size * neurons)
    steps = {"w": weights, "a": 0.01, "offset": 0.004, "w_max": 0.5}
    return Circuit(
        DT,
        [Population(NEURONS, neurons, COMPETITOR, winners=Winners(1))],
        [
            Projection(
                SYNAPSES, "s", NEURONS, symmetric_stdp("v", "1"), Connections.all_to_all(size, neurons), steps, DT
            )
        ],
        [SpikeSource("s", size, at, who)],
        restarts=[Restart(NEURONS, np.arange(0, digits * period, period), ("v",))],
    )


def recall_by_bits(weights: np.ndarray, cues: np.ndarray, winners: int) -> Circuit:
    """A 1-bit memory that is asked once in two ticks: the cue adds up, then a gate lets the fullest neurons fire.

    Args:
        weights: truth values, shape (units, pointers).
        cues: active units of each cue, shape (cues, active).
        winners: neurons that answer.
    """
    units, pointers = weights.shape
    unit, active = 2.0**-10, cues.shape[1]
    ticks = np.repeat(2 * np.arange(len(cues)), active)
    parameters = {"v_threshold": active * unit, "v_reset": 0.0}
    return Circuit(
        DT,
        [Population("pointers", pointers, INTEGRATE_AND_FIRE, parameters, winners=Winners(max_winners=winners))],
        [
            Projection("bits", "cue", "pointers", static_synapse("v"), Connections.from_dense(weights), {"w": unit}),
            Projection(
                "lift",
                "gate",
                "pointers",
                static_synapse("v"),
                Connections.all_to_all(1, pointers),
                {"w": (active + 1) * unit},
            ),
        ],
        [
            SpikeSource("cue", units, ticks, cues.ravel()),
            SpikeSource("gate", 1, 2 * np.arange(len(cues)), np.zeros(len(cues), int)),
        ],
        restarts=[Restart("pointers", 2 * np.arange(len(cues)), ("v",))],
    )
