"""Rows of bench ``resonance-training``: minutes each, so they run on demand."""

from __future__ import annotations

import statistics
from functools import cache
from typing import Any

from benchmarks.form import Measured
from benchmarks.resonance import tasks, text

SEEDS = (0, 1, 2)
_SECONDS = 60.0


@cache
def _runs(what: str, stages: Any) -> tuple[tasks.Outcome, ...]:
    recipe, permuted = tasks.RECIPES[what], what.endswith("permuted")
    return tuple(
        tasks.small_digits(recipe, permuted=permuted, seed=seed, cpu_seconds=_SECONDS, stages=stages) for seed in SEEDS
    )


def _digits(lab: Any, what: str) -> Measured:
    ours, leaky = _runs(what, lab.stages), _runs(f"leaky {what}", lab.stages)
    value, other = (100 * statistics.mean(run.accuracy for run in runs) for runs in (ours, leaky))
    first = ours[0]
    samples = {
        "resonators": [100 * run.accuracy for run in ours],
        "leaky": [100 * run.accuracy for run in leaky],
        "firing rate": [run.rate for run in ours],
        "cpu seconds": [run.cpu_seconds for run in ours],
    }
    note = (
        f"{first.parameters:,} parameters, {_SECONDS:g} CPU-s"
        f"{', the time of the kernel machine that teaches among them' if tasks.RECIPES[what].teaching else ''}; "
        f"360 digits held out, split by seed {SEEDS}"
    )
    return Measured(value, "%", "the same network, omega 0, for the peer", samples, "leaky integrators", other, note)


def sequential_digits(lab: Any) -> Measured:
    """Digits of 8x8, a pixel a step, in reading order."""
    return _digits(lab, "sequential")


def permuted_digits(lab: Any) -> Measured:
    """The same with the pixels in a fixed random order."""
    return _digits(lab, "permuted")


def sequential_rate(lab: Any) -> Measured:
    """Spikes of an oscillator a step on the held-out digits, worst of the seeds."""
    rates = [run.rate for run in _runs("sequential", lab.stages)]
    return Measured(max(rates), "spikes a step", "of the networks of sequential-digits", {"rate": rates})


def sequential_mnist(lab: Any) -> Measured:
    """MNIST, 784 pixels, learned from 10,000 images, judged by the 10,000 of the standard test set."""
    found = tasks.mnist(seed=0, stages=lab.stages)
    note = (
        f"{found.parameters:,} parameters, {found.updates} updates in {found.cpu_seconds:.0f} CPU-s, "
        f"{found.cpu_seconds / (found.updates * tasks.MNIST.batch / 10_000):.0f} s an epoch, "
        f"firing rate {found.rate:.3f}"
    )
    return Measured(100 * found.accuracy, "%", "the standard test set", note=note)


def language_model(lab: Any) -> Measured:
    """Bits per character on held-out glosses less those of a 5-gram model of equal parameters."""
    ours, peer = text.resonance_result(lab.stages), text.ngram_result(lab.stages)
    note = f"{ours.bits:.3f} bits with {ours.parameters:,} parameters in {ours.cpu_seconds:.0f} CPU-s"
    equal = f"the same characters; {peer.parameters:,} n-grams kept"
    return Measured(ours.bits - peer.bits, "bits per character", equal, {}, "5-gram, bits", peer.bits, note)


def against_transformer(lab: Any) -> Measured:
    """Parameters of a transformer that reaches the same bits per character over ours."""
    ours, others = text.resonance_result(lab.stages), text.transformer_results(lab.stages)
    needed, said = text.parameters_at(ours.bits, others)
    samples = {f"transformer, {run.parameters:,} parameters": [run.bits] for run in others}
    note = f"ours {ours.bits:.3f} bits, {ours.parameters:,} parameters; {said}; equal CPU time for each"
    return Measured(
        needed / ours.parameters, "x ours", "the same characters and time", samples, "transformer", needed, note
    )
