"""Bench ``search``: the spiking search beside hnswlib and brute force, on one pool a row."""

from __future__ import annotations

import struct
import time
from dataclasses import replace
from itertools import product
from types import MappingProxyType

import numpy as np

from benchmarks.form import Bench, Measured, Row, checked
from benchmarks.search.embedders import TEXT_ROWS
from benchmarks.search.lab import EFFORT, SEEDS, Floats, K, SearchLab
from benchmarks.search.multihop import multi_hop_gain
from benchmarks.search.stages import every_stage_matters
from benchmarks.search.text import (
    hypernyms_against_cosine,
    hypernyms_against_entry,
    use_raises_partners,
    use_spares_others,
)
from hnsw_bridge import (
    LINKS,
    NODES,
    Dendrites,
    Gamma,
    History,
    Homeostasis,
    Metric,
    Priming,
    Resonance,
    SpikeIndex,
    Spreading,
    SpreadingParts,
    build_search,
    edge_layer,
    find_seeds,
)
from neuro.arrays import IntArray
from neuro.simulators import Brian2Lowered, Brian2Reference, simulate

_ROUNDS = 3
_ALIKE = 0.1
"""By how much the nodes that a query wakes may differ where activity is called equal."""


def graph_as_read(lab: SearchLab) -> Measured:
    """Nodes whose links, on any level, differ from what hnswlib's bytes say, read a second way."""
    search, _ = lab.search(20_000, Metric.L2, SEEDS[0])
    graph, state = search.graph, search.index.state()
    raw, size = state["data_level0"].tobytes(), state["size_data_per_element"]
    above, record = state["link_lists"].tobytes(), state["size_links_per_element"]
    labels = [
        struct.unpack_from("<Q", raw, element * size + state["label_offset"])[0]
        for element in range(state["cur_element_count"])
    ]
    wrong, links, upper = 0, 0, 0
    for element, label in enumerate(labels):
        found = [_link_record(raw, element * size)]
        for _ in range(state["element_levels"][element]):
            found.append(_link_record(above, upper))
            upper += record
        for level, ends in enumerate(found):
            own = graph.layers[level]
            row = slice(int(own.row_start[label]), int(own.row_start[label + 1]))
            wrong += own.column[row].tolist() != [labels[end] for end in ends]
            links += len(ends)
    equal = checked(
        links == sum(map(len, graph.layers)), f"{links:,} links of {len(graph.layers)} levels were compared"
    )
    lost = graph.unreachable()
    note = f"{len(graph):,} nodes; {lost.size} not reachable from the entry on level 0: {lost[:5].tolist()}"
    return Measured(wrong, "nodes that differ", equal, peer="links", peer_value=links, note=note)


def _link_record(data: bytes, at: int) -> tuple[int, ...]:
    """Hnswlib's elements in one record of links."""
    (count,) = struct.unpack_from("<H", data, at)
    return struct.unpack_from(f"<{count}I", data, at + 4)


def self_retrieval(lab: SearchLab) -> Measured:
    """Share of items that find themselves, l2 and cosine, the lower of both."""
    shares = {}
    for metric in (Metric.L2, Metric.COSINE):
        search, _ = lab.search(20_000, metric, SEEDS[0])
        asked = np.random.default_rng(0).choice(20_000, 2000, replace=False)
        shares[metric.value] = [float(np.mean(search.query(search.index.vectors[asked], 1).labels[:, 0] == asked))]
    equal = checked(len(shares) == 2, "2,000 items of 20,000 were asked for by their own vectors")
    return Measured(min(share for (share,) in shares.values()), "", equal, shares, note="k = 1")


def recall_over_hnswlib(items: int) -> Row:
    """The least difference of recall@10 to hnswlib's own at the same ef, over metrics and seeds."""

    def measure(lab: SearchLab) -> Measured:
        gains, values, peers = [], {}, []
        for metric in Metric:
            for seed in SEEDS if items <= 20_000 else SEEDS[:1]:
                search, queries = lab.search(items, metric, seed)
                truth = np.array([np.argsort(search.index.exact(query), kind="stable")[:K] for query in queries])
                native = search.index.proposals(queries, EFFORT)[0][:, :K]
                mine = search.query(queries, K).labels
                own, theirs = (float(np.mean((f[:, :, None] == truth[:, None]).any(1))) for f in (mine, native))
                gains.append(own - theirs)
                peers.append(theirs)
                values[f"{metric.value}, seed {seed}"] = [own, theirs]
        equal = checked(len(gains) >= len(Metric), "brute force ranks the same pool by the same exact distances")
        note = f"{items:,} items x 384, ef {EFFORT}; samples: ours, hnswlib's"
        return Measured(min(gains), "recall@10", equal, values, "hnswlib's lowest recall@10", min(peers), note)

    return measure


def fires(lab: SearchLab) -> Measured:
    """Most spikes of a query over 10,000 random ones; every query must fire."""
    search, _ = lab.search(20_000, Metric.COSINE, SEEDS[0])
    queries = np.random.default_rng(1).normal(size=(10_000, 384)).astype(np.float32)
    counts = search.query(queries, 1).activated
    equal = checked(int(counts.min()) > 0, "every one of 10,000 random queries fires")
    note = f"at least {counts.min()}, mean {counts.mean():.1f}"
    return Measured(
        int(counts.max()), "spikes", equal, peer="quota", peer_value=search.settings.limit(20_000), note=note
    )


def _timed(lab: SearchLab, items: int) -> dict[str, Floats]:
    """Seconds of each query by both, shape (rounds, queries), one after the other in turn."""
    search, queries = lab.search(items, Metric.COSINE, SEEDS[0])
    # The same graph: ours asks it for EFFORT items, so its own ef can be raised to that.
    native = search.index._native
    native.set_ef(EFFORT)
    search.query(queries[:20], K)
    samples = {name: np.empty((_ROUNDS, len(queries))) for name in ("spikeloom", "hnswlib")}
    other = np.random.default_rng(0).permutation(len(queries))
    for times in range(_ROUNDS):
        for row, place in enumerate(other.tolist()):
            start = time.perf_counter()
            native.knn_query(queries[row : row + 1], k=K, num_threads=1)
            middle = time.perf_counter()
            search.query(queries[place : place + 1], K)
            samples["spikeloom"][times, place] = time.perf_counter() - middle
            samples["hnswlib"][times, row] = middle - start
    return samples


def time_against_hnswlib(items: int) -> Row:
    """p50 of a query after embedding, in units of hnswlib's own knn_query at the same ef."""

    def measure(lab: SearchLab) -> Measured:
        samples = _timed(lab, items)
        p50 = {name: float(np.median(values)) for name, values in samples.items()}
        least = {name: float(np.median(values.min(axis=0))) for name, values in samples.items()}
        search, queries = lab.search(items, Metric.COSINE, SEEDS[0])
        spikes = search.query(queries, K).activated.mean()
        short = {name: [1e6 * float(q) for q in np.percentile(values, (5, 50, 95))] for name, values in samples.items()}
        equal = checked(samples["spikeloom"].size == samples["hnswlib"].size, "both answer the same queries, k = 10")
        note = (
            f"{items:,} x 384, one thread, {spikes:.0f} spikes a query; of the least of {_ROUNDS} rounds a query: "
            f"{least['spikeloom'] / least['hnswlib']:.2f}; samples: 5, 50, 95 % in us"
        )
        ratio = p50["spikeloom"] / p50["hnswlib"]
        return Measured(ratio, "x its time", equal, short, "hnswlib p50, us", short["hnswlib"][1], note)

    return measure


def _spreads(lab: SearchLab, sizes: tuple[int, int]) -> tuple[Floats, IntArray]:
    """Seconds of the spreading of each query, shape (sizes, rounds, queries), sizes in turn; and the nodes it woke."""
    searches = [lab.search(items, Metric.COSINE, SEEDS[0]) for items in sizes]
    seeds = [[find_seeds(search.index, query[None]) for query in queries] for search, queries in searches]
    seconds = np.empty((len(sizes), _ROUNDS, len(seeds[0])))
    awake = np.empty((len(sizes), len(seeds[0])), dtype=np.int64)
    for times, query, size in product(range(_ROUNDS), range(len(seeds[0])), range(len(sizes))):
        start = time.perf_counter()
        (run,) = searches[size][0].spread(seeds[size][query])
        seconds[size, times, query] = time.perf_counter() - start
        awake[size, query] = run.awake
    return seconds, awake


def growth_of_spreading(large: int) -> Row:
    """Time of the spreading part over 20,000 items', of queries that are equally active."""

    def measure(lab: SearchLab) -> Measured:
        seconds, awake = _spreads(lab, (20_000, large))
        middle = float(np.median(awake[0]))
        alike = np.abs(awake / middle - 1.0) <= _ALIKE
        count = alike.sum(axis=1)
        small, big = (float(np.median(part[:, kept])) for part, kept in zip(seconds, alike, strict=True))
        everyone = np.median(seconds, axis=(1, 2))
        equal = checked(
            int(count.min()) >= 10,
            f"{count[0]} and {count[1]} queries wake {middle:.0f} nodes, {_ALIKE:.0%} more or less, and have 32 spikes",
        )
        note = (
            f"p50, 20,000 -> {large:,}; all 300 queries: {everyone[1] / everyone[0]:.2f}, for they wake "
            f"{awake[0].mean():.0f} and {awake[1].mean():.0f} nodes"
        )
        return Measured(big / small, "x", equal, {"us": [1e6 * small, 1e6 * big]}, note=note)

    return measure


def event_mismatches(lab: SearchLab) -> Measured:
    """Spikes in which event-driven, clock-driven and Brian2 differ, over settings with every part."""
    search, queries = lab.search(20_000, Metric.COSINE, SEEDS[0])
    small = build_search_of(search.index.vectors[:400])
    generator = np.random.default_rng(0)
    pairs = generator.integers(0, 400, (2, 600))
    pairs = pairs[:, pairs[0] != pairs[1]]
    extra = edge_layer("extra", 400, pairs[0], pairs[1], generator.integers(-32, 64, pairs.shape[1]) / 32, delay=1)
    wrong, spikes = 0, 0
    rest = (Gamma(250.0), None, Dendrites(), Priming(), Homeostasis(), History())
    for parts, on in (
        (SpreadingParts(), Brian2Reference()),
        (SpreadingParts(*rest), Brian2Reference()),
        (replace(SpreadingParts(*rest), resonance=Resonance(16.0)), Brian2Lowered()),
    ):
        settings = Spreading(max_winners=64, ticks=8, parts=parts)
        one = build_search(small, settings, layers=[extra])
        events, circuit = one.query(queries[:6], 5).spikes, one.circuit(queries[:6])
        clock = simulate(circuit, one.ticks(6)).spikes[NODES]
        brian = simulate(circuit, one.ticks(6), on=on).spikes[NODES]
        wrong += events.mismatches(clock) + events.mismatches(brian)
        spikes += len(events)
    equal = checked(spikes > 100, f"{spikes} spikes along {LINKS!r} and 'extra' were compared")
    note = "plain; with all parts but resonance; with all (Brian2 runs the lowered step: it has no exact resonance)"
    return Measured(wrong, "spikes", equal, peer="spikes compared", peer_value=spikes, note=note)


def build_search_of(vectors: np.ndarray) -> SpikeIndex:
    """A small index."""
    from hnsw_bridge import build_index

    return build_index(vectors, metric=Metric.COSINE)


SEARCH = Bench(
    "search",
    SearchLab,
    MappingProxyType(
        {
            "graph-as-read": graph_as_read,
            "self-retrieval": self_retrieval,
            "recall-over-hnswlib-20k": recall_over_hnswlib(20_000),
            "recall-over-hnswlib-100k": recall_over_hnswlib(100_000),
            "circuit-fires": fires,
            "every-stage-matters": every_stage_matters,
            "multi-hop-recall-at-5": multi_hop_gain(0),
            "multi-hop-all-support-at-10": multi_hop_gain(1),
            "hypernyms-against-cosine": hypernyms_against_cosine,
            "hypernyms-against-entry": hypernyms_against_entry,
            "use-raises-partners": use_raises_partners,
            "use-spares-others": use_spares_others,
            "time-against-hnswlib-20k": time_against_hnswlib(20_000),
            "time-against-hnswlib-100k": time_against_hnswlib(100_000),
            "growth-of-spreading-100k": growth_of_spreading(100_000),
            "event-mismatches": event_mismatches,
            **TEXT_ROWS,
        }
    ),
    SEEDS,
)

SEARCH_MILLION = Bench(
    "search-million",
    SearchLab,
    MappingProxyType(
        {
            "time-against-hnswlib-1m": time_against_hnswlib(1_000_000),
            "growth-of-spreading-1m": growth_of_spreading(1_000_000),
        }
    ),
    SEEDS[:1],
)
"""Its index takes minutes and some 10 GB, so it runs on demand only."""
