"""What the rows of bench ``search`` share: pools, indexes and their searches, each made once and only if asked for."""

from __future__ import annotations

import json
import os
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.data import data_folder
from hnsw_bridge import Fusion, IndexSettings, Metric, NeuromorphicSearch, Seeds, activation, build_index, build_search
from neuro.arrays import IntArray, stable_top_k
from neuro.progress import Stages

SEEDS = (0, 1, 2)
K = 10
DIMENSION = 384
EFFORT = 64
_PER_CLUSTER = 100

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]


def pool(items: int, queries: int, seed: int, dimension: int = DIMENSION) -> tuple[Vectors, Vectors]:
    """Rows of a Gaussian mixture of items / 100 clusters, of length 1, and queries of the same mixture."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(max(items // _PER_CLUSTER, 1), dimension)).astype(np.float32)
    rows = np.empty((items + queries, dimension), dtype=np.float32)
    for start in range(0, len(rows), 50_000):
        part = rows[start : start + 50_000]
        part[:] = centres[generator.integers(0, len(centres), len(part))]
        part += generator.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return rows[:items], rows[items:]


class SearchLab:
    """Pools and searches by size, metric and seed; texts and their embeddings."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self.search = cache(self._search)
        self._kept: dict[str, Any] = {}

    def _search(self, items: int, metric: Metric, seed: int) -> tuple[NeuromorphicSearch, Vectors]:
        with self._stages.stage(f"Index {items:,} items, {metric.value}, seed {seed}"):
            rows, queries = pool(items, 300, seed)
            links = 16 if items <= 100_000 else 12
            settings = IndexSettings(links=links, build_effort=100 if items <= 100_000 else 60, search_effort=EFFORT)
            index = build_index(rows, metric=metric, settings=settings, threads=os.cpu_count() or 1)
            return build_search(index), queries

    @cached_property
    def questions(self) -> dict[str, Any]:
        """Passages, questions and their supporting passages, with embeddings."""
        folder = data_folder() / "text"
        texts = json.loads((folder / "musique_train100.json").read_text(encoding="utf-8"))
        with np.load(folder / "musique_train100.npz", allow_pickle=False) as arrays:
            return {**texts, "embedded": {name: arrays[name].astype(np.float32) for name in arrays.files}}

    @cached_property
    def nouns(self) -> dict[str, Any]:
        """Nouns, their hypernyms (row numbers) and embeddings of gloss and entry."""
        folder = data_folder() / "text"
        rows = json.loads((folder / "wordnet_nouns.json").read_text(encoding="utf-8"))
        parents = rows["hypernyms"]
        with np.load(folder / "wordnet_nouns.npz", allow_pickle=False) as arrays:
            return {"parents": parents, **{name: arrays[name].astype(np.float32) for name in arrays.files}}

    def keep(self, name: str, make: Any) -> Any:
        """What ``make`` gives, made once."""
        if name not in self._kept:
            with self._stages.stage(name):
                self._kept[name] = make()
        return self._kept[name]

    @staticmethod
    def spread_from(search: NeuromorphicSearch, node: int, fusion: Fusion, k: int, without: int) -> IntArray:
        """The k nodes to which the spikes of one seed carried most."""
        (run,) = search.spread(Seeds(np.array([[node]]), np.ones((1, 1))))
        carried = activation(run, search.program, fusion.fade)
        carried[without] = -np.inf
        best = stable_top_k(carried, k)
        return best[carried[best] > 0]
