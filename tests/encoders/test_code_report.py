"""The report: its figures against plain loops, scipy, and encoders whose figures are known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from neuro.encoders import (
    KWTAEncoder,
    LatencyEncoder,
    SpikeCode,
    SpikeEncoder,
    code_cosine_correlation,
    compare,
    comparison_table,
)
from neuro.encoders.base import CodeReport, similarity_correlation
from neuro.errors import InvalidInput
from tests.encoders.spiking import KINDS, normalised


@dataclass(frozen=True)
class Known(SpikeEncoder):
    """An encoder that decodes and compares by given arrays: three spikes an item."""

    decoded: np.ndarray
    compared: np.ndarray

    neurons = 3
    ticks = 7

    def encode(self, vectors: np.ndarray) -> SpikeCode:
        items = np.repeat(np.arange(len(vectors)), 3)
        return SpikeCode(items, np.zeros_like(items), np.tile(np.arange(3), len(vectors)), len(vectors), 7, 3)

    def decode(self, code: SpikeCode) -> np.ndarray:
        assert len(code) == 3 * len(self.decoded)
        return self.decoded

    def features(self, code: SpikeCode) -> np.ndarray:
        assert len(code) == 3 * len(self.compared)
        return self.compared


def cosine(left: np.ndarray, right: np.ndarray) -> float:
    return float(left @ right / np.sqrt((left @ left) * (right @ right)))


def test_figures_are_those_of_plain_loops() -> None:
    vectors, decoded, compared = normalised(12, 5), normalised(12, 5, seed=1), normalised(12, 40, seed=2)
    report = Known(5, decoded, compared).report(vectors)
    cosines = [cosine(x, y) for x, y in zip(vectors, decoded, strict=True)]
    pairs = [(i, j) for i in range(12) for j in range(i)]
    r = stats.pearsonr(
        [cosine(vectors[i], vectors[j]) for i, j in pairs], [cosine(compared[i], compared[j]) for i, j in pairs]
    ).statistic
    assert report == CodeReport(
        encoder="Known",
        vectors=12,
        dimensions=5,
        neurons=3,
        ticks=7,
        mean_cosine=pytest.approx(np.mean(cosines)),
        min_cosine=pytest.approx(min(cosines)),
        spikes_per_value=3 / 5,
        similarity_correlation=pytest.approx(r),
    )


def test_a_perfect_code_and_a_useless_one() -> None:
    vectors = normalised(6, 4)
    perfect = Known(4, 1e200 * vectors, 1e-200 * vectors).report(vectors)
    assert perfect.min_cosine == pytest.approx(1.0)
    assert perfect.similarity_correlation == pytest.approx(1.0)
    useless = Known(4, np.zeros((6, 4)), np.ones((6, 9))).report(vectors)
    assert (useless.mean_cosine, useless.min_cosine, useless.similarity_correlation) == (0.0, 0.0, 0.0)


def test_vectors_without_direction_or_spread_are_refused() -> None:
    encoder = LatencyEncoder(4)
    with pytest.raises(InvalidInput, match="a report of 2 vectors, 0 of them zero; at least 3"):
        encoder.report(normalised(2, 4))
    with pytest.raises(InvalidInput, match="a report of 5 vectors, 1 of them zero"):
        encoder.report(np.vstack([normalised(4, 4), np.zeros((1, 4))]))
    with pytest.raises(InvalidInput, match="all cosines of the vectors are alike"):
        encoder.report(np.eye(4))


def test_kwta_gives_the_same_report() -> None:
    vectors = normalised(80, 40)
    encoder = KWTAEncoder(40, units=1000, active=60)
    report = encoder.report(vectors)
    codes = encoder.encode(vectors)
    assert (report.encoder, report.neurons, report.ticks) == ("KWTAEncoder", 1000, encoder.presentation_ticks)
    assert report.spikes_per_value == 60 / 40
    cosines = [cosine(x, y) for x, y in zip(vectors, encoder.decode(codes), strict=True)]
    assert report.mean_cosine == pytest.approx(np.mean(cosines))
    assert report.mean_cosine > 0.9
    # The older measure averages a correlation for each item; both ask the same question.
    assert report.similarity_correlation == pytest.approx(code_cosine_correlation(vectors, codes, 1000), abs=0.02)


def test_compare_keeps_the_order_and_the_table_says_it_all() -> None:
    vectors = normalised(40, 30)
    encoders = [kind(30) for kind in KINDS] + [KWTAEncoder(30, units=200, active=20)]
    reports = compare(encoders, vectors)
    assert [report.encoder for report in reports] == [type(encoder).__name__ for encoder in encoders]
    assert all(report == encoder.report(vectors) for report, encoder in zip(reports, encoders, strict=True))
    header, *lines = comparison_table(reports).splitlines()
    assert header.split() == ["encoder", "cosine", "worst", "spikes/value", "similarity", "r", "ticks", "neurons"]
    for line, report in zip(lines, reports, strict=True):
        name, *figures = line.split()
        assert name == report.encoder
        given = (report.mean_cosine, report.min_cosine, report.spikes_per_value, report.similarity_correlation)
        assert [float(figure) for figure in figures] == pytest.approx([*given, report.ticks, report.neurons], abs=6e-3)


def test_correlation_of_a_linear_similarity_is_one() -> None:
    """Features (x, 1): their cosine is (cos + 1) / 2."""
    vectors = normalised(30, 8)
    features = np.hstack([vectors, np.ones((30, 1))])
    assert similarity_correlation(vectors, features) == pytest.approx(1.0)
    assert similarity_correlation(vectors, np.hstack([vectors, 1e3 * np.ones((30, 1))])) == pytest.approx(1.0)
