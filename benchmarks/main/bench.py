"""Bench ``main``: the demo's stages beside brute force, plain hnswlib and Brian2."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from benchmarks.form import Bench, Measured, Row, checked
from benchmarks.main.lab import SEED, Lab
from benchmarks.timing import interleaved, ratio
from neuro.encoders import overlap, replace_units
from neuro.simulators import Brian2Reference, simulate
from spikeloom.demo.targets import Comparison

_NOISE = 0.2


def encode(lab: Lab) -> Measured:
    """The encoder against a dense matrix product and a partial sort."""
    encoder, images = lab.codes.encoder, lab.stored.embeddings
    dense = encoder.projection(np.arange(encoder.units)).T
    mean = np.asarray(encoder.mean)

    def brute_force() -> np.ndarray:
        driven = (images - mean) @ dense
        return np.sort(np.argpartition(-driven, encoder.active - 1, axis=1)[:, : encoder.active], axis=1)

    mine, theirs = encoder.encode(images), brute_force()
    shared = np.mean([np.isin(a, b).mean() for a, b in zip(mine, theirs, strict=True)])
    equal = checked(bool(shared > 0.95), f"{shared:.1%} of the units are the same (the encoder's levels have 8 bits)")
    samples = interleaved({"spikeloom": lambda: encoder.encode(images), "numpy": brute_force})
    return _times(samples, "spikeloom", "numpy", "numpy: dense product, argpartition", equal, f"{len(images):,} digits")


def recall_quality(lab: Lab) -> Measured:
    """Recall under noise against an exact search over all codes."""
    equal = checked(len(lab.recall.memory) == len(lab.stored), "every digit was stored")
    note = f"{len(lab.stored):,} stored digits, {_NOISE:.0%} of the cue's active units replaced"
    found, exact = lab.recall.at_1[_NOISE], lab.recall.exact_at_1[_NOISE]
    return Measured(found, "", equal, peer="exact search over all codes", peer_value=exact, note=note)


def recall_time(lab: Lab) -> Measured:
    """Recall against an exact search over all codes."""
    memory, codes, units = lab.recall.memory, lab.codes.stored, lab.codes.encoder.units
    cues = replace_units(codes, units, _NOISE, seed=SEED)
    stored = np.zeros((len(codes), units), dtype=np.float32)
    np.put_along_axis(stored, codes, 1.0, axis=1)

    def exact() -> np.ndarray:
        asked = np.zeros_like(stored)
        np.put_along_axis(asked, cues, 1.0, axis=1)
        return np.asarray((asked @ stored.T).argmax(axis=1))

    mine = memory.recall(cues).indices[:, 0]
    same = bool(np.array_equal(exact(), overlap(cues, codes, units).argmax(axis=1)))
    equal = checked(same and bool(np.mean(mine == exact()) > 0.99), "both recall the same digit for 99 % of the cues")
    samples = interleaved({"spikeloom": lambda: memory.recall(cues), "exact search": exact})
    note = f"{len(cues):,} cues with {_NOISE:.0%} of their active units replaced"
    return _times(samples, "spikeloom", "exact search", "exact search, float32 matrix product", equal, note)


def heldout(lab: Lab) -> Measured:
    """Naming by spikes against nearest neighbours, in points."""
    named, true = lab.naming.labels, lab.held_out.labels
    equal = checked(named.shape == true.shape, "each held-out digit got one label spike")
    difference = 100 * (lab.naming.accuracy - lab.naming.knn_accuracy)
    note = f"accuracy {lab.naming.accuracy:.4f} on {len(true)} held-out digits, minus the peer's, in points"
    return Measured(difference, "points", equal, peer="k-NN accuracy", peer_value=lab.naming.knn_accuracy, note=note)


def graph_recall(lab: Lab) -> Measured:
    """Recall on the graph against plain hnswlib."""
    equal = checked(lab.spreading.mismatches == 0, "Brian2 and the search emit the same spikes")
    found = lab.graph.result
    note = f"at most {found.seeds.nodes.shape[1]} seeds, {found.activated.mean():.0f} spiking nodes ranked exactly"
    return Measured(lab.graph.recall, "", equal, peer="plain hnswlib", peer_value=lab.graph.hnswlib, note=note)


def graph_gain(lab: Lab) -> Measured:
    """What spreading adds to its seeds, in points."""
    equal = checked(lab.spreading.mismatches == 0, "Brian2 and the search emit the same spikes")
    gain = 100 * (lab.graph.recall - lab.graph.seeds_only)
    return Measured(gain, "points", equal, peer="seeds only", peer_value=lab.graph.seeds_only, note="recall@10")


def graph_against_brute_force(lab: Lab) -> Measured:
    """Queries over the graph against a matrix product and a partial sort."""
    queries, stored = lab.held_out.embeddings, lab.stored.embeddings
    k, exact = lab.graph.nearest.shape[1], stored.astype(np.float64)
    norms = (exact**2).sum(axis=1)

    def brute_force() -> np.ndarray:
        near = norms - 2.0 * (queries.astype(np.float64) @ exact.T)
        best = np.argpartition(near, k - 1, axis=1)[:, :k]
        return np.take_along_axis(best, np.argsort(np.take_along_axis(near, best, 1), axis=1), 1)

    found, truth = (_distances(stored, queries, nodes) for nodes in (brute_force(), lab.graph.nearest))
    equal = checked(bool(np.array_equal(found, truth)), "the timed form finds the true distances")
    return _graph_times(lab, "brute force", "brute force, float64 matrix product", equal, brute_force)


def graph_against_hnswlib(lab: Lab) -> Measured:
    """Queries over the graph against hnswlib itself, one thread, the same links and effort."""
    import hnswlib

    queries, stored, settings = lab.held_out.embeddings, lab.stored.embeddings, lab.graph.search.index.settings
    k = lab.graph.nearest.shape[1]
    plain = hnswlib.Index("l2", stored.shape[1])
    plain.init_index(len(stored), M=settings.links, ef_construction=settings.build_effort, random_seed=settings.seed)
    plain.add_items(stored, num_threads=1)
    plain.set_ef(settings.search_effort)

    def native() -> np.ndarray:
        return np.asarray(plain.knn_query(queries, k=k, num_threads=1)[0], dtype=np.int64)

    found, truth = (_distances(stored, queries, nodes) for nodes in (native(), lab.graph.nearest))
    equal = checked(float(np.mean(found == truth)) > 0.99, "hnswlib finds 99 % of the true distances")
    return _graph_times(lab, "hnswlib", "hnswlib, one thread", equal, native)


def _graph_times(lab: Lab, name: str, peer: str, equal: str, query: Callable[[], object]) -> Measured:
    search, queries, k = lab.graph.search, lab.held_out.embeddings, lab.graph.nearest.shape[1]
    samples = interleaved({"spikeloom": lambda: search.query(queries, k), name: query}, 5)
    note = f"{len(queries)} queries over {len(lab.stored):,} digits, recall {lab.graph.recall:.3f}"
    return _times(samples, "spikeloom", name, peer, equal, note)


def _distances(stored: np.ndarray, queries: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Squared distances of the nodes to their query, ascending; pixels have 16 steps, so they are exact."""
    return np.sort(((stored[nodes].astype(np.float64) - queries[:, None]) ** 2).sum(axis=2), axis=1)


def brian2_speed(lab: Lab) -> Measured:
    """The compiled simulator against Brian2, both from the circuit to its recording."""
    silicon = lab.silicon
    equal = checked(lab.native.mismatches == 0, f"all {lab.native.spikes:,} spikes and all states agree")
    samples = interleaved(
        {
            "spikeloom": lambda: simulate(silicon.circuit, silicon.ticks),
            "Brian2": lambda: simulate(silicon.circuit, silicon.ticks, on=Brian2Reference()),
        },
        3,
    )
    speed = ratio(samples, "Brian2", "spikeloom")
    note = f"{silicon.neurons} neurons, {silicon.ticks:,} ticks, every state probed; samples in s"
    return Measured(speed, "x", equal, samples, "Brian2 (numpy), s", statistics.median(samples["Brian2"]), note)


def mismatches(pick: Callable[[Lab], Comparison]) -> Row:
    """Spikes and states in which two targets differ."""

    def measure(lab: Lab) -> Measured:
        pair = pick(lab)
        equal = checked(pair.spikes > 0, f"{pair.spikes:,} spikes and {pair.states:,} states were compared")
        note = f"{pair.relation}; {pair.neurons:,} neurons, {pair.ticks:,} ticks"
        return Measured(pair.mismatches, "", equal, peer=f"{pair.left}, spikes", peer_value=pair.spikes, note=note)

    return measure


def fixed_against_float(lab: Lab) -> Measured:
    """How far the accuracy of the integers lies from the floats', in points."""
    silicon, integers = lab.silicon, lab.integers
    equal = checked(lab.quantised.mismatches == 0, "Brian2 on the quantised program gives the same integers")
    fixed, floats = silicon.accuracy(integers.recording), silicon.accuracy(silicon.recording)
    note = f"{len(silicon.digits)} digits; statistical, never asserted equal"
    return Measured(100 * abs(fixed - floats), "points", equal, peer="float accuracy", peer_value=floats, note=note)


def rtl_mismatches(lab: Lab) -> Measured:
    """Words of the Verilog's registers that differ from the integers, over all simulators."""
    names = " and ".join(verdict.simulator for verdict in lab.verdicts)
    compared = sum(verdict.states for verdict in lab.verdicts)
    equal = checked(bool(lab.verdicts), f"simulated by {names}")
    wrong = sum(verdict.mismatches for verdict in lab.verdicts)
    note = f"{lab.silicon.ticks:,} ticks, every register of every neuron after each"
    return Measured(wrong, "", equal, peer="registers compared", peer_value=compared, note=note)


def rtl_neurons(lab: Lab) -> Measured:
    """The size of the circuit that was proven."""
    passed = all(verdict.mismatches == 0 for verdict in lab.verdicts)
    equal = checked(passed, "the Verilog equals the integers at every tick")
    return Measured(lab.silicon.neurons, "neurons", equal, note="in the demo's own Verilog")


def _times(samples: dict[str, list[float]], mine: str, theirs: str, peer: str, equal: str, note: str) -> Measured:
    """Our time in units of the peer's; samples and the peer's value in seconds."""
    middle = statistics.median(samples[theirs])
    return Measured(
        ratio(samples, mine, theirs), "x its time", equal, samples, f"{peer}, s", middle, f"{note}; samples in s"
    )


MAIN = Bench(
    "main",
    Lab,
    MappingProxyType(
        {
            "encode-against-numpy": encode,
            "recall-at-20-noise": recall_quality,
            "recall-against-exact": recall_time,
            "heldout-against-knn": heldout,
            "graph-recall": graph_recall,
            "graph-gain-of-spreading": graph_gain,
            "graph-against-hnswlib": graph_against_hnswlib,
            "graph-against-brute-force": graph_against_brute_force,
            "brian2-mismatches": mismatches(lambda lab: lab.native),
            "brian2-quantised-mismatches": mismatches(lambda lab: lab.quantised),
            "brian2-search-mismatches": mismatches(lambda lab: lab.spreading),
            "brian2-speed": brian2_speed,
            "fixed-against-float": fixed_against_float,
            "rtl-mismatches": rtl_mismatches,
            "rtl-neurons": rtl_neurons,
        }
    ),
    (SEED,),
)
