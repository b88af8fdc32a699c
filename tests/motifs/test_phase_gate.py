"""Phase gate: packets pass at the preferred phase and nowhere else; the window is the closed form's."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.motifs import pass_window, phase_gate
from neuro.simulators import simulate
from tests.motifs.checks import same_in_brian2

CYCLE = 250
"""Ticks of 0.1 ms in a cycle of 40 Hz."""
PHASES = np.array([0.0, 0.25, 0.5, 0.75])
SCAN = 2 * CYCLE * np.arange(1, 126) + 2 * np.arange(125)
"""Ticks of 125 packets, two cycles apart, each 2 ticks later in its cycle than the one before."""


def passed(ticks: np.ndarray, **settings: float) -> np.ndarray:
    """Which packet made which target fire at once, shape (packets, targets)."""
    last = int(ticks[-1]) + CYCLE
    spikes = simulate(phase_gate(ticks * 1e-4, PHASES, last * 1e-4, **settings), last).spikes["targets"]
    hit = np.zeros((ticks.size, PHASES.size), dtype=bool)
    at = np.searchsorted(ticks, spikes.ticks)
    assert np.all(ticks[at] == spikes.ticks), "only packets make targets fire"
    hit[at, spikes.indices] = True
    return hit


def distance(ticks: np.ndarray) -> np.ndarray:
    """From a packet's phase to each preferred phase, in cycles, 0 .. 1/2."""
    phase = (ticks % CYCLE) / CYCLE
    return np.abs((phase[:, np.newaxis] - PHASES + 0.5) % 1 - 0.5)


def test_the_window_is_that_of_the_closed_form() -> None:
    hit, away = passed(SCAN), distance(SCAN)
    half = pass_window() / 2
    one_packet = 2 / CYCLE
    assert np.all(hit[away < half - one_packet])
    assert not np.any(hit[away > half + one_packet])
    assert 0.2 < hit.mean() < 0.26


def test_four_phases_are_four_channels() -> None:
    ticks = SCAN[0] // CYCLE * CYCLE + 3 * CYCLE * np.arange(40) + np.tile([0, 62, 125, 187], 10)
    np.testing.assert_array_equal(np.argmax(passed(ticks), axis=1), np.tile([0, 1, 2, 3], 10))
    assert np.all(passed(ticks).sum(axis=1) == 1)


def test_without_the_oscillation_everything_passes() -> None:
    assert np.all(passed(SCAN, depth=0.0))
    assert pass_window(depth=0.0) == 1.0


def test_a_weak_packet_never_passes() -> None:
    assert not np.any(passed(SCAN, weight=20e-3))
    assert pass_window(weight=20e-3) == 0.0


def test_the_gate_follows_its_frequency() -> None:
    # Packets at 40 Hz, always at phase 0 of 40 Hz, drift through the phases of a gate of 32 Hz: 4/5 of a cycle each.
    ticks = CYCLE * np.arange(1, 101)
    hit = passed(ticks, frequency=32.0)[:, 0]
    np.testing.assert_array_equal(np.flatnonzero(hit), np.arange(4, 100, 5))


def test_brian2_agrees() -> None:
    recording = same_in_brian2(phase_gate([0.01, 0.025, 0.05], PHASES, 0.06), 600)
    assert len(recording.spikes["targets"]) == 3


def test_phases_of_another_shape_are_refused() -> None:
    with pytest.raises(InvalidInput, match="phases have shape"):
        phase_gate([0.01], [[0.0]], 0.1)
