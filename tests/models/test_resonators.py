"""Resonators against their closed forms, and what the balanced neuron refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro import Circuit, CurrentInput, Population, Probe, simulate
from neuro.errors import InvalidInput
from neuro.models import RESONATOR, balanced_resonate_and_fire
from neuro.models.brf import divergence_boundary
from neuro.models.resonator import resonator_currents


def test_a_resonator_takes_the_exact_complex_step() -> None:
    drive = np.random.default_rng(0).normal(size=(200, 3))
    b, omega, dt = -5.0, np.array([0.0, 100.0, 400.0]), 1e-3
    I, J = resonator_currents(drive, b, omega, dt)  # noqa: E741
    circuit = Circuit(
        dt,
        [Population("a", 3, RESONATOR, {"b": b, "omega": omega, "theta": 2.0})],
        stimuli=[CurrentInput("a", "I", I), CurrentInput("a", "J", J)],
        probes=[Probe("a", "x")],
    )
    z, expected = np.zeros(3, complex), []
    for row in drive:
        z = np.exp((b + 1j * omega) * dt) * z + row
        expected.append(z.real)
    recording = simulate(circuit, 200)
    np.testing.assert_allclose(recording.probes["a", "x"], expected, atol=1e-12)
    assert len(recording.spikes["a"]) == np.sum(np.array(expected) > 2.0) > 0


def test_the_balanced_neuron_takes_the_steps_of_its_paper() -> None:
    omega, damping, dt, gamma = np.array([10.0, 60.0]), np.array([0.5, 2.0]), 0.01, 0.9
    drive = np.random.default_rng(1).uniform(-40, 90, (400, 2))
    circuit = Circuit(
        dt,
        [Population("a", 2, balanced_resonate_and_fire(omega, damping, dt=dt, gamma=gamma))],
        stimuli=[CurrentInput("a", "I", drive)],
    )
    u, q, spikes, expected = np.zeros(2, complex), np.zeros(2), np.zeros(2), []
    for row in drive:
        q = gamma * q + spikes
        u = u + dt * ((divergence_boundary(omega, dt) - damping - q + 1j * omega) * u + row)
        spikes = (u.real > 1 + q).astype(float)
        expected.append(spikes)
    ticks, neurons = np.nonzero(expected)
    given = simulate(circuit, 400).spikes["a"]
    np.testing.assert_array_equal(given.ticks, ticks)
    np.testing.assert_array_equal(given.indices, neurons)
    assert 20 < ticks.size < 400


def test_at_the_boundary_the_length_stays() -> None:
    omega = np.linspace(0, 100, 7)
    step = np.abs(1 + 0.01 * (divergence_boundary(omega, 0.01) + 1j * omega))
    np.testing.assert_allclose(step, 1, rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"omega": 101.0}, r"dt \* omega is 1.01; at most 1 is allowed: take a smaller dt"),
        ({"omega": [1.0, np.nan]}, "at most 1 is allowed"),
        ({"dt": 0.0}, "dt is 0.0; a time above 0 s"),
        ({"damping": 0.0}, "damping is 0.0; numbers above 0 Hz"),
        ({"gamma": 1.0}, "gamma is 1.0"),
    ],
)
def test_the_balanced_neuron_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        balanced_resonate_and_fire(**options)


def test_currents_of_a_standing_neuron_are_refused() -> None:
    with pytest.raises(InvalidInput, match="a rate other than 0"):
        resonator_currents([[1.0]], 0.0, 0.0, 1e-3)
