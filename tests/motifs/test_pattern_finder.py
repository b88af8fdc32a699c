"""Pattern finder: after a minute it answers the embedded pattern, in nearly every seed; without STDP it never does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.motifs import EmbeddedPattern, embedded_pattern, pattern_finder
from neuro.simulators import simulate
from tests.motifs.checks import same_in_brian2

SECONDS, LAST = 60.0, 15_000
SEEDS = range(10)


@dataclass(frozen=True)
class Score:
    """Share of the presentations answered in the last 15 s, and spikes outside of any (10 ms of grace after it)."""

    hits: float
    false_alarms: int
    rate: float

    @property
    def found(self) -> bool:
        return self.hits >= 0.9 and self.false_alarms <= 2


@cache
def stimulus(seed: int) -> EmbeddedPattern:
    return embedded_pattern(SECONDS, seed=seed)


@cache
def run(seed: int, a_plus: float = 0.03) -> tuple[Score, np.ndarray]:
    """The score, and the final weights; kept for the tests that follow."""
    given = stimulus(seed)
    recording = simulate(pattern_finder(given.source, a_plus=a_plus), given.ticks)
    begin = given.ticks - LAST
    ticks = recording.spikes["finder"].between(begin, given.ticks).ticks
    onsets = given.onsets[given.onsets >= begin]
    latest = np.searchsorted(onsets, ticks, side="right") - 1
    inside = (latest >= 0) & (ticks - onsets[np.maximum(latest, 0)] < given.length + 10)
    score = Score(np.unique(latest[inside]).size / onsets.size, int(np.sum(~inside)), ticks.size / (LAST * 1e-3))
    return score, recording.final["afferents_finder", "w"]


def test_the_pattern_is_found_in_nine_of_ten_seeds() -> None:
    scores = [run(seed)[0] for seed in SEEDS]
    assert sum(score.found for score in scores) >= 9, scores
    assert all(5 < score.rate < 40 for score in scores)


def test_the_weights_are_those_of_the_spikes_before_its_own() -> None:
    for seed in (1, 3, 5):
        given, weights = stimulus(seed), run(seed)[1]
        assert weights.min() >= 0
        assert weights.max() <= 1
        ticks, indices = np.asarray(given.source.ticks), np.asarray(given.source.indices)
        since = ticks - given.onsets[-1]
        # Mean weight of the involved afferents that fire in each 5 ms of the pattern.
        window = [indices[(since >= at) & (since < at + 5) & (indices < 300)] for at in range(0, given.length, 5)]
        means = [weights[chosen].mean() for chosen in window]
        assert max(means) > 1.5 * weights.mean()


def test_without_stdp_it_finds_nothing() -> None:
    for seed in (1, 2):
        score, weights = run(seed, a_plus=0.0)
        assert np.all(weights == 0.5)
        assert score.rate > 1, "it fires,"
        assert not score.found, "but not for the pattern"
        assert score.false_alarms > 20


def test_rates_do_not_betray_the_pattern() -> None:
    given = stimulus(1)
    ticks, indices = np.asarray(given.source.ticks), np.asarray(given.source.indices)
    inside = np.zeros(given.ticks, dtype=bool)
    inside[(given.onsets[:, np.newaxis] + np.arange(given.length)).ravel()] = True
    assert inside.mean() == pytest.approx(0.4, abs=0.01)
    rates = [np.mean(inside[ticks] == side) * ticks.size / np.sum(inside == side) for side in (True, False)]
    assert rates[0] == pytest.approx(rates[1], rel=0.02)
    # The involved ones repeat their spikes exactly, the others do not.
    first, second = (
        {(t - o, i) for t, i in zip(ticks, indices, strict=True) if o <= t < o + given.length} for o in given.onsets[:2]
    )
    assert {pair for pair in first if pair[1] < 300} == {pair for pair in second if pair[1] < 300}
    assert {pair for pair in first if pair[1] >= 300} != {pair for pair in second if pair[1] >= 300}


def test_presentations_never_touch() -> None:
    assert np.diff(stimulus(0).onsets).min() >= 2 * stimulus(0).length


@pytest.mark.long
def test_brian2_agrees() -> None:
    small = embedded_pattern(0.4, afferents=60, involved=40, seed=4)
    same_in_brian2(pattern_finder(small.source), small.ticks)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(InvalidInput, match="involved is 11; a whole number from 0 to 10"):
        embedded_pattern(1.0, afferents=10, involved=11)
    with pytest.raises(InvalidInput, match=r"share 0\.6"):
        embedded_pattern(1.0, afferents=10, involved=5, share=0.6)
