"""Losses: their gradients against finite differences, their values against formulas, what they refuse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.training import InfoNCELoss, LocalContrastiveLoss, SpectralRegularization, laplacian
from neuro.training.optimisers import clip_gradient

RANDOM = np.random.default_rng(0)
ANCHORS, ITEMS = RANDOM.standard_normal((5, 7)), RANDOM.standard_normal((8, 7))
OWN = np.array([3, 0, 7, 3, 5])
LOSSES = [InfoNCELoss(), InfoNCELoss(1.0), LocalContrastiveLoss(), LocalContrastiveLoss(4.0)]


def slope(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Central differences."""
    result = np.empty_like(at)
    for place in np.ndindex(*at.shape):
        up, down = at.copy(), at.copy()
        up[place] += step
        down[place] -= step
        result[place] = (function(up) - function(down)) / (2 * step)
    return result


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_gradients_are_finite_differences(loss: InfoNCELoss | LocalContrastiveLoss, scale: float) -> None:
    a, b = scale * ANCHORS, scale * ITEMS
    found = loss(a, b, OWN)
    np.testing.assert_allclose(found.anchors, slope(lambda x: loss(x, b, OWN).value, a), atol=1e-6, rtol=1e-6)
    np.testing.assert_allclose(found.items, slope(lambda x: loss(a, x, OWN).value, b), atol=1e-6, rtol=1e-6)


def test_the_local_loss_pulls_pairs_and_pushes_only_inside_the_margin() -> None:
    anchors, items = np.array([[0.0, 0.0]]), np.array([[0.3, 0.0], [0.0, 0.5], [3.0, 0.0]])
    found = LocalContrastiveLoss(margin=1.0)(anchors, items)
    assert found.value == pytest.approx(0.3**2 / 2 + 0.5**2 / 2 / 2)
    np.testing.assert_allclose(found.items, [[0.3, 0.0], [0.0, -0.25], [0.0, 0.0]])


def test_info_nce_is_safe_at_low_temperature_and_never_below_zero() -> None:
    found = InfoNCELoss(1e-4)(ITEMS, ITEMS)
    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert np.isfinite(InfoNCELoss(1e-4)(ANCHORS, ITEMS, OWN).value)


def test_a_gradient_keeps_its_precision() -> None:
    found = InfoNCELoss()(ANCHORS.astype(np.float32), ITEMS.astype(np.float32), OWN)
    assert found.anchors.dtype == found.items.dtype == np.float32


@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 1e200), (np.float64, 1e-200), (np.float16, 200.0)])
def test_info_nce_does_not_depend_on_lengths(dtype: type, size: float) -> None:
    """Squares that are no numbers any more made every cosine 0, and the gradient with it."""
    a, b = ((side * size).astype(dtype) for side in (ANCHORS, ITEMS))
    found, exact = InfoNCELoss(1.0)(a, b, OWN), InfoNCELoss(1.0)(ANCHORS, ITEMS, OWN)
    rounding = 4 * float(np.finfo(dtype).eps)
    assert found.value == pytest.approx(exact.value, rel=rounding)
    np.testing.assert_allclose(found.anchors.astype(float) * size, exact.anchors, atol=rounding)


def test_a_gradient_of_any_size_is_clipped_to_the_norm() -> None:
    for size in (1e-200, 1.0, 1e200):
        clipped = clip_gradient(size * ANCHORS, 0.5)
        assert np.linalg.norm(clipped) == pytest.approx(min(0.5, size * np.linalg.norm(ANCHORS)))
    assert not clip_gradient(np.zeros(3), 0.5).any()


def test_the_laplacian_is_the_graphs_own() -> None:
    links = [(0, 1), (1, 0), (0, 2), (3, 0), (2, 2), (3, 4)]
    row_start = np.searchsorted([a for a, _ in sorted(links)], np.arange(6))
    L = laplacian(row_start, np.array([b for _, b in sorted(links)]))
    undirected = {frozenset(link) for link in links if link[0] != link[1]}
    Z = RANDOM.standard_normal((5, 3))
    value, gradient = SpectralRegularization(0.5)(Z, L)
    assert value == pytest.approx(0.5 / 5 * sum(np.sum((Z[i] - Z[j]) ** 2) for i, j in undirected))
    np.testing.assert_allclose(gradient, slope(lambda z: SpectralRegularization(0.5)(z, L)[0], Z), atol=1e-6)
    np.testing.assert_allclose(L.sum(axis=1), 0.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SpectralRegularization()(ITEMS, np.full((8, 8), np.nan)), "the Laplacian holds NaN"),
        (
            lambda: InfoNCELoss()(np.full((2, 9), 6e4, np.float16), ITEMS[:, :1] * np.ones(9)),
            "longer than float16 can say",
        ),
        (lambda: InfoNCELoss(0.0), "temperature is 0.0"),
        (lambda: InfoNCELoss(-1), "temperature is -1"),
        (lambda: InfoNCELoss(float("nan")), "temperature is nan"),
        (lambda: LocalContrastiveLoss(0), "margin is 0"),
        (lambda: InfoNCELoss()(ANCHORS[:1], ITEMS[:1]), "batch of one item has no negatives"),
        (lambda: LocalContrastiveLoss()(ANCHORS, ITEMS, np.full(5, -1)), "5 of 5 anchors have no positive"),
        (lambda: InfoNCELoss()(ITEMS, ANCHORS), "3 of 8 anchors have no positive, the first is anchor 5"),
        (lambda: InfoNCELoss()(ANCHORS, 0 * ITEMS), "row 0 is zero"),
        (lambda: InfoNCELoss()(ANCHORS, ITEMS[:, :3]), "3 dimensions; 7 are needed"),
        (lambda: InfoNCELoss()(ANCHORS * np.nan, ITEMS), "NaN"),
        (lambda: SpectralRegularization(-1.0), "weight is -1.0"),
        (lambda: SpectralRegularization()(ANCHORS, np.eye(4)), r"\(4, 4\); for 5 rows"),
        (lambda: laplacian([0, 1], [1]), "end at nodes 1 to 1; 0 to 0"),
        (lambda: laplacian([0, 2, 1], [0, 1]), "row_start must rise"),
    ],
)
def test_losses_refuse(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()
