"""The change that one pair of spikes makes, against the closed form of each rule's window."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from neuro import models
from neuro.circuit.circuit import Operation, Probe
from neuro.models.base import SynapseModel
from tests.models.pairing import DT, OBEDIENT, pairing, run

LAGS = np.arange(-30, 31)
"""Postsynaptic minus presynaptic tick; at 0 the presynaptic spike counts as the earlier one."""
PRE, TICKS = 35, 70
TAU_PLUS, TAU_MINUS, TAU_C = 17e-3, 34e-3, 200e-3
UP, DOWN = 0.03, 0.02
START, LOW, HIGH = 0.4, 0.1, 1.1
BOUNDS = {"w": START, "w_min": LOW, "w_max": HIGH}
TAUS = {"tau_plus": TAU_PLUS, "tau_minus": TAU_MINUS}
STEPS = {"a_plus": UP, "a_minus": DOWN, **TAUS, **BOUNDS}
TRIPLET = {"a2_plus": UP, "a3_plus": 9.0, "a2_minus": DOWN, "a3_minus": 9.0, "scale": 2.0, **TAUS, **BOUNDS}

RULES = {
    "pair": (models.pair_stdp("g", "1"), STEPS),
    "nearest": (models.nearest_neighbour_stdp("g", "1"), STEPS),
    "multiplicative": (models.multiplicative_stdp("g", "1"), STEPS),
    "van_rossum": (models.van_rossum_stdp("g", "1"), STEPS),
    "power_law": (models.power_law_stdp("g", "1"), {**STEPS, "mu": 0.3}),
    "symmetric": (models.symmetric_stdp("g", "1"), {"a": UP, "offset": 0.01, "tau": TAU_PLUS, **BOUNDS}),
    "triplet": (models.triplet_stdp("g", "1"), TRIPLET),
    "inhibitory": (models.inhibitory_plasticity("g", "1"), {"eta": UP, "rho_0": 8.0, "tau": TAU_PLUS, **BOUNDS}),
    "reward": (models.reward_modulated_stdp("g", "1"), {**STEPS, "tau_c": TAU_C}),
}


def window(up: float, down: float) -> np.ndarray:
    """``up`` exp(-lag/tau_plus) for lag >= 0, ``down`` exp(lag/tau_minus) below."""
    late = up * np.exp(-np.abs(LAGS) * DT / TAU_PLUS)
    return np.where(LAGS >= 0, late, down * np.exp(-np.abs(LAGS) * DT / TAU_MINUS))


def symmetric(step: float) -> np.ndarray:
    return step * np.exp(-np.abs(LAGS) * DT / TAU_PLUS)


EXPECTED: dict[str, Callable[[], np.ndarray]] = {
    "pair": lambda: window(UP, -DOWN),
    "nearest": lambda: window(UP, -DOWN),
    "multiplicative": lambda: window(UP * (HIGH - START), -DOWN * (START - LOW)),
    "van_rossum": lambda: window(UP * (HIGH - LOW), -DOWN * (START - LOW)),
    # W = 1 here, so the distances to the bounds are 0.7 and 0.3 of it.
    "power_law": lambda: window(UP * 0.7**0.3, -DOWN * 0.3**0.3),
    "symmetric": lambda: symmetric(UP) - 0.01,
    # A lone pair meets no earlier spike of its own side: the triplet terms are silent.
    "triplet": lambda: window(2.0 * UP, -2.0 * DOWN),
    "inhibitory": lambda: symmetric(UP) - 2 * 8.0 * TAU_PLUS * UP,
}


@functools.cache
def changes() -> dict[tuple[str, str], np.ndarray]:
    circuit = pairing(RULES, [[PRE]] * LAGS.size, [[PRE + lag] for lag in LAGS])
    recording = run(circuit, TICKS)
    assert recording.spikes["a"].ticks.tolist() == sorted(PRE + LAGS)
    return {key: values - (START if key[1] == "w" else 0.0) for key, values in recording.final.items()}


@pytest.mark.parametrize("name", EXPECTED)
def test_one_pair_changes_the_weight_by_the_closed_form(name: str) -> None:
    assert changes()[name, "w"] == pytest.approx(EXPECTED[name](), rel=1e-9, abs=1e-14)


def test_one_pair_changes_the_eligibility_and_leaves_the_weight() -> None:
    """c takes the pair's change at the later spike and decays from there."""
    later = PRE + np.maximum(LAGS, 0)
    decayed = np.exp(-(TICKS - 1 - later) * DT / TAU_C)
    assert changes()["reward", "c"] == pytest.approx(window(UP, -DOWN) * decayed, rel=1e-9)
    assert np.all(changes()["reward", "w"] == 0.0)


def test_the_weight_follows_reward_times_eligibility() -> None:
    """c = UP exp(-(n - 41) dt/tau_c) from the pair on; the steps add up a geometric series, or undo it."""
    rewards = np.array([1.0, -1.0, 0.0])
    circuit = pairing({"reward": RULES["reward"]}, [[40]] * 3, [[41]] * 3)
    neuron = replace(OBEDIENT, equations=f"{OBEDIENT.equations}\nreward : 1")
    population = replace(circuit.populations[0], model=neuron, initial={"reward": rewards})
    step = Operation("learn", "reward", models.REWARD_STEP)
    final = run(replace(circuit, populations=[population], operations=[step]), 100).final
    decay, up = np.exp(-DT / TAU_C), UP * np.exp(-DT / TAU_PLUS)
    change = rewards * DT * up * (1 - decay**59) / (1 - decay)
    assert final["reward", "w"] - START == pytest.approx(change, rel=1e-9)


def test_symmetric_is_symmetric_and_pairs_are_not() -> None:
    both = changes()["symmetric", "w"]
    assert both == pytest.approx(both[::-1], rel=1e-12)
    assert np.sign(changes()["pair", "w"]).tolist() == np.where(LAGS >= 0, 1, -1).tolist()


def test_a_delay_moves_the_window() -> None:
    """With a delay the pair is (arrival, postsynaptic spike): each synapse has its own here."""
    delays = np.resize([0, 3, 11], LAGS.size)
    circuit = pairing({"pair": RULES["pair"]}, [[PRE]] * LAGS.size, [[PRE + lag] for lag in LAGS], delay=delays * DT)
    lag = (LAGS - delays) * DT
    expected = np.where(lag >= 0, UP * np.exp(-lag / TAU_PLUS), -DOWN * np.exp(lag / TAU_MINUS))
    assert run(circuit, 90).final["pair", "w"] - START == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("period", [4, 400])
def test_neighbours_forget_what_all_pairs_sum(period: int) -> None:
    """n presynaptic spikes, then one postsynaptic one: all pairs sum a geometric series, neighbours see one step."""
    n, gap = 12, 2
    train = [1 + period * k for k in range(n)]
    names = ("pair", "nearest")
    circuit = pairing({name: RULES[name] for name in names}, [train], [[train[-1] + gap]])
    final = run(circuit, train[-1] + 5).final
    summed, nearest = (float(final[name, "w"][0]) - START for name in names)
    ratio = np.exp(-period * DT / TAU_PLUS)
    assert nearest == pytest.approx(UP * np.exp(-gap * DT / TAU_PLUS), rel=1e-9)
    assert summed == pytest.approx(nearest * (1 - ratio**n) / (1 - ratio), rel=1e-9)
    assert (summed > 4 * nearest) == (period == 4)


def _many(model: SynapseModel, parameters: dict[str, float]) -> np.ndarray:
    """Ten synapses under dense random spikes of both sides; the weight at every tick."""
    rng = np.random.default_rng(5)
    trains = [[np.flatnonzero(rng.random(300) < 0.2) + 1 for _ in range(10)] for _ in range(2)]
    circuit = pairing({"p": (model, parameters)}, *trains)
    return run(replace(circuit, probes=[Probe("p", "w")]), 305).probes["p", "w"]


@pytest.mark.parametrize("name", [name for name in RULES if name != "reward"])
def test_bounds_are_never_left(name: str) -> None:
    """Under steps of half the range every hard bound is met and none is passed."""
    model, parameters = RULES[name]
    large = {key: 0.5 for key in ("a_plus", "a_minus", "a", "eta", "a2_plus", "a2_minus") if key in parameters}
    if "offset" in parameters:
        large["offset"] = 2.5
    weights = _many(model, {**parameters, **large})
    assert LOW <= weights.min() <= weights.max() <= HIGH
    # Soft rules only approach a bound; hard ones stand on one.
    assert weights.min() < LOW + 0.1
    assert weights.max() > HIGH - 0.1
