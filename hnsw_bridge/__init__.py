"""Similarity-driven spiking activation on an hnswlib graph.

    embeddings -> SpikeIndex (hnswlib) -> IndexGraph (its links) -> spreading circuit -> the spiking nodes,
    ranked

``NeuromorphicSearch`` answers queries; ``spreading_circuit`` and ``with_readout`` describe the same queries
as a ``neuro.circuit.circuit.Circuit`` for Brian2, the compiled and fixed-point simulators and Verilog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuro.deferred import deferred_names as _deferred_names

if TYPE_CHECKING:
    from hnsw_bridge.association import Evidence, associate
    from hnsw_bridge.cue_index import HNSWCues
    from hnsw_bridge.dynamics import (
        LinearSpreading,
        LinkGate,
        NodeLinks,
        PersonalisedPageRank,
        Reached,
        SpreadingDynamics,
    )
    from hnsw_bridge.explanation import explain, plot_activated
    from hnsw_bridge.first_arrival import ARRIVALS, FirstArrival, first_arrival_circuit, one_delay_each
    from hnsw_bridge.fusion import Fusion, WordScores, activation, covering_seeds
    from hnsw_bridge.graph import (
        IndexGraph,
        Links,
        graph_from_state,
        layer_from_graphml,
        layer_from_networkx,
        read_graph,
        to_networkx,
        write_graphml,
    )
    from hnsw_bridge.index import MISSING, SILICON_SETTINGS, IndexSettings, SpikeIndex, build_index
    from hnsw_bridge.index_snapshot import load_index, save_index
    from hnsw_bridge.layers import EdgeLayer, SummedLayers, edge_layer, shared_layer, strongest, temporal_layer
    from hnsw_bridge.metric import Metric
    from hnsw_bridge.neuron import Dendrites, Gamma, History, Homeostasis, Priming, Resonance, SpreadingParts
    from hnsw_bridge.plasticity import CO_ACTIVATION, EdgeStdp, no_edges
    from hnsw_bridge.readout import GO_TICKS, READOUT, similarity_levels, with_readout
    from hnsw_bridge.retrieval_network import RetrievalNetwork, RetrievalSettings, Retrieved
    from hnsw_bridge.search import NeuromorphicSearch, SearchResult, SilentSearch, build_search
    from hnsw_bridge.spreading import LINKS, NODES, THRESHOLD, Seeds, Spreading, find_seeds, spreading_circuit
    from hnsw_bridge.synapses import ExponentialWeights, contrast, synaptic_weights
    from hnsw_bridge.text.abstention import LEAST_ANSWERABILITY
    from hnsw_bridge.text.answers import Answer, LinkUsed, Recollection, Why
    from hnsw_bridge.text.embedders import (
        EMBEDDERS,
        E5Embedder,
        Embed,
        Embedder,
        FusedEmbedder,
        MiniLMEmbedder,
        SpladeEmbedder,
        WordLlamaEmbedder,
        embed_questions,
        find_embedder,
    )
    from hnsw_bridge.text.files import MOST_CHARACTERS, Passage, passages, read_texts
    from hnsw_bridge.text.folder import LONGEST_TEXT, forget_records, is_memory, made_with
    from hnsw_bridge.text.info import MemoryInfo
    from hnsw_bridge.text.links import Mentions, bare_title, linked, mention_layer, phrases, text_layers
    from hnsw_bridge.text.memory import MOST_RECORDS, TextMemory
    from hnsw_bridge.text.retrieval import Candidates, RecallSettings, TextGraph, links_used, recall

__all__ = [
    "ARRIVALS",
    "Answer",
    "CO_ACTIVATION",
    "Candidates",
    "Dendrites",
    "E5Embedder",
    "EMBEDDERS",
    "EdgeLayer",
    "EdgeStdp",
    "Embed",
    "Embedder",
    "Evidence",
    "ExponentialWeights",
    "FirstArrival",
    "FusedEmbedder",
    "Fusion",
    "GO_TICKS",
    "Gamma",
    "HNSWCues",
    "History",
    "Homeostasis",
    "IndexGraph",
    "IndexSettings",
    "LEAST_ANSWERABILITY",
    "LINKS",
    "LONGEST_TEXT",
    "LinearSpreading",
    "LinkGate",
    "LinkUsed",
    "Links",
    "MISSING",
    "MOST_CHARACTERS",
    "MOST_RECORDS",
    "MemoryInfo",
    "Mentions",
    "Metric",
    "MiniLMEmbedder",
    "NODES",
    "NeuromorphicSearch",
    "NodeLinks",
    "Passage",
    "PersonalisedPageRank",
    "Priming",
    "READOUT",
    "Reached",
    "RecallSettings",
    "Recollection",
    "Resonance",
    "RetrievalNetwork",
    "RetrievalSettings",
    "Retrieved",
    "SILICON_SETTINGS",
    "SearchResult",
    "Seeds",
    "SilentSearch",
    "SpikeIndex",
    "SpladeEmbedder",
    "Spreading",
    "SpreadingDynamics",
    "SpreadingParts",
    "SummedLayers",
    "THRESHOLD",
    "TextGraph",
    "TextMemory",
    "Why",
    "WordLlamaEmbedder",
    "WordScores",
    "activation",
    "associate",
    "bare_title",
    "build_index",
    "build_search",
    "contrast",
    "covering_seeds",
    "edge_layer",
    "embed_questions",
    "explain",
    "find_embedder",
    "find_seeds",
    "first_arrival_circuit",
    "forget_records",
    "graph_from_state",
    "is_memory",
    "layer_from_graphml",
    "layer_from_networkx",
    "linked",
    "links_used",
    "load_index",
    "made_with",
    "mention_layer",
    "no_edges",
    "one_delay_each",
    "passages",
    "phrases",
    "plot_activated",
    "read_graph",
    "read_texts",
    "recall",
    "save_index",
    "shared_layer",
    "similarity_levels",
    "spreading_circuit",
    "strongest",
    "synaptic_weights",
    "temporal_layer",
    "text_layers",
    "to_networkx",
    "with_readout",
    "write_graphml",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = _deferred_names(__name__, __file__)
