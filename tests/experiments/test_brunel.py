"""Brunel's network: the theory gives the paper's numbers, the drive is Poisson's, and coupling makes the regime."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuro.analysis.plots import figure_of
from neuro.analysis.statistics import interval_cv, population_rate
from neuro.errors import InvalidInput
from neuro.experiments.brunel import (
    REGIMES,
    BrunelNetwork,
    brunel_circuit,
    draw_connections,
    run_brunel,
    stationary_cv,
    stationary_rate,
)
from neuro.progress import QuietStages
from neuro.simulators import Simulation

PUBLISHED_THEORY = [(6.0, 4.0, 55.8), (5.0, 2.0, 38.0), (4.5, 0.9, 6.5)]  # figure 8 of the paper: g, drive, Hz
SI_FAST = replace(REGIMES[1], settle=0.1, observe=0.2)


@pytest.mark.parametrize(("inhibition", "drive", "rate"), PUBLISHED_THEORY)
def test_the_stationary_rate_is_that_of_the_paper(inhibition: float, drive: float, rate: float) -> None:
    assert stationary_rate(BrunelNetwork(inhibition, drive)) == pytest.approx(rate, abs=0.06)


def test_connections_have_a_fixed_indegree() -> None:
    excitation, inhibition = draw_connections(400, 1)
    for part, first, last, degree in ((excitation, 0, 400, 40), (inhibition, 400, 500, 10)):
        assert np.bincount(np.asarray(part.column), minlength=500).tolist() == [degree] * 500
        pre = part.pre()
        assert first <= pre.min()
        assert pre.max() < last
        assert len(np.unique(pre * 500 + np.asarray(part.column))) == part.synapses
    assert np.array_equal(draw_connections(400, 1)[0].column, excitation.column)
    assert not np.array_equal(draw_connections(400, 2)[0].column, excitation.column)


@pytest.mark.slow
def test_single_neurons_follow_the_theory_of_their_poisson_drive() -> None:
    network = BrunelNetwork(5.0, 1.2, excitatory=400, coupling=0.0)
    simulation = Simulation(brunel_circuit(network, draw_connections(400, 0), seed=3))
    drawn = []
    for _ in range(400):
        simulation.run(1)
        drawn.append(simulation.get("neurons", "I"))
    count = np.array(drawn) / (network.jump / (1 - np.exp(-network.dt / network.tau)))
    recording = simulation.run(29_600)
    assert np.abs(count - np.rint(count)).max() < 1e-9
    # 200,000 Poisson numbers of mean m: mean and variance within five standard errors.
    mean, error = network.outside_spikes, np.sqrt(network.outside_spikes / count.size)
    assert count.mean() == pytest.approx(mean, abs=5 * error)
    assert count.var() == pytest.approx(mean, rel=5 * np.sqrt((2 + 1 / mean) / count.size))
    spikes = recording.spikes["neurons"]
    # The theory takes the drive for white noise; J = 2.5 mV is no small step, so a few per cent remain.
    assert population_rate(spikes, 1e-4, start=2000, stop=30_000) == pytest.approx(stationary_rate(network), rel=0.1)
    assert np.nanmean(interval_cv(spikes)) == pytest.approx(stationary_cv(network), rel=0.15)


def test_what_can_not_be_drawn_is_refused() -> None:
    with pytest.raises(InvalidInput, match="multiple of 40"):
        BrunelNetwork(5.0, 2.0, excitatory=30)
    with pytest.raises(InvalidInput, match="outside spikes a tick; 0 to 5"):
        BrunelNetwork(5.0, 20.0)


@pytest.mark.long
def test_fast_oscillation_needs_the_network() -> None:
    result = run_brunel(0, QuietStages(), regimes=[SI_FAST], excitatory=4000)
    # Synapses 2.5 times as strong as the paper's blur the rhythm: only at full size does the swing reach the threshold.
    assert set(result.missed) <= {"si-fast-modulation"}
    assert result.row("si-fast-modulation").value > 0.25
    assert result.row("si-fast-frequency").value == pytest.approx(180, rel=0.2)
    assert len(figure_of(result.plots["regimes"]()).axes) == 2
    figure_of(result.plots["spectra"]()).canvas.draw()
    apart = run_brunel(0, QuietStages(), regimes=[SI_FAST], excitatory=4000, coupling=0.0)
    assert {"si-fast-modulation", "si-fast-rate-off"} <= set(apart.missed)
    assert abs(apart.row("si-fast-modulation").value) < 0.05
