"""The composed circuit on digits: what it names and finds, each stage switched off in turn, equal on all targets."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from unittest.mock import patch

import numpy as np

from benchmarks.form import Measured, Row, checked
from benchmarks.learning.lab import SEEDS, LearningLab
from neuro.arrays import FloatArray
from neuro.progress import QuietStages
from rtl_export import RTLSimulator
from spikeloom.demo import read_examples, run_demo
from spikeloom.demo.data import DemoSettings, split_examples
from spikeloom.demo.learning import learn_code, training_settings
from spikeloom.demo.retrieval import (
    Ablation,
    Answers,
    ablations,
    answer,
    build_network,
    compare_events,
    silicon_circuit,
)
from spikeloom.demo.silicon import CORE, export_core, installed_simulators, rtl_comparison, simulate_core
from spikeloom.demo.targets import Comparison, compare_integers_with_brian2, compare_with_brian2, quantise_circuit

_QUERIES = 30
"""Digits shown to every target: more than a million states."""

_STAGES = (
    ("stdp", "STDP off: imprinted, then frozen"),
    ("stdp-and-imprinting", "STDP off: random weights, frozen"),
    ("homeostasis", "homeostasis off"),
    ("winners-of-learning", "winners of learning drawn at random"),
    ("winners", "winners of retrieval off"),
    ("memory", "memory off: units vote"),
    ("graph", "graph off"),
)


def _nothing(*_: object) -> None:
    """Progress that nobody watches."""


def _answers(lab: LearningLab, seed: int) -> Answers:
    """The held-out digits of a seed, shown to its circuit."""

    def make() -> Answers:
        settings = DemoSettings(seed=seed)
        stored, held_out = split_examples(read_examples(None), settings)
        learning = learn_code(stored, settings, training_settings(settings, stored), _nothing)
        return answer(build_network(learning.encoder, stored, settings), stored, held_out, _nothing)

    return lab.keep(f"Ask the composed circuit, seed {seed}", make)


def _ablations(lab: LearningLab, seed: int) -> tuple[Ablation, ...]:
    """Each stage of a seed's circuit off in turn."""

    def make() -> tuple[Ablation, ...]:
        settings = DemoSettings(seed=seed)
        stored, held_out = split_examples(read_examples(None), settings)
        network = _answers(lab, seed).network
        return ablations(network, stored, held_out, settings, training_settings(settings, stored), _nothing)

    return lab.keep(f"Take the composed circuit apart, seed {seed}", make)


def named(lab: LearningLab) -> Measured:
    """Held-out digits named by the spikes of the memory's nodes, less five nearest neighbours on pixels."""
    found = [_answers(lab, seed) for seed in SEEDS]
    equal = checked(not any(part.in_numbers for part in found), "the spikes of every query equal the same in numbers")
    points = [100 * (part.quality.named - part.neighbours) for part in found]
    mine, theirs = (
        [part.quality.named for part in found],
        [part.neighbours for part in found],
    )
    digests = ", ".join(part.network.encoder.digest[:8] for part in found)
    note = f"named {statistics.fmean(mine):.4f}; 3 splits of 1,437 / 360 digits; learned weights {digests}"
    samples = {"circuit": mine, "5-NN on pixels": theirs}
    return Measured(
        statistics.fmean(points), "points", equal, samples, "5-NN on pixels", statistics.fmean(theirs), note
    )


def neighbours(lab: LearningLab) -> Measured:
    """Share of the ten nearest stored digits among the nodes that fire."""
    found = [_answers(lab, seed) for seed in SEEDS]
    equal = checked(not any(part.in_numbers for part in found), "the spikes of every query equal the same in numbers")
    values = [part.quality.recall for part in found]
    return Measured(statistics.fmean(values), "", equal, {"circuit": values}, note="10 nodes fire of 1,437")


def without(name: str) -> Row:
    """What a stage is worth: recall@10 lost without it, in points; names and damaged codes in the note."""

    def measure(lab: LearningLab) -> Measured:
        runs = [_ablations(lab, seed) for seed in SEEDS]
        whole = [run[0] for run in runs]
        off = [next(part for part in run if part.name == name) for run in runs]
        lost = {
            "named": _points([w.whole.named - o.whole.named for w, o in zip(whole, off, strict=True)]),
            "recall@10": _points([w.whole.recall - o.whole.recall for w, o in zip(whole, off, strict=True)]),
            "named, damaged": _points([w.damaged.named - o.damaged.named for w, o in zip(whole, off, strict=True)]),
            "recall@10, damaged": _points(
                [w.damaged.recall - o.damaged.recall for w, o in zip(whole, off, strict=True)]
            ),
        }
        equal = checked(all(run[0].name == "nothing off" for run in runs), "the same digits, seeds and codes' damage")
        kept = [key for key, values in lost.items() if values.mean() <= 0]
        means = ", ".join(
            f"{key} {values.mean():.2f} ({values.min():.2f} to {values.max():.2f})" for key, values in lost.items()
        )
        note = f"points lost: {means}" + (f"; no loss in {' and '.join(kept)}" if kept else "")
        samples = {key: values.tolist() for key, values in lost.items()}
        return Measured(float(lost["recall@10"].mean()), "points", equal, samples, name, 0.0, note)

    return measure


def _points(shares: list[float]) -> FloatArray:
    return 100 * np.array(shares)


def mismatches(lab: LearningLab) -> Measured:
    """Spikes and states in which two targets differ, over all pairs."""
    answers, settings = _answers(lab, SEEDS[0]), DemoSettings(seed=SEEDS[0], silicon_queries=_QUERIES)
    _, held_out = split_examples(read_examples(None), settings)
    shown = silicon_circuit(answers.network, held_out, settings)
    integers = quantise_circuit(shown)
    pairs: list[Comparison] = [
        compare_with_brian2(shown, _nothing),
        compare_integers_with_brian2(shown, integers, _nothing),
        compare_events(answers, held_out),
    ]
    with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
        export_core(shown, integers, Path(scratch) / "core", CORE)
        verdict = simulate_core(Path(scratch) / "core", RTLSimulator.CXXRTL)
    pairs.append(rtl_comparison(shown, "the circuit", verdict))
    least = min(pair.states for pair in pairs if pair.states)
    equal = checked(least >= 1_000_000, f"each pair with states compared at least {least:,} of them")
    note = "; ".join(f"{pair.left} = {pair.right}: {pair.mismatches} in {pair.spikes:,} spikes" for pair in pairs)
    return Measured(
        sum(pair.mismatches for pair in pairs), "", equal, peer="states compared", peer_value=least, note=note
    )


def demo_seconds(icarus: bool) -> Row:
    """The whole demo, with or without Icarus."""

    def measure(lab: LearningLab) -> Measured:
        there = installed_simulators()
        used = tuple(simulator for simulator in there if icarus or simulator is not RTLSimulator.ICARUS)
        checked(not icarus or RTLSimulator.ICARUS in used, "Icarus is installed")
        start = time.perf_counter()
        with (
            tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch,
            patch("spikeloom.demo.pipeline.installed_simulators", lambda: used),
            lab.stages.stage(f"Demo {'with' if icarus else 'without'} Icarus"),
        ):
            result = run_demo(DemoSettings(), Path(scratch) / "demo", QuietStages())
        seconds = time.perf_counter() - start
        wrong = result.software_mismatches + result.rtl_mismatches
        return Measured(seconds, "s", checked(wrong == 0 and result.rtl_passed, "all targets agree"))

    return measure


CIRCUIT_ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "circuit-named": named,
        "circuit-neighbours": neighbours,
        **{f"circuit-without-{short}": without(name) for short, name in _STAGES},
        "circuit-mismatches": mismatches,
        "demo-seconds": demo_seconds(icarus=False),
        "demo-seconds-with-icarus": demo_seconds(icarus=True),
    }
)
