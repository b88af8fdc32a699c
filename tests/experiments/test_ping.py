"""PING: the rhythm meets its criterion, and does not once the loop is cut."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.analysis.statistics import Spectrum
from neuro.experiments.ping import (
    CUTS,
    WHOLE,
    RhythmResult,
    RhythmRun,
    plot_ping_rasters,
    plot_ping_spectra,
    run_ping,
)
from neuro.progress import QuietStages


@pytest.fixture(scope="module")
def small() -> RhythmResult:
    return run_ping(100, QuietStages(), seeds=2, seconds=2.2)


def test_the_loop_makes_gamma(small: RhythmResult) -> None:
    assert all(one.rhythm for one in small.runs[WHOLE])
    assert all(35 <= one.frequency <= 45 and one.prominence > 20 for one in small.runs[WHOLE])


def test_without_the_loop_there_is_none(small: RhythmResult) -> None:
    for name in CUTS:
        assert not any(one.rhythm for one in small.runs[name])
        # Either part of the criterion fails by itself.
        assert all(one.prominence < 10 for one in small.runs[name])
        assert all(not 35 <= one.frequency <= 45 for one in small.runs[name])
        assert all(one.rate > 50 for one in small.runs[name]), "the cells fire, only not together"


def test_every_threshold_is_met(small: RhythmResult) -> None:
    assert [row.name for row in small.rows if row.met is False] == []
    assert sum(row.met is True for row in small.rows) == 8


def test_the_criterion_on_spectra_that_are_known() -> None:
    lines = np.arange(0.0, 101.0)
    flat = np.ones(lines.size)
    hump = np.where(lines == 40, 20.1, flat)
    low, beside, higher = np.where(lines == 40, 19.8, flat), np.where(lines == 50, 100.0, flat), hump.copy()
    higher[55] = 30.0
    assert RhythmRun(Spectrum(lines, hump), 0.0).rhythm
    assert RhythmRun(Spectrum(lines, hump), 0.0).prominence == pytest.approx(10 * np.log10(20.1))
    for power in (flat, low, beside, higher, np.zeros(lines.size)):
        assert not RhythmRun(Spectrum(lines, power), 0.0).rhythm


def test_the_plots_show_every_condition(small: RhythmResult) -> None:
    spectra = plot_ping_spectra(small)
    assert {WHOLE, *CUTS} <= {line.get_label() for line in spectra.lines}
    rasters = plot_ping_rasters(small)
    shown = sum(len(dots.get_offsets()) for dots in rasters.collections)
    middle = small.shown[WHOLE].ticks // 2
    expected = [small.shown[name].spikes["excitatory"].between(middle, middle + 2500) for name in (WHOLE, "E to I cut")]
    assert shown == sum(len(spikes) for spikes in expected)


@pytest.mark.long
def test_ten_seeds() -> None:
    result = run_ping(0, QuietStages())
    assert result.seeds == tuple(range(10))
    assert [row.name for row in result.rows if row.met is False] == []
