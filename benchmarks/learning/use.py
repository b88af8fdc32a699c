"""Learning from use: edges by STDP beside counts of co-occurrence, on sessions whose partners repeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType

import numpy as np

from benchmarks.data import data_folder
from benchmarks.search.lab import Floats
from hnsw_bridge import CO_ACTIVATION, EdgeLayer, EdgeStdp, FirstArrival, edge_layer, no_edges
from neuro.arrays import IntArray, stable_top_k

ITEMS, GROUPS, PARTNERS, STRANGERS, SESSIONS, UNUSED = 3000, 100, 4, 3, 500, 500
VALIDATION, REPORTED = 9, (1, 2, 3)
_POPULAR = 5.0
"""Stranger number r is drawn in proportion to 1 / (r + 5): a few are used with everything."""

_WEIGHTS = (0.3, 0.6, 1.0, 2.0)
"""Of what spikes carry; each learner's is chosen on the seed of validation, as its rule is."""

Learner = Callable[[list[list[int]]], EdgeLayer]


@dataclass(frozen=True, slots=True, eq=False)
class Usage:
    """Sessions of use over entries, and how alike each asked item's gloss is to every entry.

    Args:
        sessions: items in the order of their use: one group of partners, strangers between them.
        groups: shape (groups, partners), those of the last sessions.
        unused: items that no session uses.
        asked: the members of the groups, then the unused items.
        cosines: shape (asked, items), over their maximum.
    """

    sessions: list[list[int]]
    groups: IntArray
    unused: IntArray
    asked: IntArray
    cosines: Floats


def usage(seed: int, drift: bool = False) -> Usage:
    """Sessions of one seed; with drift the partners are dealt anew after half of them."""
    generator = np.random.default_rng(seed)
    with np.load(data_folder() / "text" / "wordnet_nouns.npz", allow_pickle=False) as arrays:
        chosen = np.sort(generator.permutation(len(arrays["entry"]))[:ITEMS])
        rows = [arrays[name][chosen].astype(np.float64) for name in ("entry", "gloss")]
    entries, glosses = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in rows)
    mine, strangers, unused = np.split(generator.permutation(ITEMS), [GROUPS * PARTNERS, ITEMS - UNUSED])
    chance = 1.0 / (np.arange(strangers.size) + _POPULAR)
    groups, sessions = mine.reshape(GROUPS, PARTNERS), list[list[int]]()
    for number in range(SESSIONS):
        if drift and number == SESSIONS // 2:
            groups = generator.permutation(mine).reshape(GROUPS, PARTNERS)
        session = groups[number % GROUPS].tolist()
        for stranger in generator.choice(strangers, STRANGERS, False, chance / chance.sum()).tolist():
            session.insert(int(generator.integers(0, len(session) + 1)), stranger)
        sessions.append(session)
    asked = np.concatenate([groups.ravel(), unused])
    cosines = np.maximum(glosses[asked] @ entries.T, 0.0)
    return Usage(sessions, groups, unused, asked, cosines / cosines.max(axis=1, keepdims=True))


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


_ORDERED = EdgeStdp(keep=1.0)
_JOINED = replace(CO_ACTIVATION, rise=0.4, fall=-0.4, trace=0.95, keep=1.0)
LEARNERS: Mapping[str, Mapping[str, Learner]] = MappingProxyType(
    {
        "STDP": {
            "rise .4, trace .95": learned(_JOINED),
            "keep .995": learned(replace(_JOINED, keep=0.995)),
            "alone .1": learned(replace(_JOINED, alone=0.1)),
            "alone .3": learned(replace(_JOINED, alone=0.3)),
            "CO_ACTIVATION": learned(CO_ACTIVATION),
            "one way": learned(_ORDERED),
        },
        "counts": {"counts": counted},
    }
)
"""Who learns, with the rules that the seed of validation chooses among."""


def carried(used: Usage, layer: EdgeLayer) -> Floats:
    """What spikes carry from the entry nearest to each asked gloss, shape (asked, items), over its maximum."""
    result = np.zeros(used.cosines.shape)
    for row, start in enumerate(np.argmax(used.cosines, axis=1).tolist()):
        result[row] = FirstArrival().spread(layer, np.array([start]), np.ones(1)).dense(ITEMS)
    return np.asarray(result / np.maximum(result.max(axis=1, keepdims=True), 1e-300))


def judge(used: Usage, activation: Floats, weight: float, k: int = PARTNERS - 1) -> tuple[Floats, Floats]:
    """Share of each member's partners among its k best but itself; whether unused items are among their own k best."""
    best = stable_top_k(used.cosines + weight * activation, k + 1)
    members = used.groups.size
    mates = np.repeat(used.groups, PARTNERS, axis=0)
    found = [
        np.isin(row[row != item][:k], own).sum() / (PARTNERS - 1)
        for row, item, own in zip(best[:members], used.asked[:members], mates, strict=True)
    ]
    return np.array(found, dtype=np.float64), (best[members:, :k] == used.unused[:, None]).any(axis=1).astype(
        np.float64
    )


def chosen_by_validation(drift: bool) -> dict[str, tuple[str, float]]:
    """Each learner's rule and weight of the spikes."""
    used, best = usage(VALIDATION, drift), dict[str, tuple[str, float]]()
    for name, rules in LEARNERS.items():
        activations = {rule: carried(used, learn(used.sessions)) for rule, learn in rules.items()}
        best[name] = max(
            product(activations, _WEIGHTS), key=lambda one: float(judge(used, activations[one[0]], one[1])[0].mean())
        )
    return best
