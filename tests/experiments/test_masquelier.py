"""Masquelier: the neuron finds the pattern, and does not without learning; its parts do what the paper says."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.circuit.circuit import Circuit, Population, Probe, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.experiments.masquelier import (
    ALTERNATING_STDP,
    SPIKE_RESPONSE,
    Afferents,
    PatternResult,
    PatternRun,
    PatternSettings,
    plot_pattern,
    plot_pattern_latencies,
    run_masquelier,
)
from neuro.progress import QuietStages
from neuro.simulators import Brian2Reference, simulate

SMALL = PatternSettings(seeds=1, slots=600)
GAIN = 3 / (4 ** (-1 / 3) - 4 ** (-4 / 3))
"""Of the kernel of tau_m = 4 tau_s: three times one over the peak of exp(-s / tau_m) - exp(-s / tau_s)."""


@pytest.fixture(scope="module")
def small() -> PatternResult:
    return run_masquelier(SMALL, 100, QuietStages())


@pytest.mark.long
def test_the_pattern_is_found(small: PatternResult) -> None:
    (first,) = small.runs
    assert first.success
    assert first.hit_rate >= 0.95
    assert first.false_alarms == 0
    assert 5.0 < first.found_after < 20.0, "not at once"
    strong = first.weights > 0.5
    # Only afferents of the pattern stay.
    assert strong[:1000].sum() > 100
    assert strong[1000:].sum() < 0.1 * strong[:1000].sum()


@pytest.mark.long
def test_without_learning_it_is_not(small: PatternResult) -> None:
    assert not small.untaught.success
    assert small.untaught.false_alarms > 100
    assert np.all(small.untaught.weights == SMALL.weight)


@pytest.mark.long
def test_every_threshold_is_met(small: PatternResult) -> None:
    assert [row.name for row in small.rows if row.met is False] == []
    assert sum(row.met is True for row in small.rows) == 2


def test_rates_do_not_tell_where_the_pattern_is() -> None:
    """Inside and outside, involved or not: the same mean rate, near the paper's 64 Hz."""
    rng = np.random.default_rng(5)
    afferents = Afferents(rng, 2000, 1e-3)
    shown = np.tile([False, True, False, False], 15)
    source = afferents.draw(shown)
    within = shown[np.asarray(source.ticks) // 50]
    involved = np.asarray(source.indices) < 1000
    rates = {
        (inside, part): np.count_nonzero((within == inside) & (involved == part))
        / (1000 * np.sum(shown == inside) * 0.05)
        for inside in (False, True)
        for part in (False, True)
    }
    assert all(55 < rate < 66 for rate in rates.values()), rates
    assert max(rates.values()) - min(rates.values()) < 3, rates


def test_the_pattern_repeats_with_its_jitter() -> None:
    afferents = Afferents(np.random.default_rng(6), 200, 0.0)
    assert afferents.pattern.shape == (50, 100)
    assert afferents.pattern.any(axis=0).all(), "every afferent fires in it"
    source = afferents.draw(np.tile([True, False], 10))
    fired = np.zeros((1000, 200), dtype=bool)
    fired[np.asarray(source.ticks), np.asarray(source.indices)] = True
    for start in range(0, 1000, 100):
        extra = fired[start : start + 50, :100]
        assert np.all(extra[afferents.pattern])
        # What is more is the noise of 10 Hz: 50 spikes expected.
        assert 20 < np.count_nonzero(extra & ~afferents.pattern) < 80


@pytest.mark.long
def test_presentations_never_follow_each_other(small: PatternResult) -> None:
    shown = small.runs[0].shown
    assert shown.sum() == shown.size // 4
    assert not np.any(shown[1:] & shown[:-1])


def test_the_kernels_are_the_papers() -> None:
    """One spike of weight 1 lifts v to 1; after the neuron's spike v is the paper's sum of exponentials."""
    s = np.arange(1, 40) * 1e-3
    bump = GAIN / 3 * (np.exp(-s / 10e-3) - np.exp(-s / 2.5e-3))
    quiet = voltage(height=100.0)
    np.testing.assert_allclose(quiet[6 : 6 + s.size], bump, atol=1e-9)
    assert quiet.max() == pytest.approx(1.0, abs=0.01)
    fired = voltage(height=0.5)
    spike = int(np.argmax(fired))
    assert fired[spike] == 1.0
    after = 2 * np.exp(-s / 10e-3) - 4 * (np.exp(-s / 10e-3) - np.exp(-s / 2.5e-3))
    np.testing.assert_allclose(fired[spike + 1 : spike + 1 + s.size], 0.5 * after, atol=1e-9)


def voltage(height: float) -> np.ndarray:
    """Of a cell that gets one spike of weight 1 at tick 5."""
    values = {"w": 1.0, "a_plus": 0.0, "a_minus": 0.0, "late": 0.0, "gain": GAIN}
    circuit = Circuit(
        1e-3,
        [Population("cell", 1, SPIKE_RESPONSE, {"height": height})],
        [Projection("s", "a", "cell", ALTERNATING_STDP, Connections.one_to_one(1), values)],
        [SpikeSource("a", 1, [5], [0])],
        probes=[Probe("cell", "v")],
    )
    return simulate(circuit, 80).probes["cell", "v"][:, 0]


BEFORE, AFTER, A, B, LATE = np.exp(-5 / 16.8), np.exp(-5 / 33.7), 0.1, 0.085, 0.3
PAIRINGS = {
    "pre before post": ([6], A * BEFORE),
    "post before pre": ([16], -B * AFTER),
    "only the last one before": ([2, 6], A * BEFORE),
    "only the first one after": ([16, 18], -B * AFTER),
    "before and after": ([6, 16], A * BEFORE - B * AFTER),
    "in one tick": ([11], (1 - LATE) * A - LATE * B),
    "in one tick, and before": ([6, 11], (1 - LATE) * A + LATE * (A * BEFORE - B)),
    "in one tick, and after": ([11, 16], (1 - LATE) * A - LATE * B - (1 - LATE) * B * AFTER),
}


@pytest.mark.parametrize("name", PAIRINGS)
def test_pairs(name: str) -> None:
    """Afferent 0 is paired; afferent 1 makes the cell fire at tick 11."""
    ticks, change = PAIRINGS[name]
    values = {"w": [0.5, 1.0], "a_plus": A, "a_minus": B, "late": LATE, "gain": [0.0, 50.0]}
    circuit = Circuit(
        1e-3,
        [Population("cell", 1, SPIKE_RESPONSE, {"height": 0.5})],
        [Projection("s", "a", "cell", ALTERNATING_STDP, Connections.all_to_all(2, 1), values)],
        [SpikeSource("a", 2, [*ticks, 10], [0] * len(ticks) + [1])],
    )
    recording = simulate(circuit, 60)
    assert recording.spikes["cell"].ticks.tolist() == [11]
    assert recording.final["s", "w"][0] == pytest.approx(0.5 + change, abs=1e-12)


@pytest.mark.long
def test_brian2_agrees() -> None:
    source = Afferents(np.random.default_rng(3), 60, 1e-3).draw(np.tile([True, False], 4))
    values = {"w": 0.475, "a_plus": 0.03, "a_minus": 0.026, "late": LATE, "gain": GAIN}
    circuit = Circuit(
        1e-3,
        [Population("cell", 1, SPIKE_RESPONSE, {"height": 15.0})],
        [Projection("s", "afferents", "cell", ALTERNATING_STDP, Connections.all_to_all(60, 1), values)],
        [source],
    )
    compiled, brian2 = simulate(circuit, 400), simulate(circuit, 400, on=Brian2Reference())
    assert len(compiled.spikes["cell"]) > 5
    assert compiled.mismatches(brian2) == 0
    np.testing.assert_allclose(compiled.final["s", "w"], brian2.final["s", "w"], atol=1e-9)


def made_up(spikes: list[int]) -> PatternRun:
    """Twelve slots of 50 ticks; slots 9 and 11 are the presentations of the last third, 8 to 11."""
    shown = np.zeros(12, dtype=bool)
    shown[[1, 9, 11]] = True
    return PatternRun(shown, np.array(spikes, dtype=np.int64), np.ones((50, 1), dtype=bool), np.ones(1))


def test_the_metrics_of_a_run_that_is_known() -> None:
    good = made_up([10, 120, 455, 460, 561])
    assert (good.hit_rate, good.false_alarms, good.success, good.strict_success) == (1.0, 0, True, True)
    assert good.latency == pytest.approx(8e-3)
    assert good.found_after == pytest.approx(0.121)
    assert not made_up([455]).success
    assert made_up([455]).hit_rate == 0.5
    assert made_up([455, 500, 561]).false_alarms == 1
    assert not made_up([455, 500, 561]).success
    late = made_up([490, 590])
    assert late.success
    assert not late.strict_success
    assert np.isnan(made_up([]).latency)


@pytest.mark.long
def test_the_plots(small: PatternResult) -> None:
    first = small.runs[0]
    latencies = plot_pattern_latencies(small)
    assert sum(len(dots.get_offsets()) for dots in latencies.collections) == first.spikes.size
    pattern = plot_pattern(small)
    assert len(pattern.collections[0].get_offsets()) == first.pattern.sum()


@pytest.mark.long
def test_ten_seeds() -> None:
    result = run_masquelier(PatternSettings(), 0, QuietStages())
    assert result.seeds == tuple(range(10))
    assert [row.name for row in result.rows if row.met is False] == []
