"""Similarity-driven spiking activation on an hnswlib graph.

    embeddings -> SpikeIndex (hnswlib) -> IndexGraph (its links) -> spreading circuit -> the spiking nodes,
    ranked

``NeuromorphicSearch`` answers queries; ``spreading_circuit`` and ``with_readout`` describe the same queries
as a ``neuro.circuit.Circuit`` for Brian2, the compiled and fixed-point simulators and Verilog.
"""

from hnsw_bridge.association import Associated, Evidence, associate
from hnsw_bridge.cue_index import HNSWCues
from hnsw_bridge.event_program import EventProgram, event_program
from hnsw_bridge.exchange import layer_from_graphml, layer_from_networkx, write_graphml
from hnsw_bridge.explain import Step, Trace, edge_layers, explain, plot_activated
from hnsw_bridge.fusion import Fusion, WordScores, activation
from hnsw_bridge.graph import Degrees, IndexGraph, Links, graph_from_state, read_graph, to_networkx
from hnsw_bridge.index import MISSING, SILICON_SETTINGS, IndexSettings, SpikeIndex, build_index
from hnsw_bridge.layers import EdgeLayer, edge_layer, shared_layer, strongest, temporal_layer
from hnsw_bridge.metric import Metric
from hnsw_bridge.neuron import Dendrites, Gamma, History, Homeostasis, Parts, Priming, Resonance
from hnsw_bridge.phrases import Mentions, bare_title, mention_layer, phrases
from hnsw_bridge.plasticity import CO_ACTIVATION, EdgeStdp, LearnedEdges, no_edges
from hnsw_bridge.readout import GO_TICKS, INTEGRATOR, READOUT, similarity_levels, with_readout
from hnsw_bridge.search import NeuromorphicSearch, SearchResult, build_search
from hnsw_bridge.spreading import LINKS, NODES, THRESHOLD, Seeds, Spreading, find_seeds, spreading_circuit
from hnsw_bridge.synapses import (
    ExponentialWeights,
    InverseDistanceWeights,
    RankWeights,
    SoftmaxWeights,
    WeightRule,
    contrast,
    synaptic_weights,
)

__all__ = [
    "Associated",
    "CO_ACTIVATION",
    "Degrees",
    "Dendrites",
    "EdgeLayer",
    "EdgeStdp",
    "EventProgram",
    "Evidence",
    "ExponentialWeights",
    "Fusion",
    "GO_TICKS",
    "Gamma",
    "HNSWCues",
    "History",
    "Homeostasis",
    "INTEGRATOR",
    "IndexGraph",
    "IndexSettings",
    "InverseDistanceWeights",
    "LINKS",
    "LearnedEdges",
    "Links",
    "MISSING",
    "Mentions",
    "Metric",
    "NODES",
    "NeuromorphicSearch",
    "Parts",
    "Priming",
    "READOUT",
    "RankWeights",
    "Resonance",
    "SILICON_SETTINGS",
    "SearchResult",
    "Seeds",
    "SoftmaxWeights",
    "SpikeIndex",
    "Spreading",
    "Step",
    "THRESHOLD",
    "Trace",
    "WeightRule",
    "WordScores",
    "activation",
    "associate",
    "bare_title",
    "build_index",
    "build_search",
    "contrast",
    "edge_layer",
    "edge_layers",
    "event_program",
    "explain",
    "find_seeds",
    "graph_from_state",
    "layer_from_graphml",
    "layer_from_networkx",
    "mention_layer",
    "no_edges",
    "phrases",
    "plot_activated",
    "read_graph",
    "shared_layer",
    "similarity_levels",
    "spreading_circuit",
    "strongest",
    "synaptic_weights",
    "temporal_layer",
    "to_networkx",
    "with_readout",
    "write_graphml",
]
