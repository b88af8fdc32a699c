from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hnsw_bridge import EdgeStdp, no_edges
from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.models.lif import LIF_DELTA
from neuro.models.static import static_synapse
from neuro.models.stdp import nearest_neighbour_stdp
from neuro.simulators import Brian2Reference, simulate

NODES, BETWEEN = 8, 100


def use_circuit(sessions: list[list[int]], rule: EdgeStdp) -> Circuit:
    """One neuron a node, which fires when its node is used; plastic synapses between all of them."""
    uses = [
        (BETWEEN * session + place, node) for session, nodes in enumerate(sessions) for place, node in enumerate(nodes)
    ]
    ticks, nodes = np.array(uses).T
    everyone = np.array([(i, j) for i in range(NODES) for j in range(NODES) if i != j])
    tau = -1e-3 / math.log(rule.trace)
    # A pair is a tick apart at least, by which its trace has decayed once; weights are too small to be felt.
    unit = 1e-9 / rule.trace
    steps = {"a_plus": rule.rise * unit, "a_minus": rule.fall * unit, "w_min": -1e-6, "w_max": 1e-6}
    return Circuit(
        dt=1e-3,
        populations=[Population("nodes", NODES, replace(LIF_DELTA, refractory=1e-3))],
        stimuli=[SpikeSource("uses", NODES, ticks, nodes)],
        projections=[
            Projection("use", "uses", "nodes", static_synapse("v", "volt"), Connections.one_to_one(NODES), {"w": 1.0}),
            Projection(
                "edges",
                "nodes",
                "nodes",
                nearest_neighbour_stdp("v"),
                Connections.from_pairs(everyone[:, 0], everyone[:, 1], NODES, NODES),
                {**steps, "tau_plus": tau, "tau_minus": tau},
            ),
        ],
    )


@pytest.mark.parametrize("rule", [EdgeStdp(keep=1.0), EdgeStdp(rise=0.3, fall=-0.3, trace=0.7, keep=1.0)])
def test_edges_are_the_weights_of_plastic_synapses(rule: EdgeStdp) -> None:
    """Each use is a spike: nearest-neighbour STDP, compiled and in Brian2, gives the same weights."""
    generator = np.random.default_rng(2)
    sessions = [generator.choice(NODES, 4, replace=False).tolist() for _ in range(6)]
    free = replace(rule, lowest=-100.0, highest=100.0, least=1e-12)
    edges = no_edges(NODES, free).update(sessions)
    expected = np.zeros((NODES, NODES))
    expected[edges.start, edges.end] = edges.weight
    circuit = use_circuit(sessions, rule)
    for simulator in (None, Brian2Reference()):
        run = simulate(circuit, BETWEEN * len(sessions), on=simulator)
        assert len(run.spikes["nodes"]) == 4 * len(sessions)
        found = np.zeros((NODES, NODES))
        connections = circuit.projections[1].connections
        found[connections.pre(), np.asarray(connections.column)] = run.final["edges", "w"] * 1e9
        assert found == pytest.approx(expected, abs=1e-9)
    assert np.count_nonzero(expected) > 30
