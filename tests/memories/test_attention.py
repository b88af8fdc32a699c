"""Attention weights against outside oracles, and what makes sparse ones exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from neuro.errors import InvalidInput
from neuro.memories import Activation
from neuro.memories.hopfield.attention_weights import attention, least_weight, margin, mix, omega, potential

SPARSE = (Activation.SPARSEMAX, Activation.ENTMAX15)


@pytest.mark.parametrize("beta", [0.01, 1.0, 30.0, 1e6])
@pytest.mark.parametrize("items", [1, 16, 53])
def test_softmax_is_scipys(beta: float, items: int) -> None:
    s = np.random.default_rng(items).normal(size=(7, items)).astype(np.float32)
    expected = softmax(beta * s.astype(np.float64), axis=1)
    # The exponent is rounded to float32: at most 88 (2^-23 of it) where anything is left.
    np.testing.assert_allclose(attention(s, beta), expected, rtol=2e-5, atol=2e-38)
    np.testing.assert_allclose(attention(s.astype(np.float64), beta), expected, rtol=1e-9)
    np.testing.assert_array_equal(attention(s[2], beta), attention(s, beta)[2])


@pytest.mark.parametrize("activation", SPARSE)
def test_sparse_weights_are_the_maximum(activation: Activation) -> None:
    s, beta = np.random.default_rng(0).normal(size=6), 1.5
    w = attention(s, beta, activation)

    def loss(p: np.ndarray) -> float:
        return float(omega(p, activation) - beta * p @ s)

    found = minimize(
        loss,
        np.full(6, 1 / 6),
        bounds=[(0, 1)] * 6,
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    np.testing.assert_allclose(w, found.x, atol=1e-4)
    assert loss(w) <= found.fun + 1e-9
    assert 0 < np.count_nonzero(w) < 6


@pytest.mark.parametrize("activation", Activation)
@settings(max_examples=30, deadline=None)
@given(s=st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=40), beta=st.floats(1e-3, 1e3))
def test_weights_sum_to_one_and_follow_the_similarities(activation: Activation, s: list[float], beta: float) -> None:
    similarities = np.array(s, dtype=np.float32)
    w = attention(similarities, beta, activation)
    assert np.all(w >= 0)
    assert w.sum() == pytest.approx(1, abs=1e-5)
    assert np.all(np.diff(w[np.argsort(similarities, kind="stable")]) >= -1e-7)


@pytest.mark.parametrize("activation", SPARSE)
def test_a_lead_of_the_margin_gets_exactly_all(activation: Activation) -> None:
    beta, lead = 4.0, margin(activation, 9)
    s = np.zeros((2, 9), dtype=np.float32)
    s[0, 3], s[1, 3] = lead / beta, 0.99 * lead / beta
    w = attention(s, beta, activation)
    np.testing.assert_array_equal(w[0], np.eye(9)[3])
    assert 0.5 < w[1, 3] < 1


def test_the_softmax_margin_gives_the_weight() -> None:
    s = np.zeros(9)
    s[3] = margin(Activation.SOFTMAX, 9, 0.9)
    assert attention(s, 1.0)[3] == pytest.approx(0.9)


@pytest.mark.parametrize("activation", Activation)
def test_attention_is_the_slope_of_the_potential(activation: Activation) -> None:
    s, beta, h = np.random.default_rng(1).normal(size=8), 2.0, 1e-5
    up, down = (potential(s + step * np.eye(8), beta, activation) for step in (h, -h))
    np.testing.assert_allclose((up - down) / (2 * h), attention(s, beta, activation), atol=1e-6)


def test_the_softmax_potential_is_logsumexp() -> None:
    s = np.random.default_rng(2).normal(size=(3, 8))
    np.testing.assert_allclose(potential(s, 3.0, Activation.SOFTMAX), logsumexp(3.0 * s, axis=1) / 3.0)


def test_what_a_sum_leaves_out_is_below_its_rounding() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(200, 16)).astype(np.float32)
    w = attention(random.normal(size=(4, 200)).astype(np.float32), 12.0)
    left_out = w <= least_weight(200, Activation.SOFTMAX)
    assert left_out.mean() > 0.75, "the case must leave something out"
    exact = w.astype(np.float64) @ rows.astype(np.float64)
    assert np.abs(mix(w, rows, Activation.SOFTMAX) - exact).max() <= 4 * 2.0**-24 * np.abs(rows).max()


@pytest.mark.parametrize("beta", [0, -1.0, float("nan"), float("inf"), True, "1", None])
def test_a_beta_that_is_no_number_above_zero_is_refused(beta: Any) -> None:
    with pytest.raises(InvalidInput, match="a number above 0"):
        attention(np.ones(3), beta)


@pytest.mark.parametrize(
    ("similarities", "message"),
    [(np.ones(3, int), "float32 or float64"), (np.empty(0), "not empty"), (np.array([1.0, np.nan]), "NaN or infinity")],
)
def test_bad_similarities_are_refused(similarities: np.ndarray, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        attention(similarities, 1.0)


def test_a_margin_needs_a_weight_between_0_and_1() -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        margin(Activation.SOFTMAX, 3, 1.0)
