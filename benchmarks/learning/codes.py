"""Learned codes beside exemplars, random projections, k-means and FlyHash."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from benchmarks.form import Measured, Row, checked
from benchmarks.learning.lab import (
    ABLATIONS,
    DIGITS,
    EXEMPLARS,
    KMEANS,
    LEARNED,
    MNIST,
    PEERS,
    RANDOM,
    SEEDS,
    SPARSE_WORDS,
    WORDS,
    LearningLab,
    Task,
    dense,
    overlaps,
    shuffled,
)
from benchmarks.silicon.lab import Lab as SiliconLab
from neuro.arrays import BoolArray, FloatArray, IntArray
from neuro.encoders import LearnedEncoder, ReadBy, replace_units
from neuro.encoders.competitive_learning import SYNAPSES as PLASTIC
from neuro.encoders.competitive_learning import UNITS as LEARNERS
from neuro.encoders.competitive_learning import learn, learning_formats, learning_ticks
from neuro.memories import HebbianMemory
from neuro.simulators import Brian2Reference, FixedPoint, simulate
from neuro.training import EncoderState, EncoderTraining

_BOOTSTRAP = 4_000
_HELD_SHARE = 0.95
_HELD_ACTIVE = (16, 32, 64, 128)
_POINTER_ACTIVE = 8
_SPLITS = tuple(range(10))


def kept_neighbours(codes: BoolArray, truth: IntArray) -> FloatArray:
    """Share of each query's ten true neighbours among its ten nearest codes, itself left out, (queries,)."""
    scores = shuffled(overlaps(codes[: len(truth)], codes))
    np.fill_diagonal(scores, -1.0)
    nearest = np.argpartition(-scores, 10, axis=1)[:, :10]
    return np.array([len(set(a) & set(b)) / 10 for a, b in zip(nearest.tolist(), truth.tolist(), strict=True)])


def recall_at_1(cues: BoolArray, items: BoolArray) -> float:
    """Share of cues i whose nearest code is item i's; of equals a share."""
    scores = overlaps(cues, items)
    own, best = np.diag(scores[:, : len(cues)]), scores.max(axis=1)
    return float(np.mean((own == best) / np.sum(scores == best[:, None], axis=1)))


def named_by_five(known: BoolArray, labels: IntArray, shown: BoolArray, wanted: IntArray) -> BoolArray:
    """Whether the five nearest codes name each label, (shown,)."""
    scores = shuffled(overlaps(shown, known))
    nearest = np.argpartition(-scores, 5, axis=1)[:, :5]
    return np.asarray(np.array([np.bincount(labels[row]).argmax() for row in nearest]) == wanted)


def mean_average_precision(known: BoolArray, labels: IntArray, shown: BoolArray, wanted: IntArray) -> float:
    """Mean over cues of the average precision of all known codes of their label, ranked by shared units."""
    order = np.argsort(-shuffled(overlaps(shown, known)), axis=1)
    right = labels[order] == wanted[:, None]
    precision = np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1)
    return float(np.mean(np.sum(precision * right, axis=1) / np.sum(right, axis=1)))


def least_gain(mine: list[FloatArray], theirs: list[FloatArray]) -> tuple[float, float, float]:
    """The mean difference and its 95 % interval, drawn over seeds and, in each, over queries."""
    gains = [a - b for a, b in zip(mine, theirs, strict=True)]
    random = np.random.default_rng(0)
    drawn = [
        np.mean([gains[seed][random.integers(0, gains[seed].size, gains[seed].size)].mean() for seed in chosen])
        for chosen in random.integers(0, len(gains), (_BOOTSTRAP, len(gains)))
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(np.mean([gain.mean() for gain in gains])), float(low), float(high)


def _words(lab: LearningLab, name: str) -> Task:
    return lab.words if name == WORDS else lab.sparse_words


def _found(lab: LearningLab, name: str, peer: str, active: int, reading: ReadBy) -> list[FloatArray]:
    task = _words(lab, name)
    return [kept_neighbours(lab.codes(name, task, peer, seed, active, reading)[0], lab.neighbours) for seed in SEEDS]


def _digests(lab: LearningLab, name: str, task: Task) -> str:
    found = (lab.encoder(name, task, LEARNED, seed).digest[:8] for seed in SEEDS)
    return "learned weights " + ", ".join(found)


def neighbours(name: str, active: int, reading: ReadBy) -> Row:
    """Neighbours kept, as a share of ten."""

    def measure(lab: LearningLab) -> Measured:
        task = _words(lab, name)
        peers = PEERS if reading is ReadBy.CURRENTS and name == WORDS else (LEARNED, EXEMPLARS)
        samples = {peer: [float(one.mean()) for one in _found(lab, name, peer, active, reading)] for peer in peers}
        spikes = lab.encoder(name, task, LEARNED, SEEDS[0]).channels.spikes
        equal = checked(
            len(lab.neighbours) == 1_000 and all(len(values) == len(SEEDS) for values in samples.values()),
            "all codes have the same active units, normalisation, bits and calibration",
        )
        how = "constant currents" if reading is ReadBy.CURRENTS else f"{spikes:g} regular spikes"
        means = ", ".join(f"{peer} {statistics.fmean(values):.3f}" for peer, values in samples.items())
        note = f"{how}, {active} active; {means}; {_digests(lab, name, task)}"
        value, peer_value = (statistics.fmean(samples[peer]) for peer in (LEARNED, EXEMPLARS))
        return Measured(value, "", equal, samples, EXEMPLARS, peer_value, note)

    return measure


def gain(name: str, active: int, reading: ReadBy, against: str = EXEMPLARS) -> Row:
    """Neighbours kept beyond a peer's: the lower end of the interval."""

    def measure(lab: LearningLab) -> Measured:
        mine, theirs = (_found(lab, name, peer, active, reading) for peer in (LEARNED, against))
        mean, low, high = least_gain(mine, theirs)
        equal = checked(len(mine) == len(theirs) == len(SEEDS), "the same queries and seeds")
        note = f"mean {mean:+.4f} [{low:+.4f}, {high:+.4f}], 95 %, over {len(SEEDS)} seeds and 1,000 queries"
        return Measured(low, "", equal, {"mean": [mean], "interval": [low, high]}, against, 0.0, note)

    return measure


def gloss_to_entry(name: str, active: int) -> Row:
    """R@1 of glosses among 4,000 entries."""

    def measure(lab: LearningLab) -> Measured:
        task = _words(lab, name)
        peers = PEERS if name == WORDS else (LEARNED, EXEMPLARS)
        samples = {
            peer: [recall_at_1(*lab.codes(name, task, peer, seed, active)[::-1]) for seed in SEEDS] for peer in peers
        }
        equal = checked(len(lab.glosses) == 1_000, "the same 1,000 glosses and 4,000 entries for all")
        means = ", ".join(f"{peer} {statistics.fmean(values):.3f}" for peer, values in samples.items())
        note = f"{active} active, by currents, ties in parts; {means}"
        other = RANDOM if RANDOM in samples else EXEMPLARS
        value, peer_value = (statistics.fmean(samples[peer]) for peer in (LEARNED, other))
        return Measured(value, "", equal, samples, other, peer_value, note)

    return measure


def mixed(active: int) -> Row:
    """A code of as many learned as random units, half of the active ones from each: R@1, beside neighbours kept."""

    def measure(lab: LearningLab) -> Measured:
        recalled, kept = [], []
        for seed in SEEDS:
            halves = [lab.codes(WORDS, lab.words, peer, seed, active // 2) for peer in (LEARNED, RANDOM)]
            entries, glosses = (np.hstack([half[place] for half in halves]) for place in (0, 1))
            recalled.append(recall_at_1(glosses, entries))
            kept.append(float(kept_neighbours(entries, lab.neighbours).mean()))
        equal = checked(entries.shape[1] == 2 * lab.words.units, "two codes side by side, half of the units from each")
        half = f"{active // 2} of 1,024"
        note = f"{half} learned and {half} random units; neighbours kept {statistics.fmean(kept):.3f}"
        return Measured(statistics.fmean(recalled), "", equal, {"R@1": recalled, "neighbours": kept}, note=note)

    return measure


def _hits(lab: LearningLab, name: str) -> dict[str, list[FloatArray]]:
    """Whether 5-NN on codes with 8 active names each picture that was held out: peer -> seed or split -> picture."""
    peers = PEERS if name == MNIST else (LEARNED, EXEMPLARS, RANDOM, KMEANS)
    hits: dict[str, list[FloatArray]] = {peer: [] for peer in peers}
    runs = (
        [(name, lab.mnist, seed) for seed in SEEDS]
        if name == MNIST
        else [(f"digits {split}", lab.digits(split), 1) for split in _SPLITS]
    )
    for peer, found in hits.items():
        for key, task, seed in runs:
            known, shown = lab.codes(key, task, peer, seed, 8)
            found.append(named_by_five(known, task.train_labels, shown, task.test_labels).astype(np.float64))
    return hits


def pictures(name: str) -> Row:
    """5-NN on codes of pictures, 8 active: share named right."""

    def measure(lab: LearningLab) -> Measured:
        hits = lab.keep(f"5-NN {name}", lambda: _hits(lab, name))
        samples = {peer: [float(one.mean()) for one in found] for peer, found in hits.items()}
        equal = checked(len({len(found) for found in hits.values()}) == 1, "the same pictures for all")
        note = ", ".join(f"{peer} {statistics.fmean(values):.3f}" for peer, values in samples.items())
        value, peer_value = (statistics.fmean(samples[peer]) for peer in (LEARNED, EXEMPLARS))
        return Measured(value, "", equal, samples, EXEMPLARS, peer_value, note)

    return measure


def pictures_gain(name: str) -> Row:
    """Pictures named right beyond those by exemplars, a mean difference with its interval."""

    def measure(lab: LearningLab) -> Measured:
        hits = lab.keep(f"5-NN {name}", lambda: _hits(lab, name))
        mean, low, high = least_gain(hits[LEARNED], hits[EXEMPLARS])
        equal = checked(len(hits[LEARNED]) == len(hits[EXEMPLARS]), "the same pictures and seeds")
        note = f"95 % [{low:+.4f}, {high:+.4f}] over {len(hits[LEARNED])} seeds or splits, and pictures"
        return Measured(mean, "", equal, {"interval": [low, high]}, EXEMPLARS, 0.0, note)

    return measure


def mnist_precision(active: int) -> Row:
    """Mean average precision of MNIST images by label."""

    def measure(lab: LearningLab) -> Measured:
        task = lab.mnist
        samples = {
            peer: [
                mean_average_precision(known, task.train_labels, shown, task.test_labels)
                for known, shown in (lab.codes(MNIST, task, peer, seed, active) for seed in SEEDS)
            ]
            for peer in PEERS
        }
        equal = checked(len(task.test_labels) == 1_000, "the same images for all")
        note = ", ".join(f"{peer} {statistics.fmean(values):.3f}" for peer, values in samples.items())
        value, peer_value = (statistics.fmean(samples[peer]) for peer in (LEARNED, EXEMPLARS))
        return Measured(value, "", equal, samples, EXEMPLARS, peer_value, note)

    return measure


def digits_recall(lab: LearningLab) -> Measured:
    """Digits found by their own code with 30 % of its bits wrong, 24 active, among 1,437, mean of ten splits."""
    samples: dict[str, list[float]] = {peer: [] for peer in (LEARNED, EXEMPLARS, RANDOM, KMEANS)}
    for split in _SPLITS:
        task = lab.digits(split)
        for peer, found in samples.items():
            known, _ = lab.codes(f"digits {split}", task, peer, 1, 24)
            codes = np.nonzero(known)[1].reshape(len(known), -1)
            wrong = replace_units(codes, task.units, 0.3, split)
            cues = np.zeros_like(known)
            np.put_along_axis(cues, wrong, True, axis=1)
            found.append(recall_at_1(cues, known))
    equal = checked(known.shape == (1_437, task.units), "all 1,437 stored digits are asked for")
    note = ", ".join(f"{peer} {statistics.fmean(values):.3f}" for peer, values in samples.items())
    value, peer_value = (statistics.fmean(samples[peer]) for peer in (LEARNED, RANDOM))
    return Measured(value, "", equal, samples, RANDOM, peer_value, note)


def _held(lab: LearningLab, encoder: LearnedEncoder) -> int:
    """How many unseen entries a memory of 1-bit synapses holds, of the best number of active units."""
    glosses, entries = lab.unseen
    units, best = encoder.units, 0
    for active in _HELD_ACTIVE:
        ready = encoder.calibrated(lab.words.train[:8_000], active=active, reading=ReadBy.CURRENTS)
        cues, codes = ready.encode(glosses), ready.encode(entries)
        low, high = 0, len(entries)
        while high - low > 50:
            stored = (low + high) // 2
            memory = HebbianMemory(units, pointer_units=units, pointer_active=_POINTER_ACTIVE)
            memory.store(codes[:stored])
            asked = np.random.default_rng(0).permutation(stored)[:500]
            mine = np.mean(memory.recall(cues[asked]).indices[:, 0] == asked)
            if mine >= _HELD_SHARE * _exact(lab, asked, stored):
                low = stored
            else:
                high = stored
        best = max(best, low)
    return best


def _exact(lab: LearningLab, asked: IntArray, stored: int) -> float:
    """R@1 of exact cosine after centring."""
    mean = lab.words.train.mean(axis=0)
    cues, items = (rows - mean for rows in (lab.unseen[0][asked], lab.unseen[1][:stored]))
    cosines = cues @ (items / np.linalg.norm(items, axis=1, keepdims=True)).T
    return float(np.mean(cosines.argmax(axis=1) == asked))


def held(units: int, peer: str = LEARNED, against: tuple[str, ...] = (EXEMPLARS, RANDOM)) -> Row:
    """Entries held, of those that learning never saw, in units of the random projection's."""

    def measure(lab: LearningLab) -> Measured:
        task = replace(lab.words, units=units)
        samples = {
            one: [float(_held(lab, lab.encoder(WORDS, task, one, seed))) for seed in SEEDS] for one in (peer, *against)
        }
        equal = checked(len(lab.unseen[1]) == 5_438, "the same 5,438 entries, cues and memory for all")
        note = f"glosses as cues, R@1 at least {_HELD_SHARE:g} of cosine's; the best of {_HELD_ACTIVE} active; " + (
            ", ".join(f"{one} {statistics.fmean(values):,.0f}" for one, values in samples.items())
        )
        value, other = (statistics.fmean(samples[one]) for one in (peer, against[-1]))
        return Measured(value, "entries", equal, samples, against[-1], other, note)

    return measure


def ablation(what: str) -> Row:
    """Neighbours kept by currents, 8 active, with a part of the learning off; beside the whole."""

    def measure(lab: LearningLab) -> Measured:
        whole, part = (_found(lab, WORDS, peer, 8, ReadBy.CURRENTS) for peer in (LEARNED, what))
        more = {k: [float(one.mean()) for one in _found(lab, WORDS, what, k, ReadBy.CURRENTS)] for k in (16, 32)}
        mean, low, high = least_gain(whole, part)
        entries = [float(_held(lab, lab.encoder(WORDS, lab.words, what, seed))) for seed in SEEDS]
        spreads = [_spread(lab, what, seed) for seed in SEEDS]
        equal = checked(len(whole) == len(part) == len(SEEDS), "the same data, seeds and presentations")
        value, peer_value = (statistics.fmean(float(one.mean()) for one in found) for found in (part, whole))
        note = (
            f"16 / 32 active {statistics.fmean(more[16]):.3f} / {statistics.fmean(more[32]):.3f}; costs {mean:+.4f} "
            f"[{low:+.4f}, {high:+.4f}]; usage spread {statistics.fmean(spreads):.2f}; "
            f"held {statistics.fmean(entries):,.0f}"
        )
        samples = {"neighbours": [float(one.mean()) for one in part], "usage spread": spreads, "held": entries}
        return Measured(value, "", equal, samples, "the whole", peer_value, note)

    return measure


def cost(what: str) -> Row:
    """What a part of the learning carries, neighbours at 8 active: the lower end of the interval."""
    return gain(WORDS, 8, ReadBy.CURRENTS, what)


def _spread(lab: LearningLab, peer: str, seed: int) -> float:
    """Standard deviation over mean of the units' use at 32 active; calibrated unless homeostasis is off."""
    if peer == "homeostasis off":
        encoder = lab.encoder(WORDS, lab.words, peer, seed)
        bare = replace(encoder, theta=np.zeros(encoder.units, np.int64), active=32, reading=ReadBy.CURRENTS)
        use = dense(bare, lab.words.test).sum(axis=0)
    else:
        use = lab.codes(WORDS, lab.words, peer, seed, 32)[0].sum(axis=0)
    return float(use.std() / use.mean())


def usage(lab: LearningLab) -> Measured:
    """Spread of the units' use over unseen entries, 32 active."""
    samples = {peer: [_spread(lab, peer, seed) for seed in SEEDS] for peer in (LEARNED, "homeostasis off")}
    value, other = (statistics.fmean(values) for values in samples.values())
    equal = checked(len(lab.words.test) == 4_000, "the same 4,000 entries")
    return Measured(value, "sd / mean", equal, samples, "homeostasis off", other, "1,024 units")


def kernel_mismatches(lab: LearningLab) -> Measured:
    """Presentations in which Brian2 or the compiled circuit and the learning kernel differ, over 300 digits."""
    task = lab.digits(0)
    state = EncoderState.start(task.train, 64, EncoderTraining(threshold=0.6), 0)
    shown = task.train[:300]
    learned, winners, ticks = learn(state.settings.channels, state.levels(shown), state.learned, state.rule)
    period = learning_ticks(state.settings.channels)
    wrong, apart = 0, 0.0
    for on in (None, Brian2Reference()):
        with lab.stages.stage(f"Learn 300 digits by {'Compiled' if on is None else 'Brian2'}"):
            run = simulate(state.circuit(shown), len(shown) * period, on)
        fired = run.spikes[LEARNERS]
        wrong += int(np.sum(fired.indices != winners) + np.sum(fired.ticks != np.arange(len(shown)) * period + ticks))
        after = state.learned.after(run)
        pairs = ((after.weights, learned.weights), (after.theta, learned.theta), (after.gain, learned.gain))
        apart = max(apart, *(float(np.abs(one - other).max()) for one, other in pairs))
    equal = checked(apart <= 1e-9, f"weights, thresholds and gains are within 1e-9 (found {apart:.1e})")
    return Measured(wrong, "", equal, note=f"64 units, winners and their ticks; largest difference {apart:.1e}")


def chip_mismatches(lab: LearningLab) -> Measured:
    """200 digits learned on chip: every spike, weight, trace and threshold of the Verilog beside the integers."""
    task, digits = lab.digits(0), 200
    state = EncoderState.start(task.train, 32, EncoderTraining(threshold=0.6), 0)
    period = learning_ticks(state.settings.channels)
    formats = learning_formats(state.settings.channels, state.rule)
    program = FixedPoint(formats=formats).quantise(state.circuit(task.train[:digits]), digits * period).program
    proof = SiliconLab(lab.stages).prove("the learning encoder", program, digits * period, every=period)
    moved = state.learned.after(simulate(state.circuit(task.train[:digits]), digits * period)).weights
    learned = int(np.count_nonzero(np.any(moved != state.learned.weights, axis=0)))
    share = float(np.mean(moved != state.learned.weights))
    equal = checked(learned >= 8, f"{learned} units learned, {share:.0%} of the weights of {PLASTIC} moved")
    return Measured(proof.mismatches, "", equal, note=f"{proof.note}; 128 channels, 32 units")


def learning_seconds(lab: LearningLab) -> Measured:
    """Seconds to learn 20,000 entries of 384 dimensions into 1,024 units, all passes."""
    taken = [lab.taken(WORDS, lab.words, seed) for seed in SEEDS]
    equal = checked(lab.words.train.shape == (20_000, 384), "20,000 x 384, by spikes")
    return Measured(statistics.median(taken), "s", equal, {"seconds": taken}, note="3 passes, one core")


def learning_growth(lab: LearningLab) -> Measured:
    """Time of 20,000 entries in units of that of 10,000, over 2: 1 is linear."""
    whole = lab.words
    half = replace(whole, train=whole.train[:10_000])
    both = {
        "20,000": [lab.taken(WORDS, whole, seed) for seed in SEEDS],
        "10,000": [lab.taken("half of the words", half, seed) for seed in SEEDS],
    }
    value = statistics.median(both["20,000"]) / statistics.median(both["10,000"]) / 2
    equal = checked(len(half.train) * 2 == len(whole.train), "the same passes and units")
    return Measured(value, "x linear", equal, both)


_NEIGHBOURS = {
    f"{form}neighbours-{active}": neighbours(SPARSE_WORDS if form else WORDS, active, ReadBy.CURRENTS)
    for form in ("", "sparse-")
    for active in (8, 16, 32)
}
_GAINS = {
    f"{form}neighbours-{active}-gain": gain(SPARSE_WORDS if form else WORDS, active, ReadBy.CURRENTS)
    for form in ("", "sparse-")
    for active in (8, 16, 32)
}
_SPIKES = {f"spikes-neighbours-{active}": neighbours(WORDS, active, ReadBy.SPIKES) for active in (8, 32)}
_SPIKES |= {f"spikes-neighbours-{active}-gain": gain(WORDS, active, ReadBy.SPIKES) for active in (8, 32)}
_GLOSSES = {
    f"{form}gloss-{active}": gloss_to_entry(SPARSE_WORDS if form else WORDS, active)
    for form in ("", "sparse-")
    for active in (32, 64)
}
_ABLATIONS = {what.replace(" ", "-"): ablation(what) for what in ABLATIONS}

CODES_ROWS: Mapping[str, Row] = MappingProxyType(
    {
        **_NEIGHBOURS,
        **_GAINS,
        **_SPIKES,
        **_GLOSSES,
        "gloss-mixed-64": mixed(64),
        "mnist-5-nn": pictures(MNIST),
        "mnist-5-nn-gain": pictures_gain(MNIST),
        **{f"mnist-precision-{active}": mnist_precision(active) for active in (8, 16, 32)},
        "digits-5-nn": pictures(DIGITS),
        "digits-5-nn-gain": pictures_gain(DIGITS),
        "digits-recall-30-wrong": digits_recall,
        "held-1024": held(1_024),
        "held-2048": held(2_048),
        **_ABLATIONS,
        "stdp-carries": cost("imprinted then frozen"),
        "homeostasis-carries": cost("homeostasis off"),
        "usage-spread": usage,
        "learning-kernel-mismatches": kernel_mismatches,
        "learning-on-chip-mismatches": chip_mismatches,
        "learning-seconds": learning_seconds,
        "learning-growth": learning_growth,
    }
)
