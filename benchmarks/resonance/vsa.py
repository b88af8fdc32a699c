"""Rows of bench ``resonance``: phasor codes and memories against their theory, matrices against spikes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.form import Measured, checked
from neuro.memories.vsa import (
    FHRR,
    Detection,
    ResonatorNetwork,
    ThresholdPhasorAssociativeMemory,
    final_phasors,
    phasor_memory_circuit,
    raw_sum,
    recall_accuracy,
    spike_slots,
    turn_ticks,
    unit_phasors,
)
from neuro.simulators import Brian2Reference, simulate

DIMENSIONS = (512, 1024, 4096)
ITEMS = (50, 100, 200, 300, 400, 500)
CODEBOOK = 1000
_QUERIES = 3000
_SLOTS = 16
_NEURONS, _ACTIVE, _PATTERNS = 400, 40, 160
_SPIKING_CUES = 12

Complex = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class Form:
    """A way to keep a sum: what is left of it, with which phases, and its theory."""

    name: str
    slots: int | None
    keep: Callable[[FHRR, Any], Any]
    theory: Callable[[int], Detection]


def _rounded(algebra: FHRR, trace: Any) -> Any:
    return algebra.from_spike_times(algebra.to_spike_times(trace, _SLOTS), _SLOTS)


FORMS = (
    Form("raw sum", None, lambda _, trace: trace, raw_sum),
    Form("unit phasors", None, lambda algebra, trace: algebra.normalise(trace), unit_phasors),
    Form("16 spike slots", _SLOTS, _rounded, lambda items: spike_slots(items, _SLOTS)),
)


def capacity_table(stages: Any) -> dict[tuple[str, int, int], tuple[float, float]]:
    """(form, D, N) -> (share of pairs recalled, theory)."""
    found = {}
    with stages.stage("FHRR capacity", len(FORMS) * len(DIMENSIONS) * len(ITEMS)) as advance:
        for form in FORMS:
            for dimensions in DIMENSIONS:
                algebra = FHRR(dimensions)
                codebook = algebra.random(CODEBOOK, seed=dimensions, slots=form.slots)
                for items in ITEMS:
                    right = [
                        _recalled(algebra, codebook, items, seed, form) for seed in range(max(1, _QUERIES // items))
                    ]
                    theory = recall_accuracy(form.theory(items), dimensions, CODEBOOK)
                    found[form.name, dimensions, items] = (float(np.mean(right)), theory)
                    advance(len(found))
    return found


def _recalled(algebra: FHRR, codebook: Any, items: int, seed: int, form: Form) -> float:
    keys = algebra.random(items, seed=1000 * items + seed, slots=form.slots)
    stored = np.random.default_rng(seed).integers(0, len(codebook), items)
    trace = form.keep(algebra, algebra.bundle(algebra.bind(keys, codebook[stored])))
    return float(np.mean(algebra.clean_up(algebra.unbind(trace, keys), codebook) == stored))


def fhrr_capacity(lab: Any) -> Measured:
    """Farthest from theory, points, over all forms, dimensions and numbers of items."""
    table = capacity_table(lab.stages)
    samples = {f"{form}, D {d}, N {n}": [100 * value, 100 * theory] for (form, d, n), (value, theory) in table.items()}
    worst = max(samples, key=lambda name: abs(samples[name][0] - samples[name][1]))
    gap = abs(samples[worst][0] - samples[worst][1])
    note = f"farthest: {worst}; codebook of {CODEBOOK:,}, {_QUERIES:,} queries a case; samples: measured, theory"
    return Measured(gap, "points", "N pairs, keys asked one by one", samples, note=note)


def sparse_phasors(patterns: int, seed: int) -> Complex:
    """Patterns of 40 active among 400 neurons, (patterns, neurons)."""
    random = np.random.default_rng(seed)
    found = np.zeros((patterns, _NEURONS), dtype=np.complex64)
    for pattern in found:
        pattern[random.permutation(_NEURONS)[:_ACTIVE]] = np.exp(2j * np.pi * random.random(_ACTIVE))
    return found


def corrupted(patterns: Complex, seed: int) -> Complex:
    """A quarter of the active neurons silent, noise of .3 rad on the others."""
    random = np.random.default_rng(seed)
    cues = patterns * np.exp(1j * random.normal(0, 0.3, patterns.shape)).astype(np.complex64)
    for cue in cues:
        active = np.flatnonzero(cue)
        cue[random.permutation(active)[: active.size // 4]] = 0
    return np.asarray(cues, dtype=np.complex64)


def _likeness(states: Any, patterns: Complex) -> Any:
    return np.abs(np.sum(np.conj(patterns) * states, axis=1)) / _ACTIVE


def _memory(patterns: Complex) -> ThresholdPhasorAssociativeMemory:
    memory = ThresholdPhasorAssociativeMemory(_NEURONS, _ACTIVE)
    memory.store(patterns)
    return memory


def tpam_recall(lab: Any) -> Measured:
    """Mean likeness |<settled, stored>| / k over all 160 patterns, worst of five seeds."""
    del lab
    samples: dict[str, list[float]] = {"likeness": [], "named right": [], "likeness of the cue": []}
    for seed in range(5):
        patterns = sparse_phasors(_PATTERNS, seed)
        cues = corrupted(patterns, seed + 100)
        answer = _memory(patterns).recall(cues)
        states = np.asarray(answer.values)[:, 0]
        samples["likeness"].append(float(_likeness(states, patterns).mean()))
        samples["named right"].append(float(np.mean(answer.indices[:, 0] == np.arange(_PATTERNS))))
        samples["likeness of the cue"].append(float(_likeness(cues, patterns).mean()))
    equal = checked(min(samples["named right"]) > 0, f"named right: {min(samples['named right']):.3f} at least")
    return Measured(min(samples["likeness"]), "", equal, samples, note="N 400, k 40, P 160; five seeds")


def tpam_spikes(lab: Any) -> Measured:
    """Likeness of the matrix form less that of the spiking form in Brian2, points."""
    patterns = sparse_phasors(_PATTERNS, 0)
    memory, cues = _memory(patterns), corrupted(patterns, 100)[:_SPIKING_CUES]
    circuit, ticks = phasor_memory_circuit(memory, cues), _SPIKING_CUES * turn_ticks(6)
    with lab.stages.stage("TPAM in Brian2", ticks) as advance:
        native = Brian2Reference().run(circuit, ticks, advance)
    compiled = simulate(circuit, ticks)
    wrong = compiled.mismatches(native)
    equal = checked(wrong == 0, f"all {native.spike_count:,} spikes of Brian2 are those of the compiled circuit")
    spiking = float(_likeness(final_phasors(native, _SPIKING_CUES), patterns[:_SPIKING_CUES]).mean())
    states = np.asarray(memory.recall(cues).values)[:, 0]
    matrix = float(_likeness(states, patterns[:_SPIKING_CUES]).mean())
    note = f"spikes {spiking:.4f}, matrix {matrix:.4f}; {_SPIKING_CUES} cues, 6 updates of two 40 Hz cycles"
    return Measured(100 * (matrix - spiking), "points", equal, {"spikes": [spiking], "matrix": [matrix]}, note=note)


def resonator_network(lab: Any) -> Measured:
    """Products of three factors of 32 taken apart, percent; 1,024 dimensions."""
    algebra, random = FHRR(1024), np.random.default_rng(0)
    right, steps = [], []
    with lab.stages.stage("Resonator network", 200) as advance:
        for books in range(10):
            network = ResonatorNetwork([algebra.random(32, seed=10 * books + factor) for factor in range(3)])
            for _ in range(20):
                chosen = random.integers(0, 32, 3)
                found = network.factorise(network.compose(chosen))
                right.append(np.array_equal(found.indices, chosen))
                steps.append(found.steps)
                advance(len(right))
    note = f"200 products of 10 sets of codebooks, {np.mean(steps):.1f} updates each, {max(steps)} at most"
    return Measured(100 * float(np.mean(right)), "%", "a search of 32,768 by 96 codewords", note=note)
