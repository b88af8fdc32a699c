"""Bench ``training``: trained codes beside untrained ones, gradients beside differences, a classifier in Verilog."""

from __future__ import annotations

import statistics
from types import MappingProxyType

import numpy as np

from benchmarks.form import Bench, Measured, checked
from benchmarks.timing import interleaved, ratio
from benchmarks.training.digits import DIGITS_ROWS
from benchmarks.training.lab import ACTIVE, SEED, UNITS, Lab, Outcome
from benchmarks.training.peers import gradient_error, loss_error, miner_differences, optimiser_error
from hnsw_bridge import Metric, Spreading, build_index, build_search
from neuro.arrays import stable_top_k
from neuro.encoders import KWTAEncoder


def patches_gain(lab: Lab) -> Measured:
    """Natural image patches under another light: recall@1 won, in points."""
    return _gain(lab.light, "16 x 16 patches of a photograph; cues under another light, with noise")


def patches_seconds(lab: Lab) -> Measured:
    """Processor seconds of that training."""
    found = lab.light
    equal = checked(found.after >= found.before, "the trained code is no worse")
    note = (
        f"{len(found.task.cues):,} pairs, {found.trained.report.steps} steps, validation in it; kernels compiled before"
    )
    return Measured(found.seconds, "s", equal, note=note)


def gradient_alone(lab: Lab) -> Measured:
    """The same patches, from the identity by the straight-through gradient alone, in points."""
    return _gain(lab.light_by_gradient, "no discriminant start: the straight-through gradient alone")


def displaced_gain(lab: Lab) -> Measured:
    """Patches displaced by up to a pixel: no fixed linear nuisance, so there is less to win; in points."""
    return _gain(lab.displaced, "cues moved by up to one pixel, with noise")


def nuisance_recall(lab: Lab) -> Measured:
    """Nuisance-structured synthetic data: recall@1 of the trained code."""
    return _recall(lab.nuisance, lab.nuisance.after, "untrained code", lab.nuisance.before)


def nuisance_untrained(lab: Lab) -> Measured:
    """Nuisance-structured synthetic data: recall@1 of the untrained code."""
    return _recall(lab.nuisance, lab.nuisance.before, "trained code", lab.nuisance.after)


def text_gain(lab: Lab) -> Measured:
    """Real text, gloss to entry: recall@1 against the identity on held-out cues, in points."""
    return _gain(lab.text, f"{len(lab.text.task.held_items):,} entries searched")


def cost_of_training(lab: Lab) -> Measured:
    """Time to encode with the trained code in units of the untrained code's."""
    found = lab.light
    rows = np.tile(found.task.held_cues, (2, 1))
    trained, plain = found.trained.best, found.untrained
    equal = checked(np.array_equal(trained.inputs, plain.inputs), "both read the same 16 entries a unit")
    samples = interleaved({"trained": lambda: trained.encode(rows), "untrained": lambda: plain.encode(rows)})
    middle = statistics.median(samples["untrained"])
    return Measured(ratio(samples, "trained", "untrained"), "x its time", equal, samples, "untrained, s", middle)


def cost_of_dense(lab: Lab) -> Measured:
    """Time of a dense projection (every unit reads all 256 entries) in units of the sparse trained code's."""
    found = lab.light
    rows, d = found.task.held_cues[:500], found.untrained.dimensions
    signs = np.random.default_rng(SEED).choice([-1, 1], (UNITS, d))
    dense = KWTAEncoder(d, UNITS, ACTIVE, nonzeros=d, weights=signs, mean=found.untrained.mean)
    trained = found.trained.best
    codes = dense.encode(rows)
    equal = checked(codes.shape == trained.encode(rows).shape, "both give codes of the same size")
    samples = interleaved({"dense": lambda: dense.encode(rows), "sparse": lambda: trained.encode(rows)}, 3)
    middle = statistics.median(samples["sparse"])
    return Measured(ratio(samples, "dense", "sparse"), "x its time", equal, samples, "trained, sparse, s", middle)


def shared_units(lab: Lab) -> Measured:
    """How many more active units neighbours in the HNSW graph share with the spectral term."""
    found, graph = lab.smooth
    source, end = graph.links.source(), graph.links.column
    before, after = (
        float(np.sum(codes[source] * codes[end], axis=1).mean())
        for codes in (_dense(encoder, found.task.items) for encoder in (found.untrained, found.trained.best))
    )
    equal = checked(
        len(graph) == len(found.task.items), f"the graph has {len(graph):,} nodes and {source.size:,} links"
    )
    note = f"{before:.2f} of {ACTIVE} before, {after:.2f} after; {found.trained.report.why}"
    return Measured(after - before, "units", equal, peer="untrained code", peer_value=before, note=note)


def spreading_gain(lab: Lab) -> Measured:
    """Recall@10 of spreading activation over the codes' own graph, held-out queries, against before; in points.

    The truth is the ten entries nearest to the query's embedding by the exact cosine.
    """
    found, _ = lab.smooth
    task = found.task
    cues, items = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (task.held_cues, task.items))
    truth = stable_top_k(cues @ items.T, 10)
    before, after = (
        _spread_recall(encoder, task.items, task.held_cues, truth) for encoder in (found.untrained, found.trained.best)
    )
    equal = checked(len(truth) == len(task.held_cues), "the same queries, settings and truth for both codes")
    note = f"{before:.4f} before, {after:.4f} after; {len(truth)} glosses over {len(items):,} entries, quota 64"
    return Measured(100 * (after - before), "points", equal, peer="untrained code", peer_value=before, note=note)


def _spread_recall(encoder: KWTAEncoder, items: np.ndarray, cues: np.ndarray, truth: np.ndarray) -> float:
    index = build_index(_dense(encoder, items), metric=Metric.COSINE)
    found = build_search(index, Spreading(max_winners=64)).query(_dense(encoder, cues), truth.shape[1]).labels
    return float(np.mean([np.isin(mine, true).mean() for mine, true in zip(found, truth, strict=True)]))


def _dense(encoder: KWTAEncoder, vectors: np.ndarray) -> np.ndarray:
    return encoder.features(encoder.encode(vectors)).astype(np.float32)


def _gain(found: Outcome, what: str) -> Measured:
    """Held-out recall@1 won by what the trainer kept, in points."""
    report = found.trained.report
    equal = checked(found.trained.encoder.nonzeros <= 16, "the trained code has at most 16 nonzeros a unit")
    note = (
        f"{what}; {found.before:.3f} -> {found.after:.3f} on {len(found.task.held_cues):,} held-out cues; the trainer "
        f"kept the {report.kept} ({report.why})"
    )
    return Measured(
        100 * (found.after - found.before), "points", equal, peer="untrained code", peer_value=found.before, note=note
    )


def _recall(found: Outcome, value: float, peer: str, peer_value: float) -> Measured:
    equal = checked(found.trained.encoder.nonzeros <= 16, "the trained code has at most 16 nonzeros a unit")
    note = f"{len(found.task.held_cues):,} held-out cues; the trainer kept the {found.trained.report.kept}"
    return Measured(value, "", equal, peer=peer, peer_value=peer_value, note=note)


TRAINING = Bench(
    "training",
    Lab,
    MappingProxyType(
        {
            "gradients-against-differences": gradient_error,
            "optimisers-against-torch": optimiser_error,
            "losses-against-peers": loss_error,
            "miner-against-brute-force": miner_differences,
            "patches-gain": patches_gain,
            "patches-seconds": patches_seconds,
            "patches-gradient-alone": gradient_alone,
            "patches-displaced-gain": displaced_gain,
            "nuisance-recall": nuisance_recall,
            "nuisance-recall-untrained": nuisance_untrained,
            "text-against-identity": text_gain,
            "cost-of-training": cost_of_training,
            "cost-of-dense": cost_of_dense,
            "neighbours-shared-units": shared_units,
            "spreading-recall-gain": spreading_gain,
            **DIGITS_ROWS,
        }
    ),
    (SEED,),
)
