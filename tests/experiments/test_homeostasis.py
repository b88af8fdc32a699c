"""Homeostasis: rates come back to their target by either mechanism, and do not without it."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.experiments.homeostasis import (
    HomeostasisResult,
    HomeostasisSettings,
    Mechanism,
    plot_homeostasis,
    run_homeostasis,
)
from neuro.progress import QuietStages

TARGET = 10.0
CELLS, PHASE = 12, 180


@pytest.fixture(scope="module")
def small() -> HomeostasisResult:
    return run_homeostasis(HomeostasisSettings(seeds=1, cells=CELLS, inputs=60, phase=PHASE), 100, QuietStages())


@pytest.mark.parametrize("mechanism", Mechanism)
def test_all_rates_come_back(small: HomeostasisResult, mechanism: Mechanism) -> None:
    settled = small.at_work[mechanism][0].settled
    assert settled.shape == (3, CELLS)
    assert np.all(np.abs(settled - TARGET) <= 0.1 * TARGET)


@pytest.mark.parametrize("mechanism", Mechanism)
def test_they_rise_first(small: HomeostasisResult, mechanism: Mechanism) -> None:
    """The tenfold drive is felt: what brings the rates back is slow."""
    course = small.at_work[mechanism][0].course
    assert course.shape == (3 * PHASE, CELLS)
    assert course[PHASE].mean() > 5 * TARGET
    assert course[2 * PHASE : 2 * PHASE + 3].mean() < 0.2 * TARGET


@pytest.mark.parametrize("mechanism", Mechanism)
def test_without_the_mechanism_no_rate_comes_back(small: HomeostasisResult, mechanism: Mechanism) -> None:
    held = small.held[mechanism][0]
    assert np.all(held.settled[1] > 2 * TARGET)
    assert np.array_equal(held.weights[0], held.weights[1])


def test_scaling_multiplies_all_synapses_of_a_cell_by_one_factor(small: HomeostasisResult) -> None:
    scaled = small.at_work[Mechanism.SCALING][0]
    growth = scaled.weights[1] / scaled.weights[0]
    for cell in range(CELLS):
        np.testing.assert_allclose(growth[scaled.cell == cell], growth[scaled.cell == cell][0], rtol=1e-9)
    assert np.unique(scaled.weights[0]).size > 100, "weights that differ"
    assert np.all(growth < 0.5)
    assert np.array_equal(*small.at_work[Mechanism.THRESHOLD][0].weights), "thresholds leave the weights alone"


def test_every_threshold_is_met(small: HomeostasisResult) -> None:
    assert [row.name for row in small.rows if row.met is False] == []
    assert sum(row.met is True for row in small.rows) == 7


def test_the_plot_has_a_line_for_each_way(small: HomeostasisResult) -> None:
    axes = plot_homeostasis(small)
    lines = {str(line.get_label()): line for line in axes.lines}
    assert {"threshold", "scaling", "held fixed"} <= set(lines)
    course = small.at_work[Mechanism.SCALING][0].course
    np.testing.assert_allclose(lines["scaling"].get_ydata(), course.mean(axis=1))


@pytest.mark.long
def test_the_whole_experiment() -> None:
    result = run_homeostasis(HomeostasisSettings(), 0, QuietStages())
    assert result.seeds == tuple(range(5))
    assert [row.name for row in result.rows if row.met is False] == []
