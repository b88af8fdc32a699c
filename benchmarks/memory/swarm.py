"""Rows of bench ``memory`` about SwarmMemory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.data import ROOT
from benchmarks.form import Measured, Row, checked
from benchmarks.memory.swarm_lab import (
    SEED,
    Words,
    failure,
    load_curve,
    overlapping,
    random_patterns,
    words,
)
from neuro.memories import RhoRule, SwarmMemory, SwarmParameters

_CLAIM = 0.14
"""Patterns an edge that Hopfield's 0.14 N suggests."""

LOADS = (100, 200, 400, 600, 800, 1000, 1250, 1500, 2000, 2500, 3000, 4000, 5000, 6500)
TAUS, RHOS = (0.2, 0.35, 0.5, 0.65), (0.025, 0.05, 0.1, 0.2)


@cache
def _graph() -> dict[str, Any]:
    """The large graph, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory.swarm_graph"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=1200,
    )
    return dict(json.loads(done.stdout))


def on_graph(pick: Callable[[dict[str, Any]], float], unit: str, samples: str | None) -> Row:
    """A metric of the large graph."""

    def measure(lab: Any) -> Measured:
        del lab
        graph = _graph()
        equal = checked(graph["edges"] >= 64e6 and graph["completed"] > 0.99, "half a stored pattern brings the rest")
        note = (
            f"80,000 nodes, {graph['edges']:,} directed edges (two a pair) by storing {graph['patterns']:,} random "
            f"patterns of 30 in {graph['build_s']:.0f} s, one core; weights {graph['weights_gb']:.2f} GB, peak "
            f"{graph['peak_gb']:.2f} GB"
        )
        if samples is None:
            return Measured(pick(graph), unit, equal, note=note)
        wall = graph[samples.replace("_ms", "_wall_ms")]
        values = {"processor": graph[samples], "wall": wall}
        note += f"; processor time, least {min(graph[samples]):.2f}; wall median {statistics.median(wall):.2f} {unit}"
        return Measured(pick(graph), unit, equal, values, note=note)

    return measure


def load(lab: Any) -> Measured:
    """Patterns an edge at which completion from half a pattern falls to .9."""
    del lab
    curve = load_curve(2000, 20, LOADS)
    equal = checked(curve[0].completed > 0.99, "a lightly loaded memory completes its patterns")
    stored, edges = failure(curve)
    graph = _graph()
    scaled = stored * (80_000 / 30) ** 2 / (2000 / 20) ** 2
    note = (
        f"2,000 nodes, patterns of 20: falls to .9 at {stored:.0f} patterns, {edges:,.0f} edges. At 1,000 patterns a "
        f"day: .14 an edge of 64 M edges would be {_CLAIM * 64e6 / 1000 / 365:.1f} years; measured, 64 M edges are "
        f"full after {graph['patterns'] / 1000:.0f} days (completion {graph['completed']:.3f} then); by (n/k)^2 "
        f"80,000 nodes would complete badly after {scaled / 1000:.0f} days, had they the room"
    )
    samples = {"completed": [at.completed for at in curve], "patterns": [float(at.patterns) for at in curve]}
    return Measured(stored / edges, "patterns an edge", equal, samples, ".14 nnz", _CLAIM, note)


def collinear(lab: Any) -> Measured:
    """Cosine of W_rho and W_tau under the plain rule."""
    del lab
    cosines, right = {}, {}
    for rule in RhoRule:
        memory, codes = overlapping(rule)
        tau, rho = memory.weights()
        cosines[rule] = tau.multiply(rho).sum() / np.sqrt(tau.multiply(tau).sum() * rho.multiply(rho).sum())
        right[rule] = _completed(memory, codes)
    none = _completed(*overlapping(RhoRule.CONTRAST, beta=0.0))
    equal = checked(right[RhoRule.PLAIN] > 0.5, "both rules saw the same 400 patterns and complete them")
    note = (
        "400 patterns of 12 of 400 nodes in families of 10 that share 6; completion from 9 elements: contrast "
        f"{right[RhoRule.CONTRAST]:.3f}, plain {right[RhoRule.PLAIN]:.3f}, no W_rho {none:.3f}"
    )
    return Measured(
        cosines[RhoRule.PLAIN], "cosine", equal, {}, "teacher x (1 - teacher)", cosines[RhoRule.CONTRAST], note
    )


def gate(lab: Any) -> Measured:
    """False positives at the default gate, beside what it accepts; the note sweeps both parameters."""
    del lab
    memory, codes = SwarmMemory(2000), random_patterns(500, 2000, 30, SEED)
    memory.store(codes)
    random = np.random.default_rng(SEED)
    genuine, foreign = [], []
    for place in range(1000):
        code = codes[place % 500]
        outside = random.permutation(np.setdiff1d(np.arange(2000), code))
        # What is seen of a stored pattern: each element by chance 1/2, each time with 5 % of noise.
        noise = outside[: random.binomial(15, 0.05)]
        genuine.append([*code[random.random(30) < 0.5], *noise])
        # What is seen of a pattern that was never stored and shares 15 to 29 of its 30 elements with one that was.
        shared = int(random.integers(15, 30))
        sibling = np.array([*random.permutation(code)[:shared], *outside[30 : 60 - shared]])
        foreign.append(sibling[random.random(30) < 0.5].tolist())
    accepted, wrong = (_gated(memory, cues) for cues in (genuine, foreign))
    equal = checked(accepted[0].shape == (1000, 2), "every cue recalled a pattern")
    table = []
    for tau, rho in product(TAUS, RHOS):
        passed = [float(np.mean((at[:, 0] >= tau) & (at[:, 1] < rho))) for at in (accepted[0], wrong[0])]
        table.append(f"{tau:g}/{rho:g}: {passed[0]:.3f} {passed[1]:.3f}")
    note = (
        "500 patterns of 30 of 2,000 nodes. Accepted: each element of a stored pattern by chance 1/2, 5 % noise; "
        "false: the same of a pattern that shares 15 to 29 elements with a stored one; tau/rho: accepted false: "
        + "; ".join(table)
    )
    rate, right = (float(np.mean(at[1])) for at in (wrong, accepted))
    return Measured(rate, "", equal, {}, "accepted of genuine cues", right, note)


def rises(lab: Any) -> Measured:
    """Steps at which what the steps descend rises, of all steps."""
    del lab
    memory, codes = overlapping(RhoRule.CONTRAST)
    tau, rho = memory.weights()
    how = memory.parameters
    least = float(np.linalg.eigvalsh((how.alpha * tau - how.beta * rho).toarray())[0])
    equal = checked(least > -2, f"the least eigenvalue of alpha W_tau - beta W_rho is {least:.3f}, above -2")
    found = memory.complete(codes[:, ::2], 12)
    up = [np.mean(np.diff(values, axis=1) > 1e-9) for values in (found.potentials, found.energies)]
    note = f"{len(codes)} cues of 6 of 12 elements; the peer is -1/2 s'(W_tau - W_rho)s, which alpha, beta weigh unlike"
    return Measured(float(up[0]), "", equal, {}, "E with both weights alike", float(up[1]), note)


def merge_violations(lab: Any) -> Measured:
    """Random histories of three replicas after which a merge is not commutative, associative or idempotent."""
    del lab
    random, wrong, histories = np.random.default_rng(SEED), 0, 50
    for _ in range(histories):
        found = [SwarmMemory(200, replica=name, parameters=SwarmParameters(lifetime=50.0)) for name in range(3)]
        for turn in range(12):
            who, other = random.choice(3, 2, replace=False).tolist()
            found[who].store(np.sort(random.choice(200, 8, replace=False)), indices=[3 * turn + who])
            if random.random() < 0.3:
                found[who] = found[who].merge(found[other]).as_replica(who)
            if random.random() < 0.2:
                found[who].forget([random.choice(found[who].indices)])
        a, b, c = found
        ab = a.merge(b)
        pairs = [(ab, b.merge(a)), (ab.merge(c), a.merge(b.merge(c))), (ab.merge(b), ab), (a.merge(a), a)]
        wrong += sum(not _same(left, right) for left, right in pairs)
    equal = checked(_same(a, SwarmMemory.from_state(a.state())), "states compare bit for bit")
    return Measured(wrong, "", equal, peer="histories", peer_value=histories, note="learn, forget, merge; 200 nodes")


def word_recall(lab: Any) -> Measured:
    """Words named from all their characters but one, beside the best overlap."""
    del lab
    found = words()
    named = np.concatenate([found.memory.recall(cue).indices for _, cue, _ in found.asked])
    truth = np.array([row for row, _, _ in found.asked])
    held = found.binary()
    cosine = held / np.sqrt(held.sum(axis=1, keepdims=True))
    best = np.array([int(np.argmax(cosine[:, cue].sum(axis=1))) for _, cue, _ in found.asked])
    equal = checked(len(found.memory) == len(found.sets), f"all {len(found.sets):,} words were stored")
    right, peer = float(np.mean(named == truth)), float(np.mean(best == truth))
    return Measured(right, "", equal, {}, "best overlap of all words", peer, _words_note(found))


def word_elements(lab: Any) -> Measured:
    """The missing character as the most active one beside the cue, next to conditional co-occurrence."""
    del lab
    found = words()
    pairs, alone = found.counts()
    swarm: list[bool] = []
    product_of: list[bool] = []
    bayes: list[bool] = []
    for _, cue, missing in found.asked:
        ranked = found.memory.complete(cue, 12).elements
        swarm.append(ranked[~np.isin(ranked, cue)][0] == missing)
        conditional = np.log((pairs[cue] + 0.01) / (alone[cue][:, None] + 1)).sum(axis=0)
        likely = np.log((pairs[cue] + 0.01) / (alone[None, :] + 1)).sum(axis=0) + np.log(alone + 1)
        for ranking, hits in ((conditional, product_of), (likely, bayes)):
            ranking[cue] = -np.inf
            hits.append(int(np.argmax(ranking)) == missing)
    equal = checked(bool(np.array_equal(pairs, pairs.T)), "the counts are those of the same words")
    note = f"{_words_note(found)}; naive Bayes {np.mean(bayes):.3f}"
    return Measured(float(np.mean(swarm)), "", equal, {}, "product of P(j | cue's i)", float(np.mean(product_of)), note)


def _completed(memory: SwarmMemory, codes: np.ndarray) -> float:
    """Share of the missing quarter that stands among the 12 most active elements."""
    random = np.random.default_rng(SEED)
    cues = np.array([random.permutation(code)[:9] for code in codes])
    rows = memory.complete(cues, 12).elements
    return float(
        np.mean(
            [np.isin(np.setdiff1d(code, cue), row).mean() for code, cue, row in zip(codes, cues, rows, strict=True)]
        )
    )


def _gated(memory: SwarmMemory, cues: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Overlap and excess of each cue, (cues, 2), and whether it passed."""
    gates = [memory.gate(cue) for cue in cues]
    measured = np.array([(found.overlap[0], found.excess[0]) for found in gates])
    return measured, np.array([found.accepted[0] for found in gates])


def _same(left: SwarmMemory, right: SwarmMemory) -> bool:
    mine, its = left.state(), right.state()
    return all(np.array_equal(mine[name], its[name]) for name in mine)


def _words_note(found: Words) -> str:
    sizes = np.bincount([len(word) for word in found.sets])
    return (
        f"{len(found.sets):,} most frequent words of 3 to 8 different characters out of {found.characters:,} "
        f"({sizes[3]:,} of 3, {sizes[4]:,} of 4), order left aside, {len(found.asked):,} asked without one character"
    )


SWARM_ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "swarm-update-of-30": on_graph(lambda graph: statistics.median(graph["updates_ms"]), "ms", "updates_ms"),
        "swarm-step-on-100": on_graph(lambda graph: statistics.median(graph["steps_ms"]), "ms", "steps_ms"),
        "swarm-memory-at-64m-edges": on_graph(lambda graph: float(graph["peak_gb"]), "GB", None),
        "swarm-load": load,
        "swarm-plain-rho-collinear": collinear,
        "swarm-gate-false-positives": gate,
        "swarm-potential-rises": rises,
        "swarm-merge-violations": merge_violations,
        "swarm-words-recalled": word_recall,
        "swarm-words-character": word_elements,
    }
)
