"""The frozen learned encoder: its codes in numbers and by spikes, read by currents and by channels, dense or sparse."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from neuro.encoders import InputNormalisation, LearnedEncoder, OnOffChannels, ReadBy, codes_from_spikes
from neuro.encoders.base import unit_rows
from neuro.errors import InvalidInput
from neuro.memories import HebbianMemory, LabelReadout, classify, label_from_spikes, recall_circuit, recall_ticks
from neuro.simulators import Brian2Reference, Compiled, FixedPoint, Simulator, simulate
from neuro.storage import load_encoder, save_encoder
from neuro.training import EncoderTraining, train_encoder

DIGITS = load_digits().data


@cache
def digits_encoder() -> LearnedEncoder:
    return train_encoder(DIGITS[:300], 40, 5, EncoderTraining(passes=2))


def reading(name: str) -> LearnedEncoder:
    """The encoder by spikes, by currents, and with ten weights a unit."""
    encoder = digits_encoder()
    if name == "currents":
        return encoder.calibrated(DIGITS[:300], reading=ReadBy.CURRENTS)
    return encoder.sparse(10, DIGITS[:300]) if name == "sparse" else encoder


@pytest.mark.parametrize("name", ["spikes", "currents", "sparse"])
@pytest.mark.parametrize(
    "on",
    [Compiled(), pytest.param(FixedPoint(), marks=pytest.mark.long), Brian2Reference()],
    ids=["Compiled", "FixedPoint", "Brian2Reference"],
)
def test_spikes_give_the_same_code(name: str, on: Simulator) -> None:
    encoder = reading(name)
    hard = np.vstack([DIGITS[-12:], np.asarray(encoder.normalisation.mean)[None], 40.0 * np.eye(64)[:2]])
    run = simulate(encoder.circuit(hard), len(hard) * encoder.ticks, on)
    np.testing.assert_array_equal(codes_from_spikes(run, encoder.ticks), encoder.encode(hard))
    source = encoder.stimulus(hard)
    assert np.array_equal(run.spikes["encoder"].ticks, source.ticks)
    assert np.array_equal(run.spikes["encoder"].indices, source.indices)


def test_channels_fire_the_rounded_number_of_spikes() -> None:
    encoder = digits_encoder()
    levels = encoder.channels.levels(encoder.normalisation.directions(DIGITS[:6]))
    run = simulate(encoder.circuit(DIGITS[:6]), 6 * encoder.ticks)
    fired = run.spikes["encoder_channels"]
    inside = fired.ticks % encoder.ticks < encoder.channels.window
    counts = np.zeros((6, 128), np.int64)
    np.add.at(counts, (fired.ticks[inside] // encoder.ticks, fired.indices[inside]), 1)
    signed = counts[:, 0::2] - counts[:, 1::2]
    np.testing.assert_array_equal(signed, encoder.channels.counts(levels))
    drive = levels * 2.0**-16 * encoder.channels.window
    assert np.abs(signed - drive).max() <= 0.5
    assert np.all((levels == 0) | (levels % 2 == 1) | (levels % 2 == -1))
    assert abs(counts.sum(axis=1).mean() - encoder.channels.spikes) < 0.15 * encoder.channels.spikes


def test_nobody_fires_before_the_gate_whatever_the_input() -> None:
    encoder = digits_encoder()
    plain = replace(encoder, normalisation=InputNormalisation(np.zeros(64)))
    flat = replace(plain, weights=np.full((64, 40), 127), theta=np.zeros(40, np.int64), active=40)
    run = simulate(flat.circuit(np.ones((2, 64))), 2 * flat.ticks)
    assert run.spikes["encoder"].ticks.tolist() == [flat.ticks - 1] * 40 + [2 * flat.ticks - 1] * 40
    opposite = simulate(flat.circuit(-np.ones((2, 64))), 2 * flat.ticks)
    assert opposite.spikes["encoder"].ticks.tolist() == [flat.ticks - 1] * 40 + [2 * flat.ticks - 1] * 40


def test_half_whitening_takes_half_of_the_correlation_away() -> None:
    """The covariance of what P makes of the directions is the square root of theirs, up to its floor."""
    front = InputNormalisation.fit(DIGITS)
    before = replace(front, whitening=None).directions(DIGITS)
    cut = np.cov(before @ np.asarray(front.whitening), rowvar=False)
    values, vectors = np.linalg.eigh(np.cov(before, rowvar=False))
    wanted = np.where(values > 1e-3 * values.max(), np.sqrt(np.abs(values)), 0.0)
    kept = vectors[:, wanted > 0]
    np.testing.assert_allclose(kept.T @ cut @ kept, np.diag(wanted[wanted > 0]), atol=1e-9)


def test_folding_the_whitening_changes_no_match() -> None:
    encoder = digits_encoder()
    front = encoder.normalisation
    plain = unit_rows(replace(front, whitening=None).directions(DIGITS[:20]) @ front.folded(encoder.prototypes()).T)
    white = unit_rows(front.directions(DIGITS[:20]) @ encoder.prototypes().T)
    np.testing.assert_allclose(plain, white, atol=1e-9)


def test_calibration_spreads_the_use_of_units() -> None:
    encoder = digits_encoder()
    even, uneven = (
        np.bincount(one.encode(DIGITS[:300]).ravel(), minlength=40)
        for one in (encoder, replace(encoder, theta=np.zeros(40, np.int64)))
    )
    assert even.std() / even.mean() < 0.2 < uneven.std() / uneven.mean()


def test_the_sparse_form_has_few_weights_and_no_whitening() -> None:
    thin = reading("sparse")
    assert thin.synapses == 10
    assert thin.normalisation.whitening is None
    codes, thick = (one.encode(DIGITS[300:400]) for one in (thin, digits_encoder()))
    shared = [len(set(a) & set(b)) for a, b in zip(codes, thick, strict=True)]
    assert np.mean(shared) > 2.0


def test_a_frozen_encoder_stays() -> None:
    encoder = digits_encoder()
    with pytest.raises(FrozenInstanceError):
        encoder.active = 3  # type: ignore[misc]
    for array in (encoder.weights, encoder.theta, encoder.normalisation.mean, encoder.normalisation.whitening):
        with pytest.raises(ValueError, match="read-only"):
            np.asarray(array)[:1] = 0


def test_a_saved_encoder_comes_back(tmp_path: Path) -> None:
    for name in ("spikes", "currents", "sparse"):
        encoder = reading(name)
        save_encoder(tmp_path / name, encoder)
        again = load_encoder(tmp_path / name)
        np.testing.assert_array_equal(again.encode(DIGITS[:50]), encoder.encode(DIGITS[:50]))
        assert (again.digest, again.reading, again.ticks) == (encoder.digest, encoder.reading, encoder.ticks)
    with pytest.raises(InvalidInput, match="the arrays are no learned encoder"):
        LearnedEncoder.from_state({})


def test_one_embedding_is_a_batch_of_one_and_codes_are_decoded() -> None:
    encoder = digits_encoder()
    np.testing.assert_array_equal(encoder.encode(DIGITS[0]), encoder.encode(DIGITS[:1])[0])
    np.testing.assert_array_equal(encoder.margins(DIGITS[0]), encoder.margins(DIGITS[:1])[0])
    mean = np.asarray(encoder.normalisation.mean)
    given, back = DIGITS[:200] - mean, encoder.decode(encoder.encode(DIGITS[:200])) - mean
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), encoder.normalisation.radius, rtol=1e-9)
    cosine = np.sum(given * back, axis=1) / np.linalg.norm(given, axis=1) / encoder.normalisation.radius
    assert np.mean(cosine) > 0.6
    assert encoder.report(DIGITS[:100]).spikes_per_value == 5 / 64


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": np.zeros((3, 5), int)}, r"weights have shape \(3, 5\); \(2, units\) is allowed"),
        ({"weights": np.zeros((2, 5))}, "weights have dtype float64"),
        ({"weights": np.full((2, 5), 1 << 39)}, "sums reach .* give smaller weights"),
        ({"theta": np.zeros(4, int)}, r"theta has shape \(4,\); one number for each of 5 units"),
        ({"active": 6}, "active is 6; a whole number from 1 to 5 is allowed"),
        ({"current_bits": 3}, "level_bits is 3"),
    ],
)
def test_encoder_refuses(options: dict[str, Any], message: str) -> None:
    front = InputNormalisation(np.zeros(2))
    good = {"normalisation": front, "weights": np.ones((2, 5), int), "theta": np.zeros(5, int), "active": 2}
    with pytest.raises(InvalidInput, match=message):
        LearnedEncoder(**{**good, **options})


def test_encode_refuses() -> None:
    for refuse in (digits_encoder().encode, digits_encoder().circuit, digits_encoder().stimulus):
        with pytest.raises(InvalidInput, match="embeddings have 63 dimensions; this encoder takes 64"):
            refuse(np.zeros(63))
        with pytest.raises(InvalidInput, match=r"embedding 1 is .* long; those that the encoder was fitted to are"):
            refuse(np.stack([DIGITS[0], 255 * DIGITS[1]]))
        with pytest.raises(InvalidInput, match="embeddings hold NaN"):
            refuse(np.full(64, np.nan))
    with pytest.raises(InvalidInput, match="presentation_ticks is 12; a whole number from 17"):
        digits_encoder().circuit(DIGITS[:1], presentation_ticks=12)
    with pytest.raises(InvalidInput, match="codes have 4 active units; this encoder makes 5"):
        digits_encoder().decode([0, 1, 2, 3])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": np.zeros((2, 2))}, r"mean has shape \(2, 2\)"),
        ({"whitening": np.eye(3)}, r"whitening has shape \(3, 3\)"),
        ({"radius": 0.0}, "radius is 0.0"),
        ({"shortest": 2.0, "longest": 1.0}, "longest is 1.0"),
    ],
)
def test_normalisation_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        InputNormalisation(**{"mean": np.zeros(2), **options})


def test_channels_refuse() -> None:
    with pytest.raises(InvalidInput, match="window is 0;"):
        OnOffChannels(0)
    with pytest.raises(InvalidInput, match=r"spikes is 0\.5"):
        OnOffChannels(spikes=0.5)


def test_codes_feed_a_memory_by_spikes() -> None:
    """From the currents to label spikes in one circuit: the labels of the matrix path."""
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
