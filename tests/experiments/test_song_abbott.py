"""Competition by STDP: two groups of weights, a steady output, the window; none of it without the rule."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.experiments import Result
from neuro.experiments.song_abbott import Plasticity, SongSettings, measure_window, run_song_abbott
from neuro.progress import QuietStages


def run(rule: Plasticity) -> Result:
    settings = SongSettings(rates=(10.0, 40.0), inputs=500, duration=60.0, frozen=10.0, dt=1e-3, rule=rule)
    return run_song_abbott(settings, 0, QuietStages())


def test_the_window_is_that_of_the_rule_on_both_sides() -> None:
    window = measure_window(0.005, 0.00525)
    before = window.delays < 0
    assert window.delays.size == 360
    assert window.changes[~before] == pytest.approx(0.005 * np.exp(-window.delays[~before] / 20e-3), abs=1e-12)
    assert window.changes[before] == pytest.approx(-0.00525 * np.exp(window.delays[before] / 20e-3), abs=1e-12)
    assert window.largest_error < 1e-9


def test_the_areas_of_the_window_keep_their_ratio_on_the_grid() -> None:
    for dt in (1e-4, 1e-3):
        rule = Plasticity(0.01)
        lags = np.arange(1, 100_000) * dt
        # Spikes of one tick count as pre before post.
        potentiation = rule.a_plus * (1 + np.exp(-lags / rule.tau).sum())
        assert rule.a_minus(dt) * np.exp(-lags / rule.tau).sum() / potentiation == pytest.approx(1.05)


@pytest.mark.long
def test_weights_part_and_the_output_is_steadier() -> None:
    result = run(Plasticity(0.02))
    assert result.missed == ()
    fifths = result.row("fuller-ends-of-the-weights").samples["weights in each fifth"]
    assert sum(fifths) == 500
    for draw in result.plots.values():
        assert draw().get_xlabel()


@pytest.mark.long
def test_without_stdp_neither_happens() -> None:
    missed = set(run(Plasticity(0.0)).missed)
    assert {"fuller-ends-of-the-weights", "steadier-by-stdp", "potentiation-at-one-tick"} <= missed
