"""The network of bench ``simulation``: 1,000 LIF neurons, 100 synapses each, about 12 Hz; STDP on the excitatory ones.

Weights lie on a dyadic grid, so that every simulator adds them up alike; currents above the threshold drive the
neurons, so that rounding does not grow into other spikes.
"""

from __future__ import annotations

import numpy as np

from neuro import Circuit, Connections, CurrentInput, Population, Projection, SynapseModel
from neuro.models import LIF_EXPONENTIAL, pair_stdp, static_synapse

DT = 1e-4
DELAY_TICKS = 15
EXCITATORY_SHARE = 0.8
EXCITATORY_WEIGHT, INHIBITORY_WEIGHT = 2.0**-14, -(2.0**-12)
"""In volt: 0.061 and -0.244 mV."""
DRIVE = 20.35e-3
STDP_STEP, STDP_LARGEST = 2.0**-22, 2.0**-12
_HELD_FOR = 10**9


def network(*, neurons: int = 1000, synapses: int = 100, plastic: bool, drive: float = DRIVE, seed: int = 0) -> Circuit:
    """A random network with ``synapses`` inputs from each neuron, four fifths of the neurons excitatory."""
    rng = np.random.default_rng(seed)
    excitatory = int(EXCITATORY_SHARE * neurons)
    column = np.sort(rng.integers(0, neurons, (neurons, synapses)), axis=1)
    start = rng.uniform(-70e-3, -50e-3, neurons)
    model = pair_stdp() if plastic else static_synapse()
    numbers = {"w": EXCITATORY_WEIGHT}
    if plastic:
        numbers |= {"a_plus": STDP_STEP, "a_minus": 1.05 * STDP_STEP, "w_max": STDP_LARGEST}
    projections = [
        _projection("excitatory", column, slice(0, excitatory), model, numbers),
        _projection("inhibitory", column, slice(excitatory, neurons), static_synapse(), {"w": INHIBITORY_WEIGHT}),
    ]
    currents = CurrentInput("cells", "I", np.full((1, neurons), drive), every=_HELD_FOR)
    return Circuit(DT, [Population("cells", neurons, LIF_EXPONENTIAL, initial={"v": start})], projections, [currents])


def _projection(
    name: str, column: np.ndarray, rows: slice, model: SynapseModel, numbers: dict[str, float]
) -> Projection:
    neurons, synapses = column.shape
    counts = np.zeros(neurons, np.int64)
    counts[rows] = synapses
    connections = Connections(np.concatenate([[0], np.cumsum(counts)]), column[rows].ravel(), neurons)
    return Projection(name, "cells", "cells", model, connections, numbers, DELAY_TICKS * DT)


def small_graph(*, plastic: bool, nodes: int = 32, seed: int = 0) -> Circuit:
    """A graph of 32 nodes with 8 links each, as a search spreads over, kept active by a current."""
    rng = np.random.default_rng(seed)
    column = np.sort(rng.permuted(np.tile(np.arange(nodes), (nodes, 1)), axis=1)[:, :8], axis=1)
    connections = Connections(np.arange(nodes + 1) * 8, column.ravel(), nodes)
    model = pair_stdp() if plastic else static_synapse()
    numbers = {"w": 2.0**-10}
    if plastic:
        numbers |= {"a_plus": STDP_STEP, "a_minus": 1.05 * STDP_STEP, "w_max": 2.0**-8}
    currents = CurrentInput("nodes", "I", rng.uniform(15e-3, 40e-3, (1, nodes)), every=_HELD_FOR)
    return Circuit(
        1e-3,
        [Population("nodes", nodes, LIF_EXPONENTIAL)],
        [Projection("links", "nodes", "nodes", model, connections, numbers, 1e-3)],
        [currents],
    )
