"""What all spike encoders have in common: the form of the code, the fit of a range, and what they refuse."""

from __future__ import annotations

import time
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from neuro.encoders import (
    BurstEncoder,
    DeltaEncoder,
    GaussianFieldsEncoder,
    LatencyEncoder,
    PhaseEncoder,
    PoissonEncoder,
    RankOrderEncoder,
    RegularRateEncoder,
    ScaledEncoder,
    SpikeCode,
    SpikeEncoder,
)
from neuro.errors import InvalidInput
from tests.encoders.spiking import KINDS, SCALED, embedding_like, normalised, triples

BATCHES = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(-3, 3))

# Encoder -> the largest error of a decoded value at scale 3.
BOUNDS: dict[type[ScaledEncoder], float] = {
    RegularRateEncoder: 3 / 32 / 2,
    LatencyEncoder: 3 / 64 / 2,
    PhaseEncoder: 2 * 3 / (4 * 24) / 2,
    BurstEncoder: 3 / 33 / 2,
    DeltaEncoder: 3 / 32,
}


@given(BATCHES)
@settings(max_examples=40)
@pytest.mark.parametrize("kind", BOUNDS)
def test_values_come_back_within_the_quantisation_step(kind: type[ScaledEncoder], vectors: np.ndarray) -> None:
    encoder = kind(vectors.shape[1], scale=3.0)
    error = np.abs(encoder.decode(encoder.encode(vectors)) - vectors).max()
    assert error <= BOUNDS[kind] * (1 + 1e-9)


@pytest.mark.parametrize("kind", BOUNDS)
def test_the_quantisation_step_is_no_smaller_than_said(kind: type[ScaledEncoder]) -> None:
    grid = np.linspace(-3, 3, 5001)[:, None]
    encoder = kind(1, scale=3.0)
    assert np.abs(encoder.decode(encoder.encode(grid)) - grid).max() >= 0.97 * BOUNDS[kind]


@given(BATCHES)
@settings(max_examples=25)
@pytest.mark.parametrize("kind", KINDS)
def test_a_code_has_the_encoders_form(kind: type[SpikeEncoder], vectors: np.ndarray) -> None:
    options: dict[str, Any] = {"scale": 3.0} if issubclass(kind, ScaledEncoder) else {}
    encoder = kind(vectors.shape[1], **options)
    code = encoder.encode(vectors)
    assert (code.presentations, code.length, code.size) == (len(vectors), encoder.ticks, encoder.neurons)
    assert triples(code) == triples(encoder.encode(vectors))
    assert encoder.decode(code).shape == vectors.shape
    features = encoder.features(code)
    assert features.shape[0] == len(vectors)
    assert features.dtype == np.float64
    assert np.all(np.isfinite(features))
    source = encoder.stimulus(vectors, "shown")
    assert (source.name, source.size) == ("shown", encoder.neurons)
    np.testing.assert_array_equal(np.sort(source.ticks), np.sort(code.items * encoder.ticks + code.ticks))


@pytest.mark.parametrize("kind", KINDS)
def test_one_vector_is_a_batch_of_one_and_float32_is_float64(kind: type[SpikeEncoder]) -> None:
    vectors = np.rint(normalised(4, 30) * 512).astype(np.float32) / 512
    encoder = kind(30)
    assert triples(encoder.encode(vectors[0])) == triples(encoder.encode(vectors[:1]))
    assert triples(encoder.encode(vectors)) == triples(encoder.encode(vectors.astype(np.float64)))
    assert encoder.decode(encoder.encode(vectors[0])).shape == (1, 30)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not PhaseEncoder])
def test_the_opposite_vector_comes_back_as_the_opposite(kind: type[SpikeEncoder]) -> None:
    vectors, encoder = normalised(5, 40), kind(40)
    there, back = (encoder.decode(encoder.encode(sign * vectors)) for sign in (1, -1))
    np.testing.assert_allclose(there, -back, atol=1e-6)  # the Newton steps of the receptive fields stop there
    np.testing.assert_array_equal(encoder.decode(encoder.encode(np.zeros(40))).round(12), 0)


@pytest.mark.parametrize("kind", SCALED)
def test_fit_takes_the_range_of_the_data(kind: type[ScaledEncoder]) -> None:
    vectors = normalised(20, 10).astype(np.float32)
    fitted, roomy = kind.fit(vectors), kind.fit(vectors, headroom=1.5)
    assert (fitted.dimensions, fitted.scale) == (10, float(np.abs(vectors).max()))
    assert roomy.scale == 1.5 * fitted.scale
    assert kind.fit(np.zeros((2, 3))).scale == 1.0
    fitted.encode(vectors)
    with pytest.raises(InvalidInput, match=rf"vectors reach \|.*is allowed.*{kind.__name__}\.fit\(vectors\)"):
        fitted.encode(vectors * np.float32(1.01))
    with pytest.raises(InvalidInput, match=r"headroom is 0\.5"):
        kind.fit(vectors, headroom=0.5)
    with pytest.raises(InvalidInput, match="vectors hold NaN"):
        kind.fit(np.full((2, 2), np.nan))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not PoissonEncoder])
@pytest.mark.parametrize("make", [normalised, embedding_like])
def test_384_dimensions_come_back_with_cosine_99(kind: Any, make: Any) -> None:
    vectors = make(60, 384)
    report = kind.fit(vectors).report(vectors)
    assert report.mean_cosine >= 0.99
    assert (report.vectors, report.dimensions) == (60, 384)


@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_embeddings_take_a_moment(kind: type[SpikeEncoder]) -> None:
    vectors, encoder = normalised(1000, 384) * 2, kind(384)
    taken = []
    for _ in range(2):
        start = time.process_time()
        encoder.encode(vectors)
        taken.append(time.process_time() - start)
    assert min(taken) < 1.5  # a busy machine doubles processor time too


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.zeros(4, dtype=np.int64), "vectors have dtype int64; float32 or float64 is allowed"),
        (np.zeros(4, dtype=np.complex128), "vectors have dtype complex128"),
        (np.zeros(4, dtype=np.float16), "vectors have dtype float16"),
        (np.zeros((2, 2, 4)), r"vectors have shape \(2, 2, 4\)"),
        (np.zeros((0, 4)), r"vectors have shape \(0, 4\)"),
        (np.zeros((2, 5)), "vectors have 5 dimensions; this encoder takes 4"),
        (np.array([0.0, 0.0, np.nan, 0.0]), "vectors hold NaN, infinity"),
        (np.array([0.0, 0.0, -np.inf, 0.0]), "vectors hold NaN, infinity"),
    ],
)
def test_bad_vectors_are_refused(kind: type[SpikeEncoder], vectors: np.ndarray, message: str) -> None:
    for refuse in (kind(4).encode, kind(4).stimulus, kind(4).report):
        with pytest.raises(InvalidInput, match=message):
            refuse(vectors)


@pytest.mark.parametrize("kind", KINDS)
def test_foreign_codes_are_refused(kind: type[SpikeEncoder]) -> None:
    encoder = kind(4)
    foreign = SpikeCode([0], [0], [0], 1, encoder.ticks + 1, encoder.neurons)
    for refuse in (encoder.decode, encoder.features):
        with pytest.raises(InvalidInput, match=f"this encoder's have {encoder.neurons} and {encoder.ticks}"):
            refuse(foreign)
        with pytest.raises(InvalidInput, match="a code is a SpikeCode, not ndarray"):
            refuse(np.zeros(4))


@pytest.mark.parametrize("kind", KINDS)
def test_dimensions_are_checked_and_encoders_are_frozen(kind: type[SpikeEncoder]) -> None:
    for wrong in (0, -1, 2.0, True, None):
        with pytest.raises(InvalidInput, match="dimensions is"):
            kind(wrong)  # type: ignore[arg-type]
    with pytest.raises((FrozenInstanceError, AttributeError)):
        kind(3).dimensions = 4  # type: ignore[misc]


@pytest.mark.parametrize("kind", SCALED)
@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf, "1", None, True])
def test_scale_is_checked(kind: type[ScaledEncoder], scale: Any) -> None:
    with pytest.raises(InvalidInput, match=r"scale is .* above 0 is allowed"):
        kind(3, scale=scale)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (PoissonEncoder, {"ticks": 0}, "ticks is 0; a whole number from 1"),
        (PoissonEncoder, {"peak": 1.5}, "peak is 1.5; a number from 1e-06 to 1"),
        (PoissonEncoder, {"peak": np.nan}, "peak is nan"),
        (PoissonEncoder, {"seed": -1}, "seed is -1"),
        (RegularRateEncoder, {"ticks": 8, "peak": 9}, "peak is 9; a whole number from 1 to 8"),
        (RegularRateEncoder, {"ticks": 1.5}, "ticks is 1.5"),
        (LatencyEncoder, {"ticks": 0}, "ticks is 0"),
        (RankOrderEncoder, {"first": 4}, "first is 4; a whole number from 1 to 3"),
        (RankOrderEncoder, {"profile": np.ones(2)}, r"profile has shape \(2,\); finite magnitudes of shape \(3,\)"),
        (RankOrderEncoder, {"profile": np.zeros(3)}, "not all 0"),
        (RankOrderEncoder, {"profile": np.array([1, np.nan, 0])}, "profile has shape"),
        (RankOrderEncoder, {"profile": np.array([1.0, 2.0, 3.0])}, "profile rises or is negative"),
        (RankOrderEncoder, {"profile": np.array([1.0, 0.0, -3.0])}, "profile rises or is negative"),
        (PhaseEncoder, {"cycle_ticks": 1}, "cycle_ticks is 1; a whole number from 2"),
        (PhaseEncoder, {"cycles": 0}, "cycles is 0"),
        (BurstEncoder, {"longest_burst": 1}, "longest_burst is 1; a whole number from 2"),
        (BurstEncoder, {"fastest": 10}, "fastest is 10; a whole number from 1 to 9"),
        (BurstEncoder, {"slowest": 0}, "slowest is 0"),
        (GaussianFieldsEncoder, {"fields": 2}, "fields is 2; a whole number from 3"),
        (GaussianFieldsEncoder, {"ticks": 3}, "ticks is 3; a whole number from 4"),
        (GaussianFieldsEncoder, {"silence": 0.4}, "silence is 0.4; a number from 0.01 to 0.3"),
        (DeltaEncoder, {"levels": 0}, "levels is 0"),
        (DeltaEncoder, {"ticks": 0}, "ticks is 0"),
    ],
)
def test_settings_are_checked(kind: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        kind(3, **options)
