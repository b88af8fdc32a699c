"""Gaussian receptive fields: Bohte's centres and widths, and a decoder that finds the least squares."""

from __future__ import annotations

import math

import numpy as np
import pytest

from neuro.encoders import GaussianFieldsEncoder, SpikeCode
from tests.encoders.spiking import normalised, rounded, triples

FORMS = [(8, 32, 0.1), (3, 50, 0.3), (16, 200, 0.01), (5, 12, 0.2)]


def response(encoder: GaussianFieldsEncoder, value: float, field: int) -> float:
    return math.exp(-((value - encoder.centres[field]) ** 2) / (2 * encoder.width**2))


@pytest.mark.parametrize(("fields", "ticks", "silence"), FORMS)
def test_spikes_follow_the_definition(fields: int, ticks: int, silence: float) -> None:
    vectors = normalised(6, 15)
    encoder = GaussianFieldsEncoder.fit(vectors, fields=fields, ticks=ticks, silence=silence)
    expected = []
    for item, vector in enumerate(vectors):
        for j, value in enumerate(vector):
            for field in range(fields):
                strength = response(encoder, value, field)
                if strength >= silence and rounded(strength * ticks):
                    expected.append((item, ticks - rounded(strength * ticks), j * fields + field))
    assert triples(encoder.encode(vectors)) == sorted(expected)


def test_centres_and_width_are_bohtes() -> None:
    """Their formula over the range I_min .. I_max, with i counted from 1 and beta = 1.5."""
    encoder = GaussianFieldsEncoder(1, scale=2.0, fields=12)
    low, high, m = -2.0, 2.0, 12
    expected = [low + (2 * i - 3) / 2 * (high - low) / (m - 2) for i in range(1, m + 1)]
    np.testing.assert_allclose(encoder.centres, expected, rtol=1e-12)
    assert encoder.width == pytest.approx((high - low) / (1.5 * (m - 2)))


@pytest.mark.parametrize(("fields", "ticks", "silence"), FORMS)
def test_the_decoder_finds_the_least_squares(fields: int, ticks: int, silence: float) -> None:
    """No value of a fine grid fits the responses of the fields that fired better."""
    encoder = GaussianFieldsEncoder(1, fields=fields, ticks=ticks, silence=silence)
    values = np.linspace(-1, 1, 83)
    code = encoder.encode(values[:, None])
    decoded, seen = encoder.decode(code)[:, 0], encoder.features(code)
    grid = np.linspace(-1, 1, 4001)
    for value, given in zip(decoded, seen, strict=True):
        fired = np.flatnonzero(given)

        def misfit(x: np.ndarray, given: np.ndarray = given, fired: np.ndarray = fired) -> np.ndarray:
            shape = np.exp(-((x[:, None] - encoder.centres[fired]) ** 2) / (2 * encoder.width**2))
            return np.asarray(np.sum((given[fired] - shape) ** 2, axis=1))

        assert misfit(np.array([value]))[0] <= misfit(grid).min() + 1e-6


@pytest.mark.parametrize(("fields", "ticks", "silence"), [*FORMS, (8, 1000, 0.1)])
def test_the_error_is_what_half_a_tick_of_each_response_can_move(fields: int, ticks: int, silence: float) -> None:
    """To first order |error| <= (1 / 2 ticks) sum|r'| / sum r'^2 over the fields that fired; a fifth for curvature."""
    encoder = GaussianFieldsEncoder(1, scale=3.0, fields=fields, ticks=ticks, silence=silence)
    values = np.linspace(-3, 3, 2001)[:, None]
    code = encoder.encode(values)
    fired = encoder.features(code) > 0
    slope = np.abs(encoder.responses(values)[:, 0] * (encoder.centres - values) / encoder.width**2) * fired
    bound = 0.5 / ticks * slope.sum(axis=1) / np.sum(slope**2, axis=1)
    error = np.abs(encoder.decode(code) - values)[:, 0]
    assert np.all(error <= 1.2 * bound)
    assert np.all(fired.sum(axis=1) >= 2)


def test_a_value_without_spikes_gives_zero() -> None:
    encoder = GaussianFieldsEncoder(2, fields=4, ticks=10)
    code = SpikeCode([0], [0], [6], 1, 10, 8)  # only field 2 of value 1, at its centre
    np.testing.assert_allclose(encoder.decode(code), [[0.0, encoder.centres[2]]], atol=1e-12)
