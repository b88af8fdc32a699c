"""The race: the first k to fire are the k highest levels, on every simulator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuro.encoders import codes_from_spikes, top_units
from neuro.encoders.race import Race
from neuro.errors import InvalidInput
from neuro.simulators import Brian2Reference, Compiled, FixedPoint, Simulator, simulate


def corners(top: int, units: int = 40) -> np.ndarray:
    """Presentations that are hard: constant, almost constant, neighbouring levels, all spread, many ties."""
    random = np.random.default_rng(0)
    rows = [
        np.zeros(units),
        np.full(units, top),
        np.arange(units) % 2,
        top - np.arange(units) % 3,
        np.eye(units)[-1] * top,
        top - np.eye(units)[0],
        np.linspace(0, top, units),
        np.linspace(top, 0, units),
        *random.integers(0, top + 1, (6, units)),
        *random.integers(0, 4, (6, units)),
    ]
    return np.array(rows).astype(np.int32)


def assert_highest_levels_win(race: Race, levels: np.ndarray, winners: int, on: Simulator) -> None:
    circuit = race.circuit(levels, winners)
    run = simulate(circuit, len(levels) * race.ticks, on=on)
    np.testing.assert_array_equal(codes_from_spikes(run, race.ticks), top_units(levels, winners))


@pytest.mark.parametrize("on", [Compiled(), FixedPoint(), Brian2Reference()], ids=lambda on: type(on).__name__)
def test_highest_levels_win(on: Simulator) -> None:
    assert_highest_levels_win(Race(), corners(255), 7, on)


@pytest.mark.parametrize("race", [Race(4, 2), Race(10, 16), Race(6, 5)])
@pytest.mark.parametrize(
    "on", [Compiled(), pytest.param(FixedPoint(), marks=pytest.mark.long)], ids=["Compiled", "FixedPoint"]
)
def test_highest_levels_win_at_other_grids_and_leaks(race: Race, on: Simulator) -> None:
    assert_highest_levels_win(race, corners((1 << race.level_bits) - 1), 11, on)


@given(arrays(np.int32, (8, 9), elements=st.integers(0, 15)), st.integers(1, 9))
@settings(max_examples=15)
def test_highest_levels_win_whatever_they_are(levels: np.ndarray, winners: int) -> None:
    assert_highest_levels_win(Race(4), levels, winners, Compiled())


@pytest.mark.parametrize("race", [Race(bits, leak) for bits in (4, 8, 16) for leak in (2, 3, 8, 64)], ids=str)
def test_the_last_winner_fires_in_time_and_not_far_ahead(race: Race) -> None:
    def potential(ticks: int) -> float:
        return float(race.currents(np.zeros(1, dtype=np.int64))[0] * (1 - (1 - 1 / race.leak_ticks) ** ticks))

    threshold = race.step * 2**race.level_bits
    assert potential(race.ticks) > threshold
    assert potential(race.ticks - 1) < 1.05 * threshold


def test_a_longer_presentation_changes_no_winner() -> None:
    race, levels = Race(), corners(255)
    run = simulate(race.circuit(levels, 5, presentation_ticks=race.ticks + 6), len(levels) * (race.ticks + 6))
    np.testing.assert_array_equal(codes_from_spikes(run, race.ticks + 6), top_units(levels, 5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level_bits": 3}, "level_bits is 3; a whole number from 4 to 16"),
        ({"leak_ticks": 65}, "leak_ticks is 65; a whole number from 2 to 64"),
        ({"dt": 0.0}, "dt is 0.0; a time above 0 s"),
        ({"dt": float("nan")}, "dt is nan"),
    ],
)
def test_race_refuses(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Race(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("levels", "options", "message"),
    [
        (np.zeros((1, 3)), {}, r"levels have shape \(1, 3\), dtype float64"),
        (np.zeros(3, dtype=int), {}, r"levels have shape \(3,\)"),
        (np.zeros((0, 3), dtype=int), {}, r"levels have shape \(0, 3\)"),
        (np.array([[0, 256]]), {}, "levels run from 0 to 256; 0 to 255 are allowed"),
        (np.array([[0, 255]]), {"presentation_ticks": 3}, "presentation_ticks is 3; the last winner needs 13"),
        (np.array([[0, 255]]), {"presentation_ticks": 20.5}, "presentation_ticks is 20.5"),
        (np.array([[0, 255]]), {"winners": 3}, "1 to 2 is allowed"),
    ],
)
def test_circuit_refuses(levels: np.ndarray, options: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Race().circuit(levels, **{"winners": 1, **options})


def test_a_level_below_zero_has_no_first_tick() -> None:
    with pytest.raises(InvalidInput, match="levels run from -1 to 3; 0 to 255 is allowed"):
        Race().first_ticks(np.array([-1, 3]))


@pytest.mark.parametrize("race", [Race(), Race(4, 2), Race(10, 16), Race(6, 5)], ids=str)
def test_first_ticks_are_those_of_the_circuit(race: Race) -> None:
    levels = np.unique(np.linspace(0, (1 << race.level_bits) - 1, 60).astype(np.int32))
    spikes = simulate(race.circuit(levels[None], levels.size), race.ticks).spikes["encoder"]
    assert spikes.counts().tolist() == [1] * levels.size
    assert race.first_ticks(levels)[spikes.indices].tolist() == spikes.ticks.tolist()
