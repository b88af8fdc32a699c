"""Motifs compose: each has its own names, and one can drive another."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.circuit.circuit import Projection
from neuro.circuit.composition import compose, prefixed
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.static import static_synapse
from neuro.motifs import poisson_source, resonator_bank, winner_take_all
from neuro.simulators import simulate


@pytest.mark.long
def test_two_of_a_kind_stand_side_by_side() -> None:
    parts = [prefixed(winner_take_all(drive), name) for name, drive in (("a", [25e-3, 30e-3]), ("b", [30e-3, 25e-3]))]
    spikes = simulate(compose(*parts), 50).spikes
    assert spikes["a_winners"].indices.tolist() == [1]
    assert spikes["b_winners"].indices.tolist() == [0]


def test_a_resonator_bank_feeds_a_winner_take_all() -> None:
    """Which of three rhythms is it? The resonator that fires lets its neuron win, though nothing else drives it."""
    for index, frequency in enumerate((30.0, 40.0, 50.0)):
        pulses = np.round(np.arange(0, 0.4, 1 / frequency), 4)
        bank = resonator_bank([30.0, 40.0, 50.0], pulses)
        choice = winner_take_all([19e-3] * 3, frame=0.4, dt=1e-4)
        link = Projection(
            "bank_choice", "resonators", "winners", static_synapse("v"), Connections.one_to_one(3), {"w": 12e-3}
        )
        spikes = simulate(compose(bank, choice, projections=[link]), 4000).spikes
        assert spikes["winners"].indices.tolist() == [index]


def test_poisson_trains_have_their_rates_and_no_memory() -> None:
    source = poisson_source("noise", [0.0, 20.0, 200.0], 100.0, seed=3)
    ticks, indices = np.asarray(source.ticks), np.asarray(source.indices)
    counts = np.bincount(indices, minlength=3)
    assert counts[0] == 0
    # Binomial: five standard deviations.
    for count, rate in zip(counts[1:], (20.0, 200.0), strict=True):
        chance = rate * 1e-3
        assert abs(count - 1e5 * chance) < 5 * np.sqrt(1e5 * chance * (1 - chance))
    intervals = np.diff(ticks[indices == 1])
    assert np.std(intervals) / np.mean(intervals) == pytest.approx(1.0, abs=0.1)
    again = poisson_source("noise", [0.0, 20.0, 200.0], 100.0, seed=3)
    np.testing.assert_array_equal(ticks, again.ticks)
    with pytest.raises(InvalidInput, match="a vector of rates from 0 to 1000 Hz"):
        poisson_source("noise", [2000.0], 1.0, seed=0)
