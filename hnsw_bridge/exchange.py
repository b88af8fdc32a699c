"""Graphs in and out: networkx and GraphML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hnsw_bridge.graph import IndexGraph, to_networkx
from hnsw_bridge.layers import EdgeLayer, edge_layer
from neuro.checks import is_whole
from neuro.errors import InvalidInput


def layer_from_networkx(name: str, source: Any, graph: IndexGraph, weight: str = "weight") -> EdgeLayer:
    """An edge layer from a networkx graph over the labels of ``graph``; an undirected edge goes both ways.

    Raises:
        InvalidInput: a node that is no label of the graph, or a weight that is no number.
    """
    edges = list(source.edges(data=weight, default=1.0))
    pairs = [end for start, end, _ in edges for end in (start, end)]
    try:
        weights = np.array([float(value) for _, _, value in edges])
        known = all(is_whole(end, 0) for end in pairs)
    except (TypeError, ValueError):
        known = False
    if not known:
        raise InvalidInput(f"layer {name!r}: nodes must be labels (whole numbers), weights numbers")
    nodes = graph.nodes_of(np.array(pairs, dtype=np.int64).reshape(-1, 2))
    return edge_layer(name, len(graph), nodes[:, 0], nodes[:, 1], weights, both_ways=not source.is_directed())


def write_graphml(graph: IndexGraph, path: Path, level: int = 0) -> None:
    """One level of the graph as GraphML: nodes are labels, edges carry distance and similarity."""
    import networkx as nx

    nx.write_graphml(to_networkx(graph, level), path)


def layer_from_graphml(name: str, path: Path, graph: IndexGraph, weight: str = "similarity") -> EdgeLayer:
    """An edge layer from a GraphML file whose nodes are labels of ``graph``.

    Raises:
        InvalidInput: the file is missing, no GraphML, or names other nodes.
    """
    from xml.etree.ElementTree import ParseError

    import networkx as nx

    try:
        read = nx.read_graphml(path, node_type=int)
    except (OSError, ParseError, ValueError, nx.NetworkXError) as error:
        raise InvalidInput(f"{path} can't be read as GraphML ({error}); write it with write_graphml") from None
    return layer_from_networkx(name, read, graph, weight)
