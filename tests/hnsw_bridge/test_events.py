from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hnsw_bridge import (
    NODES,
    Dendrites,
    Gamma,
    History,
    Homeostasis,
    IndexGraph,
    NeuromorphicSearch,
    Priming,
    Resonance,
    Seeds,
    Spreading,
    SpreadingParts,
    edge_layer,
    spreading_circuit,
)
from neuro.circuit.circuit import Circuit, Winners
from neuro.compiler.lower_circuit import lower
from neuro.simulators import Brian2Lowered, Brian2Reference, simulate
from neuro.simulators.event_driven import EventRun, event_program
from neuro.spikes import Spikes


def _event_driven(circuit: Circuit, seeds: Seeds, settings: Spreading) -> Spikes:
    program = event_program(lower(circuit), NODES)
    ticks = int(settings.ticks)
    run = EventRun(program)
    runs = [run.query(*query) for query in zip(seeds.nodes, seeds.currents(settings), strict=True)]
    when = np.concatenate([run.ticks + ticks * query for query, run in enumerate(runs)])
    return Spikes(when, np.concatenate([run.nodes for run in runs]), program.nodes)


def _with_winners(circuit: Circuit, winners: Winners) -> Circuit:
    return replace(circuit, populations=[replace(circuit.populations[0], winners=winners)])


@pytest.mark.parametrize(
    "winners",
    [Winners(), Winners(k=4), Winners(max_winners=20), Winners(k=5, max_winners=33), Winners(max_winners=300)],
    ids=str,
)
@pytest.mark.parametrize("decay", [0.5, 0.83])
def test_event_driven_is_clock_driven_spike_for_spike(graph: IndexGraph, winners: Winners, decay: float) -> None:
    generator = np.random.default_rng(7)
    seeds = Seeds(
        np.array([generator.choice(300, 3, replace=False) for _ in range(8)]), generator.uniform(0.2, 1.0, (8, 3))
    )
    settings = Spreading(decay=decay, ticks=11)
    circuit = _with_winners(spreading_circuit(graph, seeds, settings), winners)
    clock = simulate(circuit, 8 * 11).spikes[NODES]
    events = _event_driven(circuit, seeds, settings)
    assert len(clock) > 100
    assert np.array_equal(events.ticks, clock.ticks)
    assert np.array_equal(events.indices, clock.indices)


def test_neurons_may_differ_and_fire_again(graph: IndexGraph) -> None:
    """Parameters per neuron, and a refractory time that ends within the query."""
    seeds = Seeds(np.array([[3, 50, 120], [9, 4, 200]]), np.ones((2, 3)))
    settings = Spreading(ticks=12)
    circuit = spreading_circuit(graph, seeds, settings)
    population = circuit.populations[0]
    thresholds = np.random.default_rng(1).uniform(0.5, 3.0, len(graph)) * 2.0**-6
    circuit = replace(
        circuit,
        populations=[
            replace(
                population,
                model=replace(population.model, refractory=3e-3),
                parameters={**population.parameters, "v_threshold": thresholds},
                winners=Winners(),
            )
        ],
    )
    clock = simulate(circuit, 24).spikes[NODES]
    assert clock.counts().max() > 2
    assert _event_driven(circuit, seeds, settings).mismatches(clock) == 0


def test_only_nodes_that_were_reached_are_awake(search: NeuromorphicSearch) -> None:
    settings, seed = Spreading(max_winners=3), Seeds(np.array([[11]]), np.ones((1, 1)))
    few = event_program(lower(spreading_circuit(search.graph, seed, settings)), NODES)
    run = EventRun(few).query(seed.nodes[0], seed.currents(settings)[0])
    links = search.graph.links.both_ways()
    assert run.nodes.size == 3
    assert run.awake <= 1 + int(np.diff(links.row_start).max()) * 3
    assert run.awake < 100


EVERYTHING = SpreadingParts(Gamma(250.0), Resonance(12.0), Dendrites(), Priming(), Homeostasis(), History())


@pytest.mark.parametrize(
    "parts",
    [
        SpreadingParts(priming=Priming(), homeostasis=Homeostasis(), history=History()),
        pytest.param(EVERYTHING, marks=pytest.mark.long),
    ],
    ids=["lasting", "all"],
)
def test_every_part_of_a_node_spikes_as_in_the_clock_driven_run(graph: IndexGraph, parts: SpreadingParts) -> None:
    generator = np.random.default_rng(3)
    pairs = generator.integers(0, 300, (2, 1500))
    pairs = pairs[:, pairs[0] != pairs[1]]
    # Three ticks, so that spikes of an open gate meet one that opens.
    layer = edge_layer("extra", 300, *pairs, generator.integers(-32, 96, pairs.shape[1]) / 32, delay=3)
    seeds = Seeds(np.array([generator.choice(300, 3, replace=False) for _ in range(10)]), np.ones((10, 3)))
    settings = Spreading(max_winners=40, ticks=12, winners_per_tick=9, parts=parts)
    circuit = spreading_circuit(graph, seeds, settings, [layer])
    clock = simulate(circuit, 120).spikes[NODES]
    assert len(clock) > 100
    assert _event_driven(circuit, seeds, settings).mismatches(clock) == 0
    # Brian2 has no exact form of a resonance (complex eigenvalues), so there it runs the lowered step.
    brian2 = Brian2Reference() if parts.resonance is None else Brian2Lowered()
    assert simulate(circuit, 120, on=brian2).spikes[NODES].mismatches(clock) == 0
    plain = _event_driven(
        spreading_circuit(graph, seeds, replace(settings, parts=SpreadingParts()), [layer]), seeds, settings
    )
    assert plain.mismatches(clock) > 0, "the parts change nothing"
