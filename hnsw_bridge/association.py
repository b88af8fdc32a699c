"""Association: finding by spikes what similarity does not find.

Cue -> seeds (similarity, words and mentions fused) -> spikes along the edge layers -> one fused score. Each stage
can be switched off by its weight in :class:`hnsw_bridge.fusion.Fusion`. How activation travels can be chosen: the
search's own spreading, or any :class:`hnsw_bridge.dynamics.SpreadingDynamics`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hnsw_bridge.dynamics import LinkGate, SpreadingDynamics
from hnsw_bridge.fusion import Fusion, Open, activation, covering_seeds, ranked_by
from hnsw_bridge.index import check_k
from hnsw_bridge.layers import SummedLayers
from hnsw_bridge.metric import similarities
from hnsw_bridge.search import NeuromorphicSearch
from hnsw_bridge.spreading import Seeds, check_seeds
from neuro.arrays import FloatArray, IntArray
from neuro.errors import InvalidInput
from neuro.simulators.event_driven import QuerySpikes

_LEAST_SHARE = 0.67


@dataclass(frozen=True, slots=True, eq=False)
class Associated:
    """What a cue brought up: labels and fused scores, best first, and the spikes behind them."""

    labels: IntArray
    scores: FloatArray
    run: QuerySpikes


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the words of a question say.

    Args:
        words: shape (nodes,), from :meth:`hnsw_bridge.WordScores.scores`.
        mentions: shape (nodes,), from :meth:`hnsw_bridge.Mentions.scores`.
        unmatched: from :meth:`hnsw_bridge.WordScores.unmatched`: a spike counts less where its target answers nothing
            that its source leaves open.
        terms: shape (terms, nodes), from :meth:`hnsw_bridge.WordScores.each`: seeds cover different words then.
    """

    words: FloatArray | None = None
    mentions: FloatArray | None = None
    unmatched: Open | None = None
    terms: FloatArray | None = None


def associate(
    search: NeuromorphicSearch,
    cue: npt.ArrayLike,
    k: int = 10,
    *,
    seeds: int = 2,
    fusion: Fusion | None = None,
    evidence: Evidence | None = None,
    without: npt.ArrayLike = (),
    dynamics: SpreadingDynamics | None = None,
) -> Associated:
    """The k items of the best fused scores; similarity is exact for every item, so this suits up to some 10^5 of them.

    Args:
        search: with the edge layers to spread along.
        cue: shape (dimension,).
        k: how many.
        seeds: the spikes start at the best of similarity, words and mentions together.
        fusion: how much each part counts.
        evidence: what the question's words say, if it has any.
        without: labels to leave out of the answer (they may still be seeds).
        dynamics: how activation travels along the search's edge layers; None: as the search spreads.

    Raises:
        InvalidInput: an unusable cue, k or seeds, or parts of another shape.
    """
    chosen = Fusion() if fusion is None else fusion
    known = Evidence() if evidence is None else evidence
    index, nodes = search.index, len(search.graph)
    (query,) = index.checked(np.asarray(cue)[None])
    check_k(k, len(index))
    left_out = search.graph.nodes_of(without)
    parts = {"similarity": np.maximum(similarities(index.metric, index.exact(query)[:nodes]), 0.0)}
    for name, part in (("words", known.words), ("mentions", known.mentions)):
        if part is not None:
            if np.shape(part) != (nodes,):
                raise InvalidInput(f"{name} have shape {np.shape(part)}; one number for each of the {nodes} nodes goes")
            parts[name] = np.asarray(part, dtype=np.float64)
    alive = np.flatnonzero(search.graph.alive)
    fused = chosen.seeding.scores(parts)
    start, share = _entry(search, fused, seeds, known.terms)
    if dynamics is None:
        (run,) = search.spread(Seeds(start[None], share[None]))
        carried = activation(run, search.program, chosen.fade, known.unmatched, chosen.rest)
    else:
        gate = None if known.unmatched is None else LinkGate(known.unmatched, chosen.rest)
        found = dynamics.spread(SummedLayers(search.layers), start, share, gate, search.graph.alive)
        run, carried = found.run, found.dense(nodes)
    entered = np.zeros(nodes)
    entered[start] = 1.0
    total = chosen.scores({**parts, "spikes": carried, "seeds": entered})
    total[left_out] = -np.inf
    best = ranked_by(total[alive], alive, k)
    return Associated(search.graph.labels[best], total[best], run)


def spread_from_best(search: NeuromorphicSearch, scores: FloatArray, seeds: int) -> QuerySpikes:
    """The spikes that start at the nodes of the best scores, shape (nodes,); deleted ones don't count.

    Raises:
        InvalidInput: seeds outside 1 .. 64.
    """
    start, share = _entry(search, scores, seeds)
    (run,) = search.spread(Seeds(start[None], share[None]))
    return run


def _entry(
    search: NeuromorphicSearch, scores: FloatArray, seeds: int, terms: FloatArray | None = None
) -> tuple[IntArray, FloatArray]:
    """The seeds and how strongly each is driven: the best, or those that cover different words."""
    check_seeds(seeds)
    alive = np.flatnonzero(search.graph.alive)
    if terms is None:
        start = ranked_by(scores[alive], alive, seeds)
    else:
        start = alive[covering_seeds(scores[alive], terms[:, alive], seeds)]
    return start, np.clip(scores[start] / max(float(scores[start[0]]), 1e-12), _LEAST_SHARE, 1.0)
