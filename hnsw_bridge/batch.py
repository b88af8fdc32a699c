"""A batch of queries answered in one kernel call: seeds from what hnswlib found, their spikes, and the exact ranking.

The kernel ``answer`` stands in the module of the printed ``query`` (:mod:`neuro.simulators.event_driven`) and calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hnsw_bridge.index import MISSING
from hnsw_bridge.items import ItemArrays
from hnsw_bridge.spreading import LEAST_SHARE, THRESHOLD
from hnsw_bridge.synapses import STEPS
from neuro.arrays import Float32Array, FloatArray, IntArray
from neuro.simulators.compiled.kernel_lines import source_digest
from neuro.simulators.event_driven import FINISHED, FULL, SHORT, EventRun, QueryRuns

_ANSWER = """

# Kernels of digest {digest}.
from hnsw_bridge import _kernels as bridge


@njit(cache=True, error_model="numpy", nogil=True, no_cfunc_wrapper=True)
def answer(
    first, metric, vectors, squares, labels, longest, batch, found, rounded, wanted, graph_nodes, least, most, steps,
    threshold, join, answers, distances, entered, shares, run_ticks, run_nodes, run_ends, awakes, {arguments}
):
    few, k = shares.shape[1], answers.shape[1]
    best, near, strength = np.empty(wanted, np.int64), np.empty(wanted), np.empty(few)
    known, last, exact = np.empty(found.shape[1], np.int64), np.empty(k, np.int64), np.empty(k)
    for row in range(first, batch.shape[0]):
        total = run_ends[row - 1] if row else 0
        if total + min(quota, spike_nodes.size) > run_nodes.size:
            return row, {short}
        asked = batch[row]
        close = bridge.near_enough(metric, asked, longest, rounded[row], wanted)
        kept = bridge.rank_into(metric, vectors, squares, asked, found[row, :close], best, near)
        bridge.enter(metric, near[:few], least, shares[row])
        bridge.drive(shares[row], most, steps, threshold, strength)
        count = 0
        for a in range(few):
            entered[row, a] = best[a]
            if best[a] < graph_nodes:
                seeds[count], currents[count] = best[a], strength[a]
                count += 1
        fired = query({passed})
        if fired < 0:
            return row, {full}
        run_ticks[total : total + fired], run_nodes[total : total + fired] = spike_ticks[:fired], spike_nodes[:fired]
        run_ends[row], awakes[row] = total + fired, result[0]
        count = 0
        if join:
            known[:] = found[row]
            events.ascend(known, known.size)
            count = min(k, kept)
            last[:count], exact[:count] = best[:count], near[:count]
        ruled_out = known[: known.size if join else 0]
        items = (vectors, squares, labels)
        count = bridge.join_fired(metric, items, asked, spike_nodes[:fired], ruled_out, last, exact, count)
        for a in range(k):
            answers[row, a] = labels[last[a]] if a < count else {missing}
            distances[row, a] = exact[a] if a < count else np.inf
    return batch.shape[0], {finished}
"""


class QueryBatch(NamedTuple):
    """Queries as :func:`answer_batch` takes them.

    Args:
        items: what they are answered from.
        batch: shape (queries, dimension), float32.
        found, rounded: shape (queries, proposals), what hnswlib proposes and its distances, nearest first.
        k: how many answers.
        few: how many seeds.
        drive: the current into a full seed, in thresholds.
        join: whether the proposals are ranked beside the nodes that fire.
    """

    items: ItemArrays
    batch: Float32Array
    found: IntArray
    rounded: Float32Array
    k: int
    few: int
    drive: float
    join: bool


class QueryResult(NamedTuple):
    """Labels of the answers and their distances, (queries, k); seeds and their shares, (queries, few); the spikes."""

    labels: IntArray
    distances: FloatArray
    seeds: IntArray
    shares: FloatArray
    runs: QueryRuns


def print_answer(arguments: Sequence[str]) -> str:
    """The source of ``answer``, to stand behind that of ``query``, which takes these arguments."""
    own = {"seeds": "seeds[:count]", "currents": "currents[:count]"}
    own |= {name: f"{name} + row" for name in ("generation", "done")}
    return _ANSWER.format(
        digest=source_digest(Path(__file__).with_name("_kernels.py"))[:16],
        arguments=", ".join(arguments),
        passed=", ".join(own.get(name, name) for name in arguments),
        full=FULL,
        short=SHORT,
        finished=FINISHED,
        missing=MISSING,
    )


def answer_batch(run: EventRun, asked: QueryBatch) -> QueryResult:
    """The answers of a run that was made with :func:`print_answer`."""
    rows = len(asked.batch)
    labels, distances = np.empty((rows, asked.k), dtype=np.int64), np.empty((rows, asked.k))
    seeds, shares = np.empty((rows, asked.few), dtype=np.int64), np.empty((rows, asked.few))
    front = (
        *asked.items, asked.batch, asked.found, asked.rounded, max(asked.k, asked.few), run.program.nodes, LEAST_SHARE,
        asked.drive, float(STEPS), THRESHOLD, asked.join, labels, distances, seeds, shares,
    )  # fmt: skip
    return QueryResult(labels, distances, seeds, shares, run.batch("answer", front, asked.few, rows))
