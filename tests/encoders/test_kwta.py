"""The k-WTA encoder: its winners, its spiking version, and what its codes keep of an embedding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from neuro.encoders import KWTAEncoder, code_cosine_correlation, codes_from_spikes
from neuro.errors import InvalidInput
from neuro.simulators import Brian2Reference, Compiled, FixedPoint, Simulator, simulate

DIGITS = load_digits().data


def mean_cosine(left: np.ndarray, right: np.ndarray) -> float:
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return float(np.mean(np.sum(left * right, axis=1) / norms))


def levels_by_matrix(encoder: KWTAEncoder, embeddings: np.ndarray) -> np.ndarray:
    """The definition of a level, by the dense projection matrix."""
    drive = (embeddings - encoder.mean) @ encoder.projection(np.arange(encoder.units)).T
    return np.floor(np.maximum(drive, 0) / drive.max(axis=1, keepdims=True) * 255 + 0.5).astype(int)


@pytest.mark.parametrize("signed", [True, False])
def test_projection_is_sparse_and_of_the_right_sign(signed: bool) -> None:
    rows = KWTAEncoder(20, units=300, active=5, nonzeros=8, signed=signed).projection(np.arange(300))
    np.testing.assert_array_equal(np.abs(rows).sum(axis=1), 8)
    assert set(np.unique(rows)) == ({-1.0, 0.0, 1.0} if signed else {0.0, 1.0})
    assert np.abs(rows).sum(axis=0).min() > 60


def test_levels_and_winners_follow_their_definition() -> None:
    encoder = KWTAEncoder.centred_on(DIGITS, units=400, active=20, seed=3)
    # Pixels less a mean are no whole numbers: one rounding may fall on either side of a half.
    off = np.abs(encoder.levels(DIGITS[:50]) - levels_by_matrix(encoder, DIGITS[:50]))
    assert off.max() <= 1
    assert off.mean() < 1e-3
    expected = np.argsort(-encoder.levels(DIGITS[:50]), axis=1, kind="stable")[:, :20]
    np.testing.assert_array_equal(encoder.encode(DIGITS[:50]), np.sort(expected, axis=1))


def test_one_embedding_is_a_batch_of_one() -> None:
    encoder = KWTAEncoder(64, units=100, active=9)
    np.testing.assert_array_equal(encoder.encode(DIGITS[0]), encoder.encode(DIGITS[:1])[0])
    np.testing.assert_array_equal(encoder.levels(DIGITS[0]), encoder.levels(DIGITS[:1])[0])
    np.testing.assert_array_equal(
        encoder.decode(encoder.encode(DIGITS[0])), encoder.decode(encoder.encode(DIGITS[:1]))[0]
    )


def test_length_does_not_matter_and_float32_is_float64() -> None:
    encoder = KWTAEncoder(64, units=100, active=9)
    np.testing.assert_array_equal(encoder.encode(DIGITS), encoder.encode(DIGITS * 4.0))
    np.testing.assert_array_equal(encoder.encode(DIGITS), encoder.encode(DIGITS.astype(np.float32)))
    tiny, huge = DIGITS[:5] * 1e-320, DIGITS[:5] * 1e298
    assert encoder.encode(tiny).shape == (5, 9)
    np.testing.assert_array_equal(encoder.encode(huge), encoder.encode(DIGITS[:5]))


def test_seed_names_the_encoder() -> None:
    encoders = (KWTAEncoder(64, units=100, active=9, seed=seed) for seed in (1, 1, 2))
    first, again, other = (encoder.encode(DIGITS) for encoder in encoders)
    np.testing.assert_array_equal(first, again)
    assert np.mean(first == other) < 0.5


def test_a_vector_equal_to_the_mean_gives_the_first_units() -> None:
    encoder = KWTAEncoder.centred_on(DIGITS, units=50, active=4)
    np.testing.assert_array_equal(encoder.encode(np.asarray(encoder.mean)), [0, 1, 2, 3])


@pytest.mark.parametrize("on", [Compiled(), FixedPoint(), Brian2Reference()], ids=lambda on: type(on).__name__)
def test_spikes_give_the_same_code(on: Simulator) -> None:
    encoder = KWTAEncoder.centred_on(DIGITS, units=256, active=16)
    hard = np.vstack([DIGITS[:30], np.asarray(encoder.mean)[None], np.ones((1, 64)), np.eye(64)[:2]])
    run = simulate(encoder.circuit(hard), len(hard) * encoder.presentation_ticks, on=on)
    np.testing.assert_array_equal(codes_from_spikes(run, encoder.presentation_ticks), encoder.encode(hard))


def test_potential_step_is_what_the_fixed_point_resolves() -> None:
    encoder = KWTAEncoder(64, units=50, active=4)
    chosen = FixedPoint().quantise(encoder.circuit(DIGITS[:4]), 4 * encoder.presentation_ticks)
    assert chosen.formats["encoder", "v"].step <= encoder.potential_step


def test_overlap_follows_cosine() -> None:
    encoder = KWTAEncoder.centred_on(DIGITS, seed=1)
    codes = encoder.encode(DIGITS[:600])
    assert code_cosine_correlation(DIGITS[:600] - encoder.mean, codes, encoder.units) > 0.84


def test_signed_weights_keep_more_of_centred_digits() -> None:
    def kept(signed: bool) -> float:
        encoder = KWTAEncoder.centred_on(DIGITS, signed=signed, seed=1)
        return code_cosine_correlation(DIGITS[:600] - encoder.mean, encoder.encode(DIGITS[:600]), encoder.units)

    assert kept(signed=True) > kept(signed=False) + 0.01


def test_digits_come_back() -> None:
    encoder = KWTAEncoder.centred_on(DIGITS)
    back = encoder.decode(encoder.encode(DIGITS[:50]))
    assert mean_cosine(back, DIGITS[:50]) > 0.985
    assert mean_cosine(back - encoder.mean, DIGITS[:50] - encoder.mean) > 0.965
    np.testing.assert_allclose(np.linalg.norm(back - encoder.mean, axis=1), encoder.radius)


@pytest.mark.parametrize(("units", "active", "cosine"), [(4096, 128, 0.81), (16384, 200, 0.90)])
def test_gaussian_embeddings_come_back(units: int, active: int, cosine: float) -> None:
    embeddings = np.random.default_rng(0).standard_normal((15, 384)).astype(np.float32)
    encoder = KWTAEncoder(384, units=units, active=active)
    assert mean_cosine(encoder.decode(encoder.encode(embeddings)), embeddings) > cosine


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dimensions": 0}, "dimensions is 0; a whole number from 1 to 32767"),
        ({"units": 0}, "units is 0"),
        ({"active": 101}, "active is 101; a whole number from 1 to 100 is allowed"),
        ({"nonzeros": 5}, "nonzeros is 5; a whole number from 1 to 4 is allowed"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"current_bits": 17}, "level_bits is 17; a whole number from 4 to 16"),
        ({"radius": 0.0}, "radius is 0.0; a number above 0"),
        ({"mean": np.zeros(3)}, r"mean has shape \(3,\); finite numbers of shape \(4,\)"),
        ({"mean": np.full(4, np.nan)}, "mean has shape"),
    ],
)
def test_encoder_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        KWTAEncoder(**{"dimensions": 4, "units": 100, "active": 9, "nonzeros": 4, **options})


@pytest.mark.parametrize(
    ("embeddings", "message"),
    [
        (np.zeros(64, dtype=int), "embeddings have dtype int64; float32 or float64 is allowed"),
        (np.zeros(64, dtype=np.float16), "embeddings have dtype float16"),
        (np.zeros((1, 1, 64)), r"embeddings have shape \(1, 1, 64\)"),
        (np.zeros((0, 64)), r"embeddings have shape \(0, 64\)"),
        (np.zeros(63), "embeddings have 63 dimensions; this encoder takes 64"),
        (np.full(64, np.nan), "embeddings hold NaN, infinity"),
        (np.full(64, np.inf), "embeddings hold NaN, infinity"),
        (np.full(64, 1e301), "or a number beyond"),
    ],
)
def test_encode_refuses(embeddings: np.ndarray, message: str) -> None:
    encoder = KWTAEncoder(64, units=50, active=4)
    for refuse in (encoder.encode, encoder.levels, encoder.circuit):
        with pytest.raises(InvalidInput, match=message):
            refuse(embeddings)


def test_centred_on_refuses_bad_data() -> None:
    with pytest.raises(InvalidInput, match="embeddings hold NaN"):
        KWTAEncoder.centred_on(np.full((3, 4), np.nan))


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([0, 1, 2], "codes have 3 active units; this encoder makes 4"),
        ([0, 1, 2, 50], "units 0 to 50 are active; 0 to 49 are allowed"),
    ],
)
def test_decode_refuses(codes: list[int], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        KWTAEncoder(64, units=50, active=4).decode(codes)


@pytest.mark.parametrize("mean", [None, np.linspace(-1, 1, 8)])
def test_winners_without_a_direction_give_the_mean(mean: np.ndarray | None) -> None:
    """Each unit sums all eight dimensions: every embedding has the same winners."""
    encoder = KWTAEncoder(8, units=50, active=5, nonzeros=8, signed=False, mean=mean)
    decoded = encoder.decode(encoder.encode(np.random.default_rng(0).standard_normal((4, 8))))
    np.testing.assert_array_equal(decoded, np.tile(encoder.mean, (4, 1)))
    # One dimension, winners of both signs in equal number: they cancel.
    two = KWTAEncoder(1, units=2, active=2, nonzeros=1, seed=next(s for s in range(99) if _opposed(s)))
    np.testing.assert_array_equal(two.decode(two.encode(np.array([0.3]))), [0.0])


def _opposed(seed: int) -> bool:
    return float(KWTAEncoder(1, units=2, active=2, nonzeros=1, seed=seed).projection(np.arange(2)).sum()) == 0.0


@pytest.mark.parametrize("signed", [True, False])
def test_decoding_is_the_ridge_regression_of_its_definition(signed: bool) -> None:
    encoder = KWTAEncoder(30, units=300, active=20, nonzeros=5, signed=signed, radius=2.5)
    codes = encoder.encode(np.random.default_rng(0).standard_normal((6, 30)))
    for winners, decoded in zip(codes, encoder.decode(codes), strict=True):
        P = encoder.projection(winners) - (0.0 if signed else 5 / 30)
        # (P' P + ridge)^-1 P' 1 is the same regression, solved in the other space.
        direction = np.linalg.solve(P.T @ P + 2.5 * np.eye(30), P.T @ np.ones(20))
        np.testing.assert_allclose(decoded, 2.5 * direction / np.linalg.norm(direction), rtol=1e-9, atol=1e-12)


def test_weights_that_are_the_signs_change_nothing() -> None:
    plain = KWTAEncoder.centred_on(DIGITS, units=300, active=12, nonzeros=16, seed=5)
    weighted = replace(plain, weights=3 * plain.projection_weights)
    np.testing.assert_array_equal(weighted.levels(DIGITS[:99]), plain.levels(DIGITS[:99]))
    np.testing.assert_array_equal(weighted.encode(DIGITS[:99]), plain.encode(DIGITS[:99]))
    np.testing.assert_array_equal(weighted.inputs, plain.inputs)
    codes = plain.encode(DIGITS[:20])
    np.testing.assert_allclose(weighted.decode(codes), plain.decode(codes), atol=1e-9)


def test_weighted_levels_follow_their_definition_and_spikes_follow_them() -> None:
    weights = np.random.default_rng(2).integers(-127, 128, (200, 16))
    encoder = KWTAEncoder.centred_on(DIGITS, units=200, active=9, nonzeros=16, weights=weights)
    off = np.abs(encoder.levels(DIGITS[:50]) - levels_by_matrix(encoder, DIGITS[:50]))
    assert off.max() <= 1
    assert off.mean() < 1e-3
    run = simulate(encoder.circuit(DIGITS[:4]), 4 * encoder.presentation_ticks)
    np.testing.assert_array_equal(codes_from_spikes(run, encoder.presentation_ticks), encoder.encode(DIGITS[:4]))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((10, 7), np.int64), r"shape \(10, 7\).*\(10, 8\)"),
        (np.ones((10, 8)), "dtype float64"),
        (np.full((10, 8), 40_000), "40000"),
        (np.zeros((10, 8), np.int64), "not all of them 0"),
    ],
)
def test_weights_are_refused(weights: np.ndarray, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        KWTAEncoder(20, units=10, active=2, weights=weights)
