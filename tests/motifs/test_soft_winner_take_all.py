"""Soft winner-take-all: the largest drive leads, and the shared inhibition makes its lead larger."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from neuro.motifs import soft_winner_take_all
from neuro.simulators import simulate
from tests.motifs.checks import same_in_brian2

SEEDS = range(10)
DRIVES = np.linspace(23e-3, 28e-3, 6)


@cache
def sorted_rates(inhibition: float, excitation: float) -> np.ndarray:
    """Rates in hertz over 1.5 s, shape (seeds, units), columns from the smallest drive to the largest."""
    rows = []
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(DRIVES.size)
        circuit = soft_winner_take_all(
            DRIVES[order], inhibition=inhibition, excitation=excitation, frame=2.0, seed=seed
        )
        counts = simulate(circuit, 4000).spikes["units"].between(1000, 4000).counts()
        rows.append(counts[np.argsort(order)] / 1.5)
    return np.array(rows)


def contrast(rates: np.ndarray, upper: int, lower: int) -> float:
    """(r1 - r2) / (r1 + r2), mean over seeds."""
    high, low = rates[:, upper], rates[:, lower]
    return float(np.mean((high - low) / (high + low)))


def test_the_largest_drive_wins_in_every_seed() -> None:
    rates = sorted_rates(0.5e-3, 8e-3)
    assert np.all(np.argmax(rates, axis=1) == DRIVES.size - 1)
    assert 15 < rates[:, -1].mean() < 60  # alive, and far from the ceiling of 1 / 2 ms


def test_rates_keep_the_order_of_the_drives() -> None:
    means = sorted_rates(0.5e-3, 8e-3).mean(axis=0)
    assert all(low < high for low, high in pairwise(means))


def test_the_pool_amplifies_contrast() -> None:
    with_pool, without = sorted_rates(0.5e-3, 8e-3), sorted_rates(0.0, 8e-3)
    assert contrast(with_pool, -1, -2) > 1.5 * contrast(without, -1, -2)
    assert contrast(with_pool, -1, 1) > 2.5 * contrast(without, -1, 1)
    assert contrast(with_pool, -1, 0) > 0.95, "the smallest drive is nearly silenced"
    assert without[:, 0].min() > 20, "and it is the pool that silences it"


def test_self_excitation_adds_gain_to_the_winner() -> None:
    assert sorted_rates(0.5e-3, 8e-3)[:, -1].mean() > 1.05 * sorted_rates(0.5e-3, 0.0)[:, -1].mean()


def test_brian2_agrees() -> None:
    same_in_brian2(soft_winner_take_all(DRIVES, frame=0.15), 300)
