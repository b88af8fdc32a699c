"""The learned encoder: its training on two simulators, what homeostasis does, and its frozen codes by spikes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from neuro.encoders import EncoderTraining, LearnedEncoder, codes_from_spikes, train_encoder
from neuro.encoders.learned_channels import Channels
from neuro.encoders.learned_training import EncoderState
from neuro.errors import InvalidInput
from neuro.memories import HebbianMemory, LabelReadout, classify, label_from_spikes, recall_circuit, recall_ticks
from neuro.simulators import Brian2Reference, Compiled, FixedPoint, Simulator, simulate

DIGITS = load_digits().data
SMALL = EncoderTraining(epochs=3, winners=2, window=12, peak=6, tau=12e-3, rest=36)


@cache
def digits_encoder(seed: int = 0) -> LearnedEncoder:
    return train_encoder(DIGITS[:300], 40, 5, SMALL, seed)


def usage(encoder: LearnedEncoder, vectors: np.ndarray) -> np.ndarray:
    return np.bincount(encoder.encode(vectors).ravel(), minlength=encoder.units)


def test_training_is_equal_in_brian2_and_compiled() -> None:
    settings = replace(SMALL, rate=0.2)
    state = EncoderState.start(DIGITS[:12], 10, 3, settings, seed=1)
    circuit, ticks = state.circuit(DIGITS[:12]), 12 * settings.presentation_ticks
    reference, compiled = simulate(circuit, ticks, Brian2Reference()), simulate(circuit, ticks)
    assert compiled.spikes["units"].counts().sum() == 12 * 2
    assert compiled.mismatches(reference) == 0
    for key in (("synapses", "w"), ("units", "theta")):
        np.testing.assert_allclose(compiled.final[key], reference.final[key], rtol=0, atol=1e-12)
    assert not np.allclose(compiled.final["synapses", "w"], state.learned.weights.ravel(), atol=1e-6)


def test_one_presentation_follows_the_rule() -> None:
    """Winners, weights and thresholds of one presentation, from the equations of the module's docstring."""
    state = EncoderState.start(DIGITS[:50], 10, 3, SMALL, seed=2)
    run = simulate(state.circuit(DIGITS[:1]), SMALL.presentation_ticks)
    x = state.channels.traces(state.channels.spikes(DIGITS[:1]), SMALL.decay)[0]
    drive = x @ state.learned.weights
    winners = np.sort(np.argsort(-drive)[:2])
    assert run.spikes["units"].ticks.tolist() == [SMALL.window] * 2
    assert run.spikes["units"].indices.tolist() == winners.tolist()
    expected = state.learned.weights.copy()
    expected[:, winners] += SMALL.rate * (state.gain * x[:, None] - expected[:, winners])
    np.testing.assert_allclose(run.final["synapses", "w"].reshape(expected.shape), expected, rtol=1e-9)
    step = SMALL.theta_step * 2.0**-6
    theta = np.full(10, -step * 2 / 10)
    theta[winners] += step
    np.testing.assert_allclose(run.final["units", "theta"], theta, rtol=1e-9)


def test_a_unit_that_learns_one_vector_is_driven_to_a_match() -> None:
    """The fixed point of the rule is w = gain x; its drive gain |x|^2 is 2**-6 V where |x|^2 is the mean."""
    settings = replace(SMALL, rate=1.0, winners=1, homeostasis=False)
    vectors = np.array([[1.0, 0.0], [-1.0, 0.0]])
    state = EncoderState.start(vectors, 1, 1, settings, seed=0)
    learned = state.after(simulate(state.circuit(vectors[:1]), settings.presentation_ticks)).learned
    x = state.channels.traces(state.channels.spikes(vectors[:1]), settings.decay)[0]
    np.testing.assert_allclose(learned.weights[:, 0], state.gain * x, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(x @ learned.weights[:, 0], 2.0**-6, rtol=1e-9)


def test_seed_names_the_encoder() -> None:
    again, other = train_encoder(DIGITS[:300], 40, 5, SMALL, 0), digits_encoder(1)
    np.testing.assert_array_equal(again.weights, digits_encoder().weights)
    np.testing.assert_array_equal(again.theta, digits_encoder().theta)
    assert np.mean(other.encode(DIGITS[:100]) == again.encode(DIGITS[:100])) < 0.5


def test_homeostasis_spreads_the_work() -> None:
    without = train_encoder(DIGITS[:300], 40, 5, replace(SMALL, homeostasis=False), 0)
    even, uneven = usage(digits_encoder(), DIGITS[:300]), usage(without, DIGITS[:300])
    assert np.std(even) < 0.6 * np.std(uneven)
    assert np.sum(even == 0) <= np.sum(uneven == 0)
    assert not np.any(without.theta)


@pytest.mark.long
def test_competition_and_plasticity_make_units_differ() -> None:
    def spread(encoder: LearnedEncoder) -> float:
        rows = encoder.prototypes()
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return float(1.0 - np.mean(rows @ rows.T))

    alike = train_encoder(DIGITS[:300], 40, 5, replace(SMALL, competition=False), 0)
    assert spread(alike) < 0.05
    assert spread(digits_encoder()) > 0.5


@pytest.mark.parametrize("rate", [0.05, 1.0])
def test_weights_stay_within_their_bounds(rate: float) -> None:
    state = EncoderState.start(DIGITS[:60], 20, 4, replace(SMALL, rate=rate), seed=0)
    learned = state.after(simulate(state.circuit(DIGITS[:60]), 60 * SMALL.presentation_ticks)).learned
    assert learned.weights.min() >= 0.0
    assert 0.1 * state.constants.w_max < learned.weights.max() <= state.constants.w_max
    frozen = np.asarray(digits_encoder().weights)
    assert (frozen.min(), frozen.max()) == (0, 255)


@pytest.mark.parametrize(
    "on",
    [Compiled(), pytest.param(FixedPoint(), marks=pytest.mark.long), Brian2Reference()],
    ids=["Compiled", "FixedPoint", "Brian2Reference"],
)
def test_spikes_give_the_same_code(on: Simulator) -> None:
    encoder = digits_encoder()
    hard = np.vstack([DIGITS[-15:], np.asarray(encoder.channels.mean)[None], np.eye(64)[:2], np.full((1, 64), 1e6)])
    run = simulate(encoder.circuit(hard), len(hard) * encoder.ticks, on)
    np.testing.assert_array_equal(codes_from_spikes(run, encoder.ticks), encoder.encode(hard))
    source = encoder.stimulus(hard)
    assert np.array_equal(run.spikes["encoder"].ticks, source.ticks)
    assert np.array_equal(run.spikes["encoder"].indices, source.indices)


def test_nobody_fires_before_the_gate_whatever_the_input() -> None:
    """The heaviest input that channels can carry, for the unit with the heaviest weights."""
    encoder = digits_encoder()
    flat = replace(encoder, weights=np.full_like(encoder.weights, 255), theta=np.zeros(40, np.int64), active=40)
    flat = replace(flat, channels=replace(encoder.channels, mean=np.zeros(64), scale=0.1))
    run = simulate(flat.circuit(np.ones((2, 64))), 2 * flat.ticks)
    assert flat.margins(np.ones(64)).tolist() == [flat.drive_max] * 40
    assert run.spikes["encoder"].ticks.tolist() == [flat.ticks - 1] * 40 + [2 * flat.ticks - 1] * 40


def test_freezing_keeps_nearly_all_winners() -> None:
    """Without the leak and with 8 bits: against the circuit that learned, both with plasticity switched off."""
    state = EncoderState.start(DIGITS[:300], 40, 5, SMALL, seed=0)
    for _ in range(2):
        state = state.after(simulate(state.circuit(DIGITS[:300]), 300 * SMALL.presentation_ticks))
    still = replace(state, settings=replace(SMALL, winners=5, plasticity=False, homeostasis=False))
    run = simulate(still.circuit(DIGITS[300:400]), 100 * SMALL.presentation_ticks)
    leaky = codes_from_spikes(run, SMALL.presentation_ticks, "units")
    frozen = state.freeze().encode(DIGITS[300:400])
    kept = [len(set(one) & set(other)) for one, other in zip(leaky, frozen, strict=True)]
    assert np.mean(kept) > 0.97 * 5


def test_a_frozen_encoder_stays() -> None:
    encoder = digits_encoder()
    before = encoder.encode(DIGITS[:50])
    simulate(encoder.circuit(DIGITS[:20]), 20 * encoder.ticks)
    np.testing.assert_array_equal(encoder.encode(DIGITS[:50]), before)
    with pytest.raises(FrozenInstanceError):
        encoder.active = 3  # type: ignore[misc]
    for array in (encoder.weights, encoder.theta, encoder.channels.mean):
        with pytest.raises(ValueError, match="read-only"):
            np.asarray(array)[:1] = 0


def test_one_embedding_is_a_batch_of_one_and_length_does_not_matter() -> None:
    encoder = digits_encoder()
    np.testing.assert_array_equal(encoder.encode(DIGITS[0]), encoder.encode(DIGITS[:1])[0])
    np.testing.assert_array_equal(encoder.margins(DIGITS[0]), encoder.margins(DIGITS[:1])[0])
    mean = np.asarray(encoder.channels.mean)
    longer = mean + 8.0 * (DIGITS[:50] - mean)
    assert np.mean(encoder.encode(longer) == encoder.encode(DIGITS[:50])) > 0.99


def test_codes_come_back_as_the_direction_of_what_was_learned() -> None:
    encoder = digits_encoder()
    mean = np.asarray(encoder.channels.mean)
    given = DIGITS[:200] - mean
    back = encoder.decode(encoder.encode(DIGITS[:200])) - mean
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), encoder.channels.radius, rtol=1e-9)
    cosine = np.sum(given * back, axis=1) / np.linalg.norm(given, axis=1) / encoder.channels.radius
    assert np.mean(cosine) > 0.7
    assert encoder.report(DIGITS[:100]).spikes_per_value == 5 / 64


def test_progress_ends_the_training() -> None:
    seen: list[int] = []

    def stop(done: int) -> bool:
        seen.append(done)
        return len(seen) < 2

    short = train_encoder(DIGITS[:40], 10, 2, SMALL, 0, stop)
    assert seen == [40, 80]
    assert short.units == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, "units is 0; a whole number from 1"),
        ({"k": 11}, "k is 11; a whole number from 1 to 10 is allowed"),
        ({"seed": -1}, "seed is -1"),
        ({"vectors": np.ones((5, 3))}, "all 5 vectors are alike; there is nothing to learn"),
        ({"vectors": np.ones((5, 3), dtype=int)}, "vectors have dtype int64"),
        ({"vectors": np.full((5, 3), np.nan)}, "vectors hold NaN"),
        ({"settings": EncoderTraining(winners=11)}, "winners is 11; a whole number from 1 to 10 is allowed"),
    ],
)
def test_training_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        train_encoder(**{"vectors": DIGITS[:20], "units": 10, "k": 2, **arguments})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"rate": 1.5}, "rate is 1.5; a number from 1e-09 to 1 is allowed"),
        ({"theta_step": float("nan")}, "theta_step is nan"),
        ({"peak": 33}, "peak is 33; a whole number from 1 to 32 is allowed"),
        ({"weight_bits": 1}, "weight_bits is 1; a whole number from 2 to 16"),
        ({"winners": 0}, "winners is 0"),
    ],
)
def test_settings_refuse(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        EncoderTraining(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": np.zeros((3, 5), int)}, r"weights have shape \(3, 5\); \(4, units\) is allowed"),
        ({"weights": np.zeros((4, 5))}, "weights have dtype float64"),
        ({"weights": np.full((4, 5), -1)}, "weights have dtype int64, -1 to -1"),
        ({"weights": np.full((4, 5), 1 << 39)}, "sums reach .* give smaller weights"),
        ({"theta": np.zeros(4, int)}, r"theta has shape \(4,\); one number for each of 5 units"),
        ({"active": 6}, "active is 6; a whole number from 1 to 5 is allowed"),
    ],
)
def test_encoder_refuses(options: dict[str, Any], message: str) -> None:
    good = {"channels": Channels(np.zeros(2)), "weights": np.ones((4, 5), int), "theta": np.zeros(5, int), "active": 2}
    with pytest.raises(InvalidInput, match=message):
        LearnedEncoder(**{**good, **options})


def test_encode_refuses() -> None:
    for refuse in (digits_encoder().encode, digits_encoder().circuit, digits_encoder().stimulus):
        with pytest.raises(InvalidInput, match="embeddings have 63 dimensions; this encoder takes 64"):
            refuse(np.zeros(63))
    with pytest.raises(InvalidInput, match="presentation_ticks is 12; a whole number from 13"):
        digits_encoder().circuit(DIGITS[:1], presentation_ticks=12)
    with pytest.raises(InvalidInput, match="codes have 4 active units; this encoder makes 5"):
        digits_encoder().decode([0, 1, 2, 3])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": np.zeros((2, 2))}, r"mean has shape \(2, 2\)"),
        ({"scale": 0.0}, "scale is 0.0"),
        ({"peak": 40}, "peak is 40; a whole number from 1 to 32"),
    ],
)
def test_channels_refuse(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Channels(**{"mean": np.zeros(2), **options})


def test_codes_feed_a_memory_by_spikes() -> None:
    """From input spikes to label spikes in one circuit: the labels of the matrix path."""
    encoder, names = digits_encoder(), load_digits().target
    codes = encoder.encode(DIGITS[:300])
    memory = HebbianMemory(encoder.units, pointer_units=256, pointer_active=4)
    memory.store(codes)
    readout = LabelReadout.learn(memory, codes, names[:300], winners=32)
    shown = DIGITS[300:340]
    run = simulate(recall_circuit(encoder, memory, readout, shown), len(shown) * recall_ticks(encoder))
    labels = label_from_spikes(run, encoder, readout)
    np.testing.assert_array_equal(labels, classify(encoder, memory, readout, shown))
    assert np.mean(labels == names[300:340]) > 0.5
