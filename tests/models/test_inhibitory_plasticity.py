"""Inhibitory plasticity settles the target's rate at rho_0, whatever the excitation (Vogels, Sprekeler et al. 2011)."""

from __future__ import annotations

import numpy as np
import pytest

from neuro import models
from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.simulators import simulate

DT, TICKS = 1e-3, 60_000
GOALS = np.repeat([6.0, 12.0], 8)
"""Wanted rate of each target in hertz."""
SOURCES, RATE = 80, 20.0
"""Many weak synapses: the closed form takes the spikes of both sides as independent, and one strong one is not."""


def test_the_rate_settles_at_rho_0() -> None:
    """At the start the targets fire 2 to 9 times too fast; after learning each meets its own rho_0."""
    size = GOALS.size
    rng = np.random.default_rng(11)
    ticks, indices = np.nonzero(rng.random((TICKS, SOURCES)) < RATE * DT)
    drive = np.tile(np.linspace(25e-3, 40e-3, size // 2), 2)
    neuron = Population("a", size, models.LIF_EXPONENTIAL)
    stimuli = [
        SpikeSource("i", SOURCES, ticks, indices),
        CurrentInput("a", "I", rng.normal(drive, 30e-3, (TICKS // 5, size)), every=5),
    ]
    plastic = Projection(
        "ia",
        "i",
        "a",
        models.inhibitory_current_plasticity(),
        Connections.all_to_all(SOURCES, size),
        {"w": 0.0, "eta": 0.1e-3, "w_max": 50e-3, "rho_0": np.tile(GOALS, SOURCES)},
    )
    recording = simulate(Circuit(DT, [neuron], [plastic], stimuli), TICKS)
    spikes = recording.spikes["a"]
    start, end = (
        np.bincount(spikes.indices[window], minlength=size) / seconds
        for window, seconds in ((spikes.ticks < 500, 0.5), (spikes.ticks >= TICKS // 3, TICKS * 2 / 3 * DT))
    )
    assert np.all(start > 1.5 * GOALS)
    assert end == pytest.approx(GOALS, rel=0.08)
    assert recording.final["ia", "w"].max() < 50e-3
