"""Similarity-driven spiking activation on an hnswlib graph.

    embeddings -> SpikeIndex (hnswlib) -> IndexGraph (its links) -> spreading circuit -> the spiking nodes,
    ranked

``NeuromorphicSearch`` answers queries; ``spreading_circuit`` and ``with_readout`` describe the same queries
as a ``neuro.circuit.Circuit`` for Brian2, the compiled and fixed-point simulators and Verilog.
"""

from hnsw_bridge.event_program import EventProgram, event_program
from hnsw_bridge.graph import Degrees, IndexGraph, Links, graph_from_state, read_graph, to_networkx
from hnsw_bridge.index import SILICON_SETTINGS, IndexSettings, SpikeIndex, build_index
from hnsw_bridge.metric import Metric
from hnsw_bridge.readout import GO_TICKS, INTEGRATOR, READOUT, similarity_levels, with_readout
from hnsw_bridge.search import MISSING, NeuromorphicSearch, SearchResult, build_search
from hnsw_bridge.spreading import NODES, THRESHOLD, Seeds, Spreading, find_seeds, spreading_circuit
from hnsw_bridge.synapses import ExponentialWeights, SoftmaxWeights, WeightRule, contrast, synaptic_weights

__all__ = [
    "Degrees",
    "EventProgram",
    "ExponentialWeights",
    "GO_TICKS",
    "INTEGRATOR",
    "IndexGraph",
    "IndexSettings",
    "Links",
    "MISSING",
    "Metric",
    "NODES",
    "NeuromorphicSearch",
    "READOUT",
    "SILICON_SETTINGS",
    "SearchResult",
    "Seeds",
    "SoftmaxWeights",
    "SpikeIndex",
    "Spreading",
    "THRESHOLD",
    "WeightRule",
    "build_index",
    "build_search",
    "contrast",
    "event_program",
    "find_seeds",
    "graph_from_state",
    "read_graph",
    "similarity_levels",
    "spreading_circuit",
    "synaptic_weights",
    "to_networkx",
    "with_readout",
]
