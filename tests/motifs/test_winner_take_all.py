"""Hard winner-take-all: exactly the k largest drives fire, and only because of the winners rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuro.circuit.circuit import Winners
from neuro.errors import InvalidInput
from neuro.motifs import winner_take_all
from neuro.simulators import simulate
from tests.motifs.checks import same_in_brian2

FRAME = 50


def drives(frames: int, neurons: int, seed: int) -> np.ndarray:
    """Distinct graded drives of 24 to 40 mV, permuted anew in each frame."""
    rng = np.random.default_rng(seed)
    return np.array([rng.permutation(np.linspace(24e-3, 40e-3, neurons)) for _ in range(frames)])


@pytest.mark.parametrize("k", [1, 3])
def test_the_k_largest_drives_win_every_frame(k: int) -> None:
    drive = drives(60, 40, seed=k)
    spikes = simulate(winner_take_all(drive, k=k), 60 * FRAME).spikes["winners"]
    for frame, row in enumerate(drive):
        won = spikes.between(frame * FRAME, (frame + 1) * FRAME).indices
        assert sorted(won.tolist()) == sorted(np.argsort(row)[-k:].tolist())


def test_the_first_spike_comes_when_the_closed_form_says() -> None:
    ticks = simulate(winner_take_all([30e-3, 25e-3]), FRAME).spikes["winners"].ticks
    closed = 20.0 * np.log(30.0 / (30.0 - 20.0))
    # The update of tick 0 is already a step of 1 ms.
    assert ticks.tolist() == [int(np.ceil(closed)) - 1]


def test_without_the_rule_everybody_fires() -> None:
    drive = drives(5, 40, seed=9)
    circuit = winner_take_all(drive)
    free = replace(circuit, populations=[replace(circuit.populations[0], winners=Winners())])
    assert len(simulate(circuit, 5 * FRAME).spikes["winners"]) == 5
    assert len(simulate(free, 5 * FRAME).spikes["winners"]) == 5 * 40


def test_no_drive_no_winner() -> None:
    assert len(simulate(winner_take_all(np.full((2, 5), 20e-3)), 2 * FRAME).spikes["winners"]) == 0


def test_a_tie_goes_to_the_lower_index() -> None:
    assert simulate(winner_take_all([30e-3] * 4, k=2), FRAME).spikes["winners"].indices.tolist() == [0, 1]


def test_brian2_agrees() -> None:
    same_in_brian2(winner_take_all(drives(3, 10, seed=4), k=2), 3 * FRAME)


def test_a_drive_of_another_shape_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"drive has shape \(1, 2, 2\); finite numbers of shape \(frames, neurons\)"):
        winner_take_all(np.zeros((1, 2, 2)))
