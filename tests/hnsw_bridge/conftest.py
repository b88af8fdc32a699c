"""Indexes that several tests of the bridge share; all are read-only."""

from __future__ import annotations

import numpy as np
import pytest

from hnsw_bridge import IndexGraph, NeuromorphicSearch, SpikeIndex, build_index, build_search, read_graph
from tests.hnsw_bridge.data import Split, clusters, split_digits


@pytest.fixture(scope="session")
def digits() -> Split:
    return split_digits(0)


@pytest.fixture(scope="session")
def index() -> SpikeIndex:
    """300 clustered items with labels 1000, 1003, 1006, ..."""
    return build_index(clusters(1), labels=1000 + 3 * np.arange(300))


@pytest.fixture(scope="session")
def graph(index: SpikeIndex) -> IndexGraph:
    return read_graph(index)


@pytest.fixture(scope="session")
def search(index: SpikeIndex) -> NeuromorphicSearch:
    return build_search(index)
