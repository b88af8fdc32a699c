"""Rows of bench ``memory``: the Hebbian memory, on real memories, on random codes, in chains and by spikes."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.form import Measured, Row, checked
from benchmarks.memory.data import ACTIVE, SEEDS, UNITS, Coded, Ints, MemoryLab, auroc, nearest
from neuro.encoders import KWTAEncoder, codes_from_spikes, replace_units, top_units
from neuro.memories import (
    ChainMemory,
    HebbianMemory,
    PalimpsestMemory,
    expected_recall,
    item_by_winners,
    item_circuit,
    item_from_spikes,
    recall_ticks,
    synaptic_operations,
)
from neuro.simulators import simulate

POINTERS, POINTER_ACTIVE = 16_384, 8
"""Of a memory for real items."""

RANDOM_ACTIVE, RANDOM_POINTER_ACTIVE = 60, 40
"""Of a memory for random codes: pointers are recalled unit by unit there, so they have more of them."""

HOPS = 6


def recall_at_1(cue: str) -> Row:
    """R@1 of one kind of cue, as a share of exact cosine's on the same pool."""

    def measure(lab: MemoryLab) -> Measured:
        mine, theirs = [], []
        for seed in SEEDS:
            coded = lab.coded(seed)
            memory, asked, vectors = _filled(coded), coded.pool.asked, coded.pool.cues[cue]
            found = memory.recall(coded.encoder.encode(vectors)).indices[:, 0]
            mine.append(float(np.mean(found == asked)))
            theirs.append(float(np.mean(nearest(vectors, coded.pool.stored)[0] == asked)))
        equal = checked(len(memory) == len(coded.pool.stored), f"all {len(memory):,} entries were stored")
        share = [a / b for a, b in zip(mine, theirs, strict=True)]
        return Measured(
            statistics.fmean(mine if cue == "exact" else share),
            "" if cue == "exact" else "x exact cosine",
            equal,
            {"Hebbian R@1": mine, "cosine R@1": theirs, "share": share},
            "exact cosine, R@1",
            statistics.fmean(theirs),
            f"{len(asked):,} cues each, pools {SEEDS}; R@1 {statistics.fmean(mine):.4f}, least share {min(share):.4f}",
        )

    return measure


def synapse_bytes(lab: MemoryLab) -> Measured:
    """What the synapses of 20,000 real memories take."""
    memory = _filled(lab.coded(SEEDS[0]))
    equal = checked(memory.synapses.bytes == UNITS * POINTERS // 8, f"{UNITS:,} x {POINTERS:,} bits")
    note = f"{memory.synapses.density():.3f} of the bits are set by {len(memory):,} items"
    return Measured(memory.synapses.bytes / 1e6, "MB", equal, note=note)


def random_exact(lab: MemoryLab) -> Measured:
    """Exact cues among 100,000 random codes: the pointer pattern itself must come back, unit by unit."""
    memory, codes = _random_memory(lab, 100_000)
    asked = np.random.default_rng(1).permutation(len(codes))[:2_000]
    winners = top_units(memory.activity(codes[asked]), RANDOM_POINTER_ACTIVE)
    exact = float(np.mean(np.all(winners == memory.pointers(asked), axis=1)))
    named = float(np.mean(memory.recall(codes[asked]).indices[:, 0] == asked))
    equal = checked(memory.synapses.bytes <= 33.6e6, f"{memory.synapses.bytes / 1e6:.2f} MB of synapses")
    note = (
        f"pointer patterns recalled without an error; right items {named:.4f}; density {memory.synapses.density():.3f}"
    )
    return Measured(exact, "", equal, peer="right items", peer_value=named, note=note)


def bits_per_synapse(lab: MemoryLab) -> Measured:
    """Information in the recalled pointer patterns of 100,000 random codes, a synapse."""
    memory, codes = _random_memory(lab, 100_000)
    asked = np.random.default_rng(2).permutation(len(codes))[:2_000]
    winners = top_units(memory.activity(codes[asked]), RANDOM_POINTER_ACTIVE)
    exact = float(np.mean(np.all(winners == memory.pointers(asked), axis=1)))
    pattern = RANDOM_POINTER_ACTIVE * math.log2(POINTERS / RANDOM_POINTER_ACTIVE)
    bits = exact * len(codes) * pattern / (UNITS * POINTERS)
    equal = checked(exact > 0, f"{exact:.4f} of the patterns are exact, {pattern:.0f} bits each")
    return Measured(bits, "bits", equal, peer="Willshaw's limit, ln 2", peer_value=math.log(2), note="per synapse")


def random_damaged(lab: MemoryLab) -> Measured:
    """Cues with a fifth of their units wrong, among 75,000 random codes."""
    memory, codes = _random_memory(lab, 75_000)
    asked = np.random.default_rng(3).permutation(len(codes))[:2_000]
    cues = replace_units(codes[asked], UNITS, 0.2, seed=4)
    winners = top_units(memory.activity(cues), RANDOM_POINTER_ACTIVE)
    exact = float(np.mean(np.all(winners == memory.pointers(asked), axis=1)))
    named = float(np.mean(memory.recall(cues).indices[:, 0] == asked))
    wrong = np.mean([np.setdiff1d(a, b).size for a, b in zip(cues, codes[asked], strict=True)])
    equal = checked(wrong == round(0.2 * RANDOM_ACTIVE), f"{wrong:.0f} of {RANDOM_ACTIVE} units of each cue are wrong")
    return Measured(exact, "", equal, peer="right items", peer_value=named, note="pointer patterns without an error")


def six_hops(clean_up: bool) -> Row:
    """The worst of six hops along the first hypernyms of all nouns."""

    def measure(lab: MemoryLab) -> Measured:
        nouns = lab.nouns
        encoder = KWTAEncoder.centred_on(nouns.entry, units=UNITS, active=ACTIVE, nonzeros=12, seed=0)
        codes, sources = encoder.encode(nouns.entry), np.flatnonzero(nouns.hypernym >= 0)
        memory = ChainMemory(UNITS, ACTIVE, pointer_units=POINTERS, pointer_active=POINTER_ACTIVE)
        memory.store(codes[sources], codes[nouns.hypernym[sources]], indices=sources)
        way = np.empty((HOPS + 1, len(codes)), dtype=np.int64)
        way[0] = np.arange(len(codes))
        for hop in range(HOPS):
            way[hop + 1] = np.where(way[hop] >= 0, nouns.hypernym[way[hop]], -1)
        asked = np.random.default_rng(0).permutation(np.flatnonzero(way[HOPS] >= 0))[:500]
        chain = memory.follow(codes[asked], HOPS, clean_up=clean_up)
        # The link a -> b is named by a; its target is what the hop answers.
        reached = nouns.hypernym[chain.links]
        right = [float(np.mean(reached[:, hop] == way[hop + 1, asked])) for hop in range(HOPS)]
        pairs = zip(chain.codes[:, -1], codes[way[HOPS, asked]], strict=True)
        arrived = float(np.mean([np.isin(found, wanted).mean() for found, wanted in pairs]))
        equal = checked(len(np.unique(sources)) == len(memory), f"{len(memory):,} links, one for each cue")
        note = (
            f"{len(asked)} cues with at least {HOPS} hypernyms, entry codes; the least of {HOPS} hops; at the "
            f"end {arrived:.4f} of the cue's units are right; {memory.bytes / 1e6:.1f} MB in two matrices"
        )
        return Measured(min(right), "", equal, {"right by hop": right}, note=note)

    return measure


def four_chains(_: MemoryLab) -> Measured:
    """Four chains of three hops in one memory, over five seeds."""
    exact: list[float] = []
    for seed in range(5):
        codes = random_codes(16, 4_096, 64, seed).reshape(4, 4, 64)
        memory = ChainMemory(4_096, 64, seed=seed)
        memory.store(codes[:, :-1].reshape(-1, 64), codes[:, 1:].reshape(-1, 64))
        arrived = [memory.follow(codes[:, 0], 3, clean_up=clean_up).codes for clean_up in (True, False)]
        exact += [float(np.mean(found == codes[:, 1:])) for found in arrived]
    equal = checked(len(memory) == 12, "12 links were stored")
    return Measured(
        min(exact), "", equal, {"units right": exact}, note="with and without clean-up, 5 seeds, every unit"
    )


def insert_time(lab: MemoryLab) -> Measured:
    """One insert into a memory of 20,000."""
    coded = lab.coded(SEEDS[0])
    memory = _filled(coded, len(coded.codes) - 2_000)
    alone = _each(memory.store, coded.codes[-2_000:-1_000])
    began = time.perf_counter()
    memory.store(coded.codes[-1_000:])
    together = (time.perf_counter() - began) / 1_000 * 1e6
    equal = checked(
        bool(np.array_equal(memory.synapses.words, _filled(coded).synapses.words)),
        "one by one or at once: the same bits",
    )
    note = f"one call an item, code given; in a batch of 1,000: {together:.0f} us; least {min(alone):.0f} us"
    return Measured(statistics.median(alone), "us", equal, {"single, us": alone[:100]}, note=note)


def recall_time(lab: MemoryLab) -> Measured:
    """One recall among 20,000."""
    coded = lab.coded(SEEDS[0])
    memory, codes = _filled(coded), coded.codes[coded.pool.asked[:500]]
    whole = memory.recall(codes).indices
    same = all(np.array_equal(memory.recall(code).indices, row) for code, row in zip(codes, whole, strict=True))
    equal = checked(same, "one cue answers as a batch does")
    alone = _each(memory.recall, codes)
    batch = [1e4 * value for value in _seconds(lambda: memory.recall(codes[:100]), 5)]
    note = (
        f"one call a cue, code given; in a batch of 100: {statistics.median(batch):.0f} us; least {min(alone):.0f} us"
    )
    return Measured(statistics.median(alone), "us", equal, {"single, us": alone[:100], "batch, us": batch}, note=note)


def encode_time(lab: MemoryLab) -> Measured:
    """Encoding one embedding of 384 dimensions into 16,384 units."""
    coded = lab.coded(SEEDS[0])
    vectors = coded.pool.stored[:500]
    same = all(np.array_equal(coded.encoder.encode(vectors[row]), coded.codes[row]) for row in range(50))
    equal = checked(same, "one embedding has the code that it has in a batch")
    alone = _each(coded.encoder.encode, vectors)
    batch = [1e4 * value for value in _seconds(lambda: coded.encoder.encode(vectors[:100]), 5)]
    note = f"one call each; in a batch of 100: {statistics.median(batch):.0f} us; least {min(alone):.0f} us"
    return Measured(statistics.median(alone), "us", equal, {"single, us": alone[:100], "batch, us": batch}, note=note)


def abstention(lab: MemoryLab) -> Measured:
    """How well the score tells glosses of stored entries from glosses of others, minus how well cosine does."""
    mine, leads, theirs = [], [], []
    for seed in SEEDS:
        coded = lab.coded(seed)
        pool, memory = coded.pool, _filled(coded)
        kinds = (pool.cues["gloss"], pool.unanswerable)
        scores = [memory.recall(coded.encoder.encode(vectors), 8).scores.astype(np.float64) for vectors in kinds]
        mine.append(auroc(*(kind[:, 0] for kind in scores)))
        leads.append(auroc(*(kind[:, 0] - 0.8 * kind[:, 1:].mean(axis=1) for kind in scores)))
        theirs.append(auroc(*(nearest(vectors, pool.stored)[1] for vectors in kinds)))
    equal = checked(len(pool.unanswerable) == len(pool.asked), f"{len(pool.asked):,} cues of each kind in each pool")
    value = statistics.fmean(leads) - statistics.fmean(theirs)
    note = (
        f"AUROC {statistics.fmean(leads):.4f}, pools {SEEDS}: best score less .8 x the mean of the next 7; "
        f"the best score alone {statistics.fmean(mine):.4f}"
    )
    samples = {"best score": mine, "lead": leads, "cosine": theirs}
    return Measured(value, "AUROC", equal, samples, "cosine threshold, AUROC", statistics.fmean(theirs), note)


def merging(lab: MemoryLab) -> Measured:
    """Bits and answers that depend on the order in which parts were stored or merged."""
    coded = lab.coded(SEEDS[0])
    whole = _filled(coded)
    order = np.random.default_rng(0).permutation(len(coded.codes))
    parts = []
    for rows in np.array_split(order, 3):
        part = _empty(coded.pool.seed)
        part.store(coded.codes[rows], indices=rows)
        parts.append(part)
    a, b, c = parts
    forms = (a.merge(b).merge(c), c.merge(b.merge(a)), b.merge(a.merge(b)).merge(c).merge(c))
    cues = coded.encoder.encode(coded.pool.cues["gloss"][:500])
    expected = whole.recall(cues, 5).indices
    differences = sum(
        int(np.sum(form.synapses.words != whole.synapses.words)) + int(np.sum(form.recall(cues, 5).indices != expected))
        for form in forms
    )
    equal = checked(all(len(form) == len(whole) for form in forms), f"each merged memory has all {len(whole):,} items")
    return Measured(differences, "", equal, note="3 parts in random order, merged in 3 orders, one of them twice")


def palimpsest(_: MemoryLab) -> Measured:
    """How far recall by age lies from theory."""
    ages, measured, expected, density = palimpsest_curve()
    equal = checked(measured[0] > 0.99 and measured[-1] < 0.05, "the newest items are recalled, the oldest forgotten")
    half = ages[int(np.argmax(measured < 0.5))]
    note = f"largest distance over {len(ages)} ages; half are recalled at age {half:,.0f}; density {density:.3f}"
    samples = {"age": ages.tolist(), "measured": measured.tolist(), "theory": expected.tolist()}
    return Measured(float(np.max(np.abs(measured - expected))), "", equal, samples, note=note)


def palimpsest_curve() -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Ages, measured and expected recall of a memory through which six lifetimes of items have gone; its density."""
    units, active, sizes, lifetime = 4_096, 64, {"pointer_units": 4_096, "pointer_active": 8}, 5_000
    codes = random_codes(6 * lifetime, units, active, 0)
    memory = PalimpsestMemory(units, **sizes, lifetime=lifetime)
    memory.store(codes)
    ages = np.arange(0, 3 * lifetime, 10)
    rows = len(codes) - 1 - ages
    right = memory.recall(codes[rows]).indices[:, 0] == rows
    middle = ages.reshape(-1, 100).mean(axis=1)
    theory = expected_recall(ages[::10], len(codes), active, units, lifetime=lifetime, **sizes)
    return middle, right.reshape(-1, 100).mean(axis=1), theory.reshape(-1, 10).mean(axis=1), memory.density


def spiking(part: str) -> Row:
    """Spikes against matrices over 1,000 queries."""

    def measure(lab: MemoryLab) -> Measured:
        pool = lab.pool(SEEDS[0], 1_000, 1_000)
        encoder = KWTAEncoder.centred_on(pool.stored, units=1_024, active=64, nonzeros=12, seed=0)
        memory = HebbianMemory(1_024, pointer_units=2_048, pointer_active=8)
        memory.store(encoder.encode(pool.stored))
        shown, winners, ticks = pool.cues["gloss"], 32, recall_ticks(encoder)
        circuit = item_circuit(encoder, memory, shown, winners=winners)
        with lab.stages.stage("Recall by spikes", ticks * len(shown)):
            run = simulate(circuit, ticks * len(shown))
        cues = encoder.encode(shown)
        pointers = codes_from_spikes(run, ticks, "pointers")
        named = item_from_spikes(run, encoder, memory)
        same = float(np.mean(np.all(pointers == top_units(memory.activity(cues), winners), axis=1)))
        items = float(np.mean(named == item_by_winners(memory, cues, winners=winners)))
        ranked = float(np.mean(named == memory.recall(cues).indices[:, 0]))
        right = float(np.mean(named == pool.asked))
        equal = checked(
            bool(np.array_equal(codes_from_spikes(run, ticks), cues)),
            "the encoder's winners are the code",
        )
        if part == "operations":
            counts = {name: [count / len(shown)] for name, count in synaptic_operations(circuit, run).items()}
            note = f"{sum(p.connections.synapses for p in circuit.projections):,} synapses; samples by projection"
            return Measured(sum(count[0] for count in counts.values()), "operations", equal, counts, note=note)
        samples = {"pointers": [same], "items": [items], "items as recall ranks them": [ranked], "right": [right]}
        note = (
            f"{len(shown):,} glosses, {len(memory):,} entries: all {winners} winners of each equal; the item by votes "
            f"of the winners is that of the graded ranking for {ranked:.3f}, right for {right:.3f}"
        )
        return Measured(100 * min(same, items), "%", equal, samples, note=note)

    return measure


def _empty(seed: int) -> HebbianMemory:
    return HebbianMemory(UNITS, pointer_units=POINTERS, pointer_active=POINTER_ACTIVE, seed=seed)


def _filled(coded: Coded, items: int | None = None) -> HebbianMemory:
    memory = _empty(coded.pool.seed)
    memory.store(coded.codes[:items])
    return memory


def random_codes(items: int, units: int, active: int, seed: int) -> Ints:
    """Random codes: each unit drawn from a block of its own, so that none stands twice."""
    random = np.random.default_rng(seed)
    edges = np.arange(active + 1) * units // active
    return np.asarray(random.integers(edges[:-1], edges[1:], (items, active)), dtype=np.int64)


def _random_memory(lab: MemoryLab, items: int) -> tuple[HebbianMemory, Ints]:
    codes = random_codes(items, UNITS, RANDOM_ACTIVE, 0)
    memory = HebbianMemory(UNITS, pointer_units=POINTERS, pointer_active=RANDOM_POINTER_ACTIVE)
    with lab.stages.stage(f"Store {items:,} random codes"):
        memory.store(codes)
    return memory, codes


def _each(function: Callable[[Any], object], arguments: Any) -> list[float]:
    """Microseconds of each call; the first two calls are not counted."""
    samples = []
    for argument in arguments:
        began = time.perf_counter()
        function(argument)
        samples.append(1e6 * (time.perf_counter() - began))
    return samples[2:]


def _seconds(function: Callable[[], object], repeats: int) -> list[float]:
    function()
    return [value / 1e6 for value in _each(lambda _: function(), range(repeats + 2))]


HEBBIAN_ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "hebbian-exact-cue": recall_at_1("exact"),
        "hebbian-gloss-cue": recall_at_1("gloss"),
        "hebbian-blurred-cue": recall_at_1("blurred"),
        "hebbian-synapses": synapse_bytes,
        "hebbian-100000-random": random_exact,
        "hebbian-bits-per-synapse": bits_per_synapse,
        "hebbian-75000-random-damaged": random_damaged,
        "hebbian-six-hops": six_hops(clean_up=True),
        "hebbian-six-hops-no-clean-up": six_hops(clean_up=False),
        "hebbian-four-chains": four_chains,
        "hebbian-insert": insert_time,
        "hebbian-recall": recall_time,
        "hebbian-encode": encode_time,
        "hebbian-abstention": abstention,
        "hebbian-merge": merging,
        "hebbian-palimpsest": palimpsest,
        "hebbian-spiking-winners": spiking("winners"),
        "hebbian-spiking-operations": spiking("operations"),
    }
)
