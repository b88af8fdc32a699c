"""The miner's choices against a brute-force reading of their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.training import HardNegativeMiner, Mining
from neuro.training.hard_negatives import distance_log_weights, exact_neighbours

RANDOM = np.random.default_rng(3)
ANCHORS, ITEMS = RANDOM.standard_normal((40, 4)), RANDOM.standard_normal((60, 4))
OWN = np.arange(40)
EVERYONE = np.tile(np.arange(60), (40, 1))


def distance(anchor: int, item: int) -> float:
    a, b = ANCHORS[anchor], ITEMS[item]
    return float(np.linalg.norm(a / np.linalg.norm(a) - b / np.linalg.norm(b)))


def mined(
    strategy: Mining, count: int = 6, draw: int = 0, seed: int = 0, candidates: np.ndarray = EVERYONE
) -> np.ndarray:
    return HardNegativeMiner(strategy, seed=seed).choose(ANCHORS, ITEMS, OWN, candidates, count, draw)


def test_the_hardest_are_the_nearest() -> None:
    for anchor, chosen in enumerate(mined(Mining.HARDEST)):
        others = sorted((item for item in range(60) if item != anchor), key=lambda item: distance(anchor, item))
        assert chosen.tolist() == others[:6]


def test_semi_hard_are_farther_than_the_positive_then_the_rest_in_order() -> None:
    whole_band = 0
    for anchor, chosen in enumerate(mined(Mining.SEMI_HARD)):
        positive = distance(anchor, anchor)
        others = sorted((item for item in range(60) if item != anchor), key=lambda item: distance(anchor, item))
        band = [item for item in others if positive < distance(anchor, item) < positive + 0.2]
        beyond = [item for item in others if distance(anchor, item) >= positive + 0.2]
        nearer = [item for item in reversed(others) if distance(anchor, item) <= positive]
        assert chosen.tolist() == (band + beyond + nearer)[:6]
        whole_band += len(band) >= 6
    assert 0 < whole_band < 40


def test_drawn_ones_follow_their_weights() -> None:
    candidates = np.array([[0, 7, 21, 33]])
    miner, alone = HardNegativeMiner(Mining.DISTANCE_WEIGHTED), ANCHORS[5:6]
    draws = np.array([miner.choose(alone, ITEMS, OWN[5:6], candidates, 1, n)[0, 0] for n in range(1500)])
    weight = np.array([np.exp(distance_log_weights(distance(5, item), 4)) for item in candidates[0]])
    found = np.array([(draws == item).mean() for item in candidates[0]])
    np.testing.assert_allclose(found, weight / weight.sum(), atol=0.05)
    d = distance(5, 7)
    assert np.exp(-distance_log_weights(d, 4)) == pytest.approx(max(d, 0.5) ** 2 * (1 - max(d, 0.5) ** 2 / 4) ** 0.5)


@pytest.mark.parametrize("strategy", list(Mining))
def test_choices_are_distinct_never_the_own_item_and_the_seeds(strategy: Mining) -> None:
    first = mined(strategy)
    assert not np.any(first == OWN[:, None])
    assert all(len(set(row)) == 6 for row in first.tolist())
    np.testing.assert_array_equal(first, mined(strategy))
    is_drawn = strategy in (Mining.RANDOM, Mining.DISTANCE_WEIGHTED)
    assert np.any(first != mined(strategy, draw=1)) == is_drawn
    assert np.any(first != mined(strategy, seed=1)) == is_drawn


def test_exact_neighbours_are_sorted_inner_products() -> None:
    found = exact_neighbours(ITEMS)(ANCHORS, 5)
    np.testing.assert_array_equal(found, np.argsort(-(ANCHORS @ ITEMS.T), axis=1, kind="stable")[:, :5])


def test_bad_candidates_are_refused() -> None:
    with pytest.raises(InvalidInput, match="count is 60; a whole number from 1 to 59"):
        mined(Mining.HARDEST, 60)
    for wrong in (EVERYONE + 1, EVERYONE.astype(float), EVERYONE[:, :0]):
        with pytest.raises(InvalidInput, match="candidates of shape"):
            mined(Mining.HARDEST, 1, candidates=wrong)
    with pytest.raises(InvalidInput, match="the candidates of anchor 0 name an item twice"):
        mined(Mining.HARDEST, candidates=EVERYONE // 2)
    with pytest.raises(InvalidInput, match="items: row 7 is zero and has no cosine"):
        HardNegativeMiner().choose(ANCHORS, np.where(np.arange(60)[:, None] == 7, 0.0, ITEMS), OWN, EVERYONE, 1)
    with pytest.raises(InvalidInput, match="strategy is 'hardest'"):
        HardNegativeMiner("hardest")  # type: ignore[arg-type]
