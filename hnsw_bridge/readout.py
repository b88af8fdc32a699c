"""Read-out: a winner-takes-all population that names the k winners of a query.

Each node has a read-out neuron, a perfect integrator. A spike of the node charges it exactly to its
threshold; the similarity of node and query, a current in the last two ticks of the query, lifts it above. A
neuron that was not charged stays below whatever its similarity is, and ``Winners(max_winners=k)`` lets the k
largest margins fire:

    v <- v + I dt / tau ,   v <- v + threshold at the node's spike ,   a spike where v > threshold

So the winners are the k nearest of the nodes that fired early enough (ticks - 3 at the latest). Similarities
of nodes that did not fire have no effect; a machine that computes them on demand needs no others.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from hnsw_bridge.index import SpikeIndex, check_k
from hnsw_bridge.metric import distances
from hnsw_bridge.spreading import NODES, THRESHOLD, Spreading
from neuro.arrays import FloatArray
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, Winners
from neuro.circuit.composition import compose
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.base import Method, NeuronModel
from neuro.models.static import static_synapse

READOUT = "readout"
"""Name of the population whose spikes name the winners."""

GO_TICKS = 2
"""Ticks at the end of a query in which the similarity currents are on."""

INTEGRATOR = NeuronModel(
    equations="""
    dv/dt = I / tau : volt
    I : volt
    tau : second (constant)
    v_reset : volt (constant)
    v_threshold : volt (constant)
    """,
    threshold="v > v_threshold",
    reset="v = v_reset",
    method=Method.EULER,
)
"""Perfect integrate-and-fire neuron: no leak, so a forward step is exact (and Brian2 has no exact form of
it).

Source: Gerstner et al., *Neuronal Dynamics* (2014), chapter 1.3, with an infinite membrane time constant.
"""


def similarity_levels(index: SpikeIndex, queries: npt.ArrayLike, levels: int = 4096) -> npt.NDArray[np.int64]:
    """How similar each item is to each query, shape (queries, items): ``levels`` for the nearest, 1 for the
    farthest.

    Linear in the exact distance.

    Raises:
        InvalidInput: queries of another dimension or dtype, NaN, or levels outside 2 .. 2**20.
    """
    check_whole("levels", levels, 2, 2**20)
    result = np.empty((len(np.asarray(queries)), len(index)), dtype=np.int64)
    for row, query in enumerate(index.checked(queries)):
        far = distances(index.metric, index.vectors, query)
        far -= far.min()
        result[row] = levels - np.floor(far * ((levels - 1) / max(float(far.max()), 1e-300)) + 0.5)
    return result


def with_readout(
    circuit: Circuit, levels: npt.NDArray[np.int64], winners: int, settings: Spreading | None = None
) -> Circuit:
    """A spreading circuit with a read-out that names ``winners`` nodes a query.

    Args:
        circuit: from :func:`hnsw_bridge.spreading_circuit`, made with the same settings.
        levels: from :func:`similarity_levels`, shape (queries, nodes).
        winners: spikes of population ``readout`` in a query, as long as that many nodes fire.
        settings: how the circuit spreads; its ticks must be even and at least 6.

    Raises:
        InvalidInput: winners outside 1 .. nodes, or ticks that don't fit.
    """
    chosen = Spreading() if settings is None else settings
    size = circuit.size_of(NODES)
    check_k(winners, size)
    if chosen.ticks % GO_TICKS or chosen.ticks < 3 * GO_TICKS:
        raise InvalidInput(f"a read-out needs an even number of ticks from {3 * GO_TICKS} up; ticks is {chosen.ticks}")
    population = Population(
        READOUT,
        size,
        INTEGRATOR,
        parameters={"tau": chosen.dt, "v_reset": 0.0, "v_threshold": THRESHOLD},
        winners=Winners(max_winners=int(winners)),
    )
    ends = Circuit(
        dt=circuit.dt,
        populations=[population],
        stimuli=[CurrentInput(READOUT, "I", _currents(levels, chosen), every=GO_TICKS)],
        restarts=[replace(restart, population=READOUT) for restart in circuit.restarts],
        seed=circuit.seed,
    )
    gate = Projection(
        "gate", NODES, READOUT, static_synapse("v", "volt"), Connections.one_to_one(size), {"w": THRESHOLD}
    )
    return compose(circuit, ends, projections=[gate])


def _currents(levels: npt.NDArray[np.int64], settings: Spreading) -> FloatArray:
    """Zero but in the last row of each query; two ticks of the largest current stay at the threshold."""
    queries, size = levels.shape
    step = 2.0 ** -np.ceil(np.log2(max(int(levels.max(initial=1)), 1)))
    rows = np.zeros((queries, settings.ticks // GO_TICKS, size))
    rows[:, -1] = levels * (step * THRESHOLD / GO_TICKS)
    return rows.reshape(-1, size)
