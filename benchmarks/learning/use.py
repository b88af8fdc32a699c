"""Learning from use: edges by STDP beside counts of co-occurrence, on sessions whose partners repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.data import data_folder
from benchmarks.search.lab import Floats
from hnsw_bridge import CO_ACTIVATION, EdgeLayer, EdgeStdp, FirstArrival, edge_layer, no_edges
from neuro.arrays import IntArray, stable_top_k

ITEMS, GROUPS, PARTNERS, STRANGERS, SESSIONS = 3000, 100, 4, 3, 500
VALIDATION, REPORTED = 9, (1, 2, 3)

RULES = (
    CO_ACTIVATION,
    replace(CO_ACTIVATION, trace=0.9),
    replace(CO_ACTIVATION, rise=0.25, fall=-0.25, trace=0.9, keep=0.995),
    replace(CO_ACTIVATION, rise=0.25, fall=-0.25, trace=0.9, keep=0.99),
    EdgeStdp(),
)
"""The seed of validation chooses among these."""

Learner = Callable[[list[list[int]]], EdgeLayer]


@dataclass(frozen=True, slots=True, eq=False)
class Usage:
    """Entries, their glosses as cues, and sessions of use.

    Args:
        entries, glosses: rows of length 1, shape (items, dimension).
        sessions: items in the order of their use: one group of partners, strangers between them.
        groups: shape (groups, partners), those of the last sessions.
        unused: items that no session uses.
    """

    entries: Floats
    glosses: Floats
    sessions: list[list[int]]
    groups: IntArray
    unused: IntArray


def usage(seed: int, drift: bool = False) -> Usage:
    """Sessions of one seed; with drift the partners are dealt anew after half of them."""
    generator = np.random.default_rng(seed)
    with np.load(data_folder() / "text" / "wordnet_nouns.npz", allow_pickle=False) as arrays:
        chosen = np.sort(generator.permutation(len(arrays["entry"]))[:ITEMS])
        rows = [arrays[name][chosen].astype(np.float64) for name in ("entry", "gloss")]
    entries, glosses = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in rows)
    order = generator.permutation(ITEMS)
    mine, strangers, unused = np.split(order, [GROUPS * PARTNERS, ITEMS - 500])
    groups, sessions = mine.reshape(GROUPS, PARTNERS), list[list[int]]()
    for number in range(SESSIONS):
        if drift and number == SESSIONS // 2:
            groups = generator.permutation(mine).reshape(GROUPS, PARTNERS)
        session = groups[number % GROUPS].tolist()
        for stranger in generator.choice(strangers, STRANGERS, replace=False).tolist():
            session.insert(int(generator.integers(0, len(session) + 1)), stranger)
        sessions.append(session)
    return Usage(entries, glosses, sessions, groups, unused)


def counted(sessions: list[list[int]]) -> EdgeLayer:
    """The simplest rival: how often two items stood in one session, over the largest count."""
    pairs = np.array([(a, b) for session in sessions for a in session for b in session if a != b], dtype=np.int64)
    keys, times = np.unique(pairs[:, 0] * ITEMS + pairs[:, 1], return_counts=True)
    return edge_layer("counted", ITEMS, keys // ITEMS, keys % ITEMS, times / times.max())


def learned(rule: EdgeStdp) -> Learner:
    """Edges by STDP, over the rule's highest weight."""

    def learn(sessions: list[list[int]]) -> EdgeLayer:
        edges = no_edges(ITEMS, rule).update(sessions)
        return edge_layer("learned", ITEMS, edges.start, edges.end, edges.weight / rule.highest)

    return learn


def judge(used: Usage, layer: EdgeLayer | None, k: int) -> tuple[Floats, Floats]:
    """Share of each used item's partners among its k best, shape (items,); whether unused items find themselves."""
    members, mates = used.groups.ravel(), np.repeat(used.groups, PARTNERS, axis=0)
    found = [
        float(np.isin(best[best != item][:k], row).mean() * k / (PARTNERS - 1))
        for item, row, best in zip(members.tolist(), mates, _best(used, layer, members, k), strict=True)
    ]
    others = zip(used.unused.tolist(), _best(used, layer, used.unused, k), strict=True)
    return np.array(found), np.array([float(item in best[:k]) for item, best in others])


def _best(used: Usage, layer: EdgeLayer | None, items: IntArray, k: int) -> Iterator[IntArray]:
    """The k + 1 best for each item's gloss: cosine, and what spikes carry from the entry that is nearest to it."""
    dynamics = FirstArrival()
    for item in items.tolist():
        scores = np.maximum(used.entries @ used.glosses[item], 0.0)
        if layer is not None:
            carried = dynamics.spread(layer, np.array([int(np.argmax(scores))]), np.ones(1)).dense(ITEMS)
            scores = scores / scores.max() + 0.6 * carried / max(float(carried.max()), 1e-300)
        yield stable_top_k(scores[None], k + 1)[0]
