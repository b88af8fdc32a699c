"""ModernHopfield: it is attention, its energy never rises, its rule for beta and its capacity hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

from neuro.errors import InvalidInput
from neuro.memories import Activation, ModernHopfield, Similarity, beta_for, hopfield_capacity
from neuro.memories.hopfield.attention_weights import separations

HALF: Any = 1.5

EVERY_KIND = [(similarity, activation) for similarity in Similarity for activation in Activation]


def vectors(items: int, dimensions: int, seed: int, length: float = 1.0) -> np.ndarray[Any, np.dtype[np.float32]]:
    x = np.random.default_rng(seed).normal(size=(items, dimensions))
    return np.asarray(length * x / np.linalg.norm(x, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("steps", [1, 3])
def test_it_is_the_attention_of_transformers(steps: int) -> None:
    keys, values, queries = vectors(40, 16, 0, 3.0), vectors(40, 24, 1), vectors(5, 16, 2, 3.0)
    memory = ModernHopfield(16, value_dimensions=24, beta=1 / 4, similarity=Similarity.DOT)
    memory.store(keys, values)
    xi = queries.astype(np.float64)
    for _ in range(steps):
        weights = softmax(xi @ keys.astype(np.float64).T / np.sqrt(16), axis=1)
        xi = weights @ keys
    found = memory.retrieve(queries, steps)
    np.testing.assert_allclose(found.attention, weights, rtol=1e-4)
    np.testing.assert_allclose(found.patterns, weights @ values, atol=1e-6)
    one = memory.retrieve(queries[2], steps)
    np.testing.assert_allclose(one.patterns, found.patterns[2], atol=1e-6)
    np.testing.assert_allclose(one.attention, found.attention[2], rtol=1e-4)


@pytest.mark.parametrize(("similarity", "activation"), EVERY_KIND)
def test_one_cue_and_a_batch_agree(similarity: Similarity, activation: Activation) -> None:
    memory = ModernHopfield(16, value_dimensions=3, beta=6.0, similarity=similarity, activation=activation)
    memory.store(vectors(50, 16, 0, 2.0), vectors(50, 3, 1))
    cues = vectors(4, 16, 2)
    batch = memory.recall(cues, 3)
    for row, cue in enumerate(cues):
        single = memory.recall(cue, 3)
        np.testing.assert_array_equal(single.indices, batch.indices[row])
        np.testing.assert_allclose(single.scores, batch.scores[row], rtol=1e-5)
        np.testing.assert_allclose(single.retrieval.attention, batch.retrieval.attention[row], atol=1e-5)
        np.testing.assert_allclose(single.retrieval.patterns, batch.retrieval.patterns[row], atol=1e-5)
        np.testing.assert_array_equal(single.values, memory.values[single.indices])


@pytest.mark.parametrize(("similarity", "activation"), EVERY_KIND)
def test_the_energy_never_rises(similarity: Similarity, activation: Activation) -> None:
    memory = ModernHopfield(8, beta=2.5, similarity=similarity, activation=activation)
    keys = np.random.default_rng(0).normal(size=(30, 8)).astype(np.float32)
    # Then the answer of an auto-associative memory is its next state; only the direction counts with COSINE.
    memory.store(keys if similarity is Similarity.DOT else vectors(30, 8, 0))
    xi = 3 * np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32)
    first = before = memory.energy(xi)
    for _ in range(12):
        xi = memory.retrieve(xi).patterns
        after = memory.energy(xi)
        assert np.all(after <= before + 1e-5)
        before = after
    assert np.mean(first - before) > 0.1, "the energy must fall at all"


def test_sparsemax_recalls_a_pattern_bit_for_bit() -> None:
    keys, values = vectors(60, 32, 0), vectors(60, 5, 1)
    memory = ModernHopfield(32, value_dimensions=5, activation=Activation.SPARSEMAX)
    memory.store(keys, values)
    noisy = keys + 0.1 * vectors(60, 32, 2)
    for cues in (keys, noisy):
        found = memory.retrieve(cues)
        np.testing.assert_array_equal(found.patterns, values)
        np.testing.assert_array_equal(found.attention, np.eye(60))
    soft = ModernHopfield(32, value_dimensions=5, beta=memory.beta)
    soft.store(keys, values)
    assert np.abs(soft.retrieve(keys).patterns - values).max() > 0.01


def test_iteration_completes_what_one_step_does_not() -> None:
    keys = vectors(30, 32, 0)
    memory = ModernHopfield(32, beta=8.0)
    memory.store(keys)
    cue = keys[:10] + 0.9 * vectors(10, 32, 3)
    one, many = memory.retrieve(cue), memory.retrieve(cue, None)
    assert np.all(many.converged)
    assert many.steps > 2
    weight = np.arange(10), np.arange(10)
    assert many.attention[weight].mean() > one.attention[weight].mean() + 0.1
    again = memory.retrieve(cue, many.steps)
    np.testing.assert_array_equal(again.attention, many.attention)


def test_the_rule_for_beta_keeps_its_promise() -> None:
    for length in (1.0, 5.0):
        keys = vectors(80, 24, 4, length)
        beta = beta_for(keys, Similarity.DOT, quantile=0.0, weight=0.9, radius=0.5)
        nearest = separations(keys, Similarity.DOT)
        reach = 0.5 * nearest.min() / (2 * length)
        memory = ModernHopfield(24, beta=beta, similarity=Similarity.DOT)
        memory.store(keys)
        cues = keys + np.float32(reach) * vectors(80, 24, 5)
        assert np.diag(memory.retrieve(cues).attention).min() >= 0.9
        assert beta * length**2 == pytest.approx(beta_for(vectors(80, 24, 4), quantile=0.0, weight=0.9), rel=1e-4)
    expected = 1.0 - np.sort(vectors(80, 24, 4) @ vectors(80, 24, 4).T, axis=1)[:, -2]
    np.testing.assert_allclose(separations(keys), expected, atol=1e-6)


def test_the_rule_goes_by_what_is_stored() -> None:
    keys = vectors(50, 16, 6)
    memory = ModernHopfield(16)
    memory.store(keys[0])
    alone = memory.beta
    memory.store(keys[0])
    assert memory.beta == alone, "a copy can't be told apart at any beta"
    memory.store(keys[1:])
    assert memory.beta > alone
    assert memory.beta == pytest.approx(beta_for(np.vstack([keys[:1], keys])), rel=1e-6)


def test_capacity_is_reached() -> None:
    dimensions, beta = 16, 12.0
    estimate = hopfield_capacity(dimensions, beta)
    assert 500 < estimate < 20_000
    measured = {}
    for share in (0.1, 1.0, 10.0):
        keys = vectors(int(share * estimate), dimensions, 7)
        memory = ModernHopfield(dimensions, beta=beta)
        memory.store(keys)
        measured[share] = np.diag(memory.retrieve(keys[:200]).attention[:, :200]).mean()
    assert measured[0.1] > 0.8
    assert 0.4 < measured[1.0] < 0.6
    assert measured[10.0] < 0.2
    assert memory.capacity() == pytest.approx(estimate)
    sparse = hopfield_capacity(8, 12.0, activation=Activation.SPARSEMAX)
    exact = ModernHopfield(8, beta=12.0, activation=Activation.SPARSEMAX)
    exact.store(vectors(int(sparse), 8, 8))
    assert np.mean(np.diag(exact.retrieve(exact.keys).attention) == 1) > 0.5
    assert hopfield_capacity(4096, 400.0) > hopfield_capacity(4096, 40.0) > 1e6


def test_scores_are_similarities_and_abstention_goes_by_them() -> None:
    keys = vectors(20, 32, 9)
    memory = ModernHopfield(32)
    memory.store(5 * keys, indices=np.arange(20) + 100)
    cues = np.vstack([keys[:1], vectors(1, 32, 10)])
    found = memory.recall(cues, 2, threshold=0.7)
    np.testing.assert_allclose(memory.recall(cues, 2).scores, np.sort(cues @ keys.T)[:, :-3:-1], rtol=1e-5)
    np.testing.assert_array_equal(found.indices, [[100, -1], [-1, -1]])
    assert found.values is not None
    np.testing.assert_array_equal(found.values[0, 0], 5 * keys[0])
    assert not np.any(found.values[1])


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    one = np.ones(4, np.float32)
    memory = ModernHopfield(4, value_dimensions=2)
    memory.store(one, np.ones(2, np.float32))
    before = memory.state()
    refused: list[tuple[Any, str]] = [
        (lambda: memory.store(one), "no values"),
        (lambda: memory.store(one, np.ones(3, np.float32)), "values have 3 dimensions"),
        (lambda: memory.store(one, np.ones((2, 2), np.float32)), "2 values for 1 cues"),
        (lambda: memory.store(one, np.array([np.nan, 1], np.float32)), "values hold NaN"),
        (lambda: memory.store(1e16 * one, np.ones(2, np.float32)), "longer than 1e"),
        (lambda: memory.recall(0 * one), "is zero and has no direction"),
        (lambda: memory.retrieve(np.nan * one), "NaN"),
        (lambda: memory.recall(one, steps=0), "steps is 0"),
        (lambda: memory.recall(one, steps=True), "steps is True"),
        (lambda: memory.retrieve(one, steps=HALF), "steps is 1.5"),
        (lambda: separations(np.eye(3), sample=0), "sample is 0"),
        (lambda: beta_for(np.eye(3), sample=HALF), "sample is 1.5"),
        (lambda: memory.retrieve(one.astype(np.float64)), "dtype float64"),
        (lambda: memory.energy(one[:3]), "3 dimensions"),
        (lambda: ModernHopfield(4).store(one, one), "values are its cues"),
        (lambda: ModernHopfield(4).retrieve(one), "empty memory"),
        (lambda: ModernHopfield(4).energy(one), "empty memory"),
        (lambda: ModernHopfield(4).beta, "beta of an empty memory"),
        (lambda: ModernHopfield(4, beta=0.0), "a number above 0"),
        (lambda: ModernHopfield(4, similarity="dot"), "a member of Similarity"),  # type: ignore[arg-type]
        (lambda: ModernHopfield(0), "dimensions is 0"),
        (lambda: hopfield_capacity(16, 1.0, length=0.0), "length is 0.0"),
        (lambda: beta_for(np.eye(3), radius=1.0), "radius is 1.0"),
        (lambda: beta_for(np.zeros((3, 2))), "a zero vector"),
        (lambda: separations(np.ones(3)), "floats of shape"),
    ]
    for call, message in refused:
        with pytest.raises(InvalidInput, match=message):
            call()
    for name, array in memory.state().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("beta", np.array([-1.0]), "beta is"),
        ("beta", np.ones(2), "2 numbers"),
        ("shape", np.array([2, 0, 5, 0]), "kind 5"),
    ],
)
def test_a_state_that_contradicts_itself_is_refused(name: str, wrong: np.ndarray, message: str) -> None:
    memory = ModernHopfield(2, beta=3.0)
    memory.store(np.eye(2, dtype=np.float32))
    with pytest.raises(InvalidInput, match=message):
        ModernHopfield.from_state({**memory.state(), name: wrong})


def test_values_and_settings_come_back_from_a_state() -> None:
    memory = ModernHopfield(4, value_dimensions=3, activation=Activation.ENTMAX15)
    memory.store(vectors(9, 4, 0), vectors(9, 3, 1))
    memory.forget([4])
    back = ModernHopfield.from_state(memory.state())
    assert (back.activation, back.similarity, back.beta) == (memory.activation, memory.similarity, memory.beta)
    np.testing.assert_array_equal(back.recall(vectors(2, 4, 2)).values, memory.recall(vectors(2, 4, 2)).values)
