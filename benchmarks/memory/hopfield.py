"""Rows of bench ``memory`` about :class:`neuro.memories.ModernHopfield`; no row needs the bench's lab."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.special import entr, softmax

from benchmarks.data import ROOT, data_folder
from benchmarks.form import Measured, Row, checked
from benchmarks.timing import interleaved
from neuro.arrays import Float32Array
from neuro.memories import (
    Activation,
    HopfieldReading,
    ModernHopfield,
    Similarity,
    beta_for,
    hopfield_capacity,
    hopfield_circuit,
    synaptic_operations,
)
from neuro.simulators import Brian2Reference, simulate

SEED = 0
ITEMS, DIMENSIONS, BATCH = 1000, 512, 256
BETAS: Mapping[str, float] = MappingProxyType(
    {"half": 0.5, "one": 1.0, "five": 5.0, "ten": 10.0, "ln-items": float(np.log(ITEMS))}
)
FAILURE_DIMENSIONS = range(8, 21)
_KEPT = 0.9


def directions(items: int, dimensions: int, seed: int) -> Float32Array:
    """Random float32 vectors of length one."""
    x = np.random.default_rng(seed).normal(size=(items, dimensions))
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), dtype=np.float32)


def noisy(keys: Float32Array, seed: int) -> Float32Array:
    """Each key with as much noise as makes its cosine with the key about .89."""
    return keys + np.float32(0.5) * directions(len(keys), keys.shape[1], seed)


def _filled(activation: Activation, beta: float | None, items: int = ITEMS, dimensions: int = DIMENSIONS) -> Any:
    memory = ModernHopfield(dimensions, value_dimensions=dimensions, beta=beta, activation=activation)
    memory.store(directions(items, dimensions, SEED), directions(items, dimensions, SEED + 1))
    return memory


def _equal(memory: ModernHopfield, cues: Float32Array) -> str:
    """Retrieval against float64 formulas."""
    unit = cues / np.linalg.norm(cues.astype(np.float64), axis=1, keepdims=True)
    s = memory.beta * unit @ memory.keys.astype(np.float64).T
    if memory.activation is Activation.SOFTMAX:
        w = softmax(s, axis=1)
    else:
        falling = -np.sort(-s, axis=1)
        t = (np.cumsum(falling, axis=1) - 1) / np.arange(1, s.shape[1] + 1)
        last = np.sum(falling > t, axis=1) - 1
        w = np.maximum(s - np.take_along_axis(t, last[:, None], axis=1), 0)
    right = np.abs(memory.recall(cues).retrieval.patterns - w @ memory.values.astype(np.float64)).max() < 1e-5
    alone = np.abs(memory.recall(cues[0]).retrieval.patterns - w[0] @ memory.values.astype(np.float64)).max() < 1e-5
    return checked(bool(right and alone), "patterns are those of float64 formulas, to 1e-5")


def _paired(
    mine: Callable[[], object], bare: Callable[[], object], repeats: int
) -> tuple[float, dict[str, list[float]]]:
    """The median ratio of neighbours in time: what else the machine does meets both."""
    samples = interleaved({"bare products": bare, "spikeloom": mine}, repeats)
    ratios = [ours / theirs for ours, theirs in zip(samples["spikeloom"], samples["bare products"], strict=True)]
    return statistics.median(ratios), samples


def query(activation: Activation, beta: float | None, _: Any) -> Measured:
    """One query (index, score, value, pattern, attention) in units of the two bare matrix-vector products."""
    memory = _filled(activation, beta)
    keys, values = memory.keys, memory.values
    cues = noisy(keys, SEED + 2)
    cue, weights = cues[5].copy(), np.full(ITEMS, 1 / ITEMS, np.float32)
    equal = _equal(memory, cues[:20])
    ratio, samples = _paired(lambda: memory.recall(cue), lambda: (keys @ cue, weights @ values), 400)
    low = {name: min(times) for name, times in samples.items()}
    note = (
        f"{ITEMS:,} x {DIMENSIONS}, beta {memory.beta:.3g}, median of 400 paired ratios; minima "
        f"{low['spikeloom'] * 1e6:.0f} and {low['bare products'] * 1e6:.0f} us, ratio "
        f"{low['spikeloom'] / low['bare products']:.2f}; samples in s"
    )
    peer = statistics.median(samples["bare products"])
    return Measured(ratio, "x its time", equal, samples, "two sgemv, s", peer, note)


def batch(activation: Activation, beta: float | None, _: Any) -> Measured:
    """A batch of 256 against the two bare matrix products: share of BLAS's speed."""
    memory = _filled(activation, beta)
    keys, values = memory.keys, memory.values
    cues = noisy(keys, SEED + 2)[:BATCH]
    weights = np.full((BATCH, ITEMS), 1 / ITEMS, np.float32)
    equal = _equal(memory, cues[:20])
    ratio, samples = _paired(lambda: memory.recall(cues), lambda: (cues @ keys.T, weights @ values), 40)
    low = {name: min(times) for name, times in samples.items()}
    note = (
        f"{BATCH} cues, beta {memory.beta:.3g}, median of 40 paired ratios; at the minima "
        f"{low['bare products'] / low['spikeloom']:.2f}; samples in s"
    )
    peer = statistics.median(samples["bare products"])
    return Measured(1 / ratio, "of BLAS speed", equal, samples, "two sgemm, s", peer, note)


def absolute(items: int, dimensions: int, _: Any) -> Measured:
    """One query in microseconds, at beta 1: every value is read."""
    memory = _filled(Activation.SOFTMAX, 1.0, items, dimensions)
    cues = noisy(memory.keys, SEED + 2)
    cue, equal = cues[5].copy(), _equal(memory, cues[:20])
    samples = interleaved({"spikeloom": lambda: memory.recall(cue)}, 500)
    taken = [1e6 * time for time in samples["spikeloom"]]
    note = f"{items:,} patterns of {dimensions}; median of 500, minimum {min(taken):.0f} us"
    return Measured(statistics.median(taken), "us", equal, {"spikeloom": taken}, note=note)


@cache
def _nouns() -> tuple[Float32Array, Float32Array]:
    """1,000 WordNet entries and the glosses that ask for them."""
    with np.load(data_folder() / "text" / "wordnet_nouns.npz", allow_pickle=False) as data:
        entries, glosses = data["entry"], data["gloss"]
    pool = np.random.default_rng(SEED).choice(len(entries), ITEMS, replace=False)
    return entries[pool].astype(np.float32), glosses[pool].astype(np.float32)


def accuracy(beta: float | None, _: Any) -> Measured:
    """How many one-step retrieved patterns lie nearest to the right entry, and how wide attention is."""
    keys, cues = _nouns()
    memory = ModernHopfield(keys.shape[1], beta=beta)
    memory.store(keys)
    found = memory.recall(cues)
    exact = float(np.mean((cues @ keys.T).argmax(axis=1) == np.arange(ITEMS)))
    direct = float(np.mean(found.indices[:, 0] == np.arange(ITEMS)))
    equal = checked(abs(exact - direct) < 2e-3, "the best item is that of exact cosine")
    near = (found.retrieval.patterns @ keys.T).argmax(axis=1) == np.arange(ITEMS)
    settled = memory.retrieve(cues, None)
    late = (settled.patterns @ keys.T).argmax(axis=1) == np.arange(ITEMS)
    entropy = entr(found.retrieval.attention.astype(np.float64)).sum(axis=1).mean()
    note = (
        f"{ITEMS:,} WordNet entries, cue: the gloss, beta {memory.beta:.3g}; attention entropy {entropy:.2f} nats of "
        f"{np.log(ITEMS):.2f}, {np.diag(found.retrieval.attention).mean():.3f} on the right entry; "
        f"settled {late.mean():.3f}"
    )
    return Measured(float(near.mean()), "", equal, peer="exact cosine", peer_value=exact, note=note)


def kept(dimensions: int, items: int, seed: int, asked: int = 400) -> float:
    """Share of random patterns of +-1 that one step at beta = 1 restores from one flipped sign, every sign right."""
    random = np.random.default_rng(seed)
    patterns = random.choice(np.array([-1, 1], np.float32), (items, dimensions))
    memory = ModernHopfield(dimensions, beta=1.0, similarity=Similarity.DOT)
    memory.store(patterns)
    cues = patterns[:asked].copy()
    rows = np.arange(len(cues))
    cues[rows, random.integers(0, dimensions, len(cues))] *= -1
    return float(np.mean(np.all(np.sign(memory.retrieve(cues).patterns) == patterns[:asked], axis=1)))


def failure_point(dimensions: int) -> int:
    """The number of patterns at which fewer than 90 % are restored, to 3 %, mean of 5 sets."""

    def fails(items: int) -> bool:
        return float(np.mean([kept(dimensions, items, seed) for seed in range(5)])) < _KEPT

    low, high = 2, 4
    while not fails(high):
        low, high = high, 2 * high
    while high - low > max(1, low // 32):
        middle = (low + high) // 2
        low, high = (low, middle) if fails(middle) else (middle, high)
    return high


def failure(dimensions: int, _: Any) -> Measured:
    """The measured failure point, beside 2^(d/2)."""
    estimate = hopfield_capacity(dimensions, 1.0, length=dimensions**0.5)
    equal = checked(kept(dimensions, 2, SEED) > 0.9, "two patterns are restored")
    found, law = failure_point(dimensions), 2.0 ** (dimensions / 2)
    note = (
        f"patterns of +-1, one sign flipped, beta 1, one step: below 90 % restored; capacity estimate "
        f"(intact cue, half the attention) {estimate:,.0f}; {found / law:.2f} x 2^(d/2)"
    )
    return Measured(found, "patterns", equal, peer="2^(d/2)", peer_value=law, note=note)


def spiking_winners(_: Any) -> Measured:
    """How many winners of the circuit, in percent, are those of the matrices."""
    keys, cues = _nouns()
    memory, reading = ModernHopfield(keys.shape[1]), HopfieldReading()
    memory.store(keys)
    few = hopfield_circuit(memory, cues[:20], reading)
    both = [simulate(few, 20 * reading.ticks, on=on) for on in (None, Brian2Reference())]
    equal = checked(both[0].mismatches(both[1]) == 0, "compiled and Brian2 emit the same spikes for 20 cues")
    circuit = hopfield_circuit(memory, cues, reading)
    run = simulate(circuit, len(cues) * reading.ticks)
    same = reading.winners(run, memory) == memory.recall(cues).indices[:, 0]
    work = sum(synaptic_operations(circuit, run).values()) / len(cues)
    note = f"{ITEMS:,} WordNet entries and glosses, {reading.bits} bits; {work:,.0f} synaptic operations a query"
    peer = "multiplications of the matrix"
    return Measured(100 * float(same.mean()), "%", equal, peer=peer, peer_value=keys.size, note=note)


HOPFIELD_ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "hopfield-query": partial(query, Activation.SOFTMAX, 1.0),
        "hopfield-query-rule-beta": partial(query, Activation.SOFTMAX, None),
        "hopfield-query-sparsemax": partial(query, Activation.SPARSEMAX, None),
        "hopfield-query-us": partial(absolute, ITEMS, DIMENSIONS),
        "hopfield-batch": partial(batch, Activation.SOFTMAX, 1.0),
        "hopfield-batch-sparsemax": partial(batch, Activation.SPARSEMAX, None),
        "hopfield-100-x-64-us": partial(absolute, 100, 64),
        "hopfield-1000-x-128-us": partial(absolute, 1000, 128),
        **{f"hopfield-accuracy-beta-{name}": partial(accuracy, beta) for name, beta in BETAS.items()},
        "hopfield-accuracy-beta-rule": partial(accuracy, None),
        **{f"hopfield-failure-d{d}": partial(failure, d) for d in FAILURE_DIMENSIONS},
        "hopfield-spiking-winners": spiking_winners,
    }
)


def plot(target: Path) -> None:
    """Draw where the memory fails: restored patterns against load, and the measured failure points."""
    from matplotlib.figure import Figure

    from neuro.analysis.plots import PALETTE

    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for colour, d in zip(PALETTE, (8, 12, 16, 20), strict=False):
        loads = np.unique(np.round(2.0 ** np.arange(1, 0.75 * d + 1, 0.5)).astype(int))
        share = [np.mean([kept(d, int(load), seed) for seed in range(3)]) for load in loads]
        left.semilogx(loads, share, color=colour, label=f"d = {d}")
        left.axvline(2 ** (d / 2), color=colour, linewidth=0.8, linestyle=":")
    left.set_xlabel("random patterns stored (dotted: 2^(d/2))")
    left.set_ylabel("restored from one flipped sign")
    left.legend(frameon=False)
    for colour, activation in zip(PALETTE, (Activation.SOFTMAX, Activation.SPARSEMAX), strict=False):
        shares = np.linspace(0, 0.95, 20)
        right.plot(shares, [correlated(float(c), activation) for c in shares], color=colour, label=activation.value)
    right.set_xlabel("mean cosine between stored patterns")
    right.set_ylabel("attention on the right pattern")
    right.legend(frameon=False)
    figure.savefig(target, dpi=110)


def correlated(cosine: float, activation: Activation, dimensions: int = 64, items: int = 200) -> float:
    """Mean attention on the right one of patterns that share a direction; beta is that of uncorrelated ones."""
    apart = directions(items, dimensions, SEED)
    beta = beta_for(apart, activation=activation)
    keys = np.sqrt(1 - cosine) * apart + np.sqrt(cosine) * directions(1, dimensions, SEED + 3)
    memory = ModernHopfield(dimensions, beta=beta, activation=activation)
    memory.store(keys.astype(np.float32))
    return float(np.diag(memory.retrieve(noisy(memory.keys, SEED + 4)).attention).mean())


if __name__ == "__main__":
    plot(ROOT / "docs" / "images" / "modern_hopfield.png")
