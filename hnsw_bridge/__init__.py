"""Similarity-driven spiking activation on an hnswlib graph.

    embeddings -> SpikeIndex (hnswlib) -> IndexGraph (its links) -> spreading circuit -> the spiking nodes,
    ranked

``NeuromorphicSearch`` answers queries; ``spreading_circuit`` and ``with_readout`` describe the same queries
as a ``neuro.circuit.Circuit`` for Brian2, the compiled and fixed-point simulators and Verilog.
"""

from hnsw_bridge.cue_index import HNSWCues
from hnsw_bridge.event_program import EventProgram, event_program
from hnsw_bridge.graph import Degrees, IndexGraph, Links, graph_from_state, read_graph, to_networkx
from hnsw_bridge.index import MISSING, SILICON_SETTINGS, IndexSettings, SpikeIndex, build_index
from hnsw_bridge.layers import EdgeLayer, edge_layer, shared_layer, strongest, temporal_layer
from hnsw_bridge.metric import Metric
from hnsw_bridge.neuron import Dendrites, Gamma, Homeostasis, Parts, Priming, Resonance
from hnsw_bridge.readout import GO_TICKS, INTEGRATOR, READOUT, similarity_levels, with_readout
from hnsw_bridge.search import NeuromorphicSearch, SearchResult, build_search
from hnsw_bridge.spreading import LINKS, NODES, THRESHOLD, Seeds, Spreading, find_seeds, spreading_circuit
from hnsw_bridge.synapses import ExponentialWeights, SoftmaxWeights, WeightRule, contrast, synaptic_weights

__all__ = [
    "Degrees",
    "Dendrites",
    "EdgeLayer",
    "EventProgram",
    "ExponentialWeights",
    "GO_TICKS",
    "Gamma",
    "HNSWCues",
    "Homeostasis",
    "INTEGRATOR",
    "IndexGraph",
    "IndexSettings",
    "LINKS",
    "Links",
    "MISSING",
    "Metric",
    "NODES",
    "NeuromorphicSearch",
    "Parts",
    "Priming",
    "READOUT",
    "Resonance",
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
    "edge_layer",
    "event_program",
    "find_seeds",
    "graph_from_state",
    "read_graph",
    "shared_layer",
    "similarity_levels",
    "spreading_circuit",
    "strongest",
    "synaptic_weights",
    "temporal_layer",
    "to_networkx",
    "with_readout",
]
