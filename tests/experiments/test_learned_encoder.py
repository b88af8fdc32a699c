"""The study of the learned encoder: its measures, and a small run of all of it."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.encoders import EncoderTraining
from neuro.errors import InvalidInput
from neuro.experiments.learned_encoder import (
    CLUSTERS,
    DIGITS,
    LEARNED,
    RANDOM,
    StudySettings,
    gini,
    plot_study,
    run_learned_encoder,
    usage_entropy,
)

SMALL = StudySettings(
    units=60,
    active=6,
    vectors=250,
    clusters=5,
    training=EncoderTraining(epochs=3, window=12, peak=6, tau=12e-3, rest=36),
)


@pytest.mark.parametrize(
    ("usage", "evenness", "inequality"),
    [([4, 4, 4, 4], 1.0, 0.0), ([0, 0, 0, 8], 0.0, 0.75), ([1, 1, 0, 0], 0.5, 0.5)],
)
def test_measures_of_usage(usage: list[int], evenness: float, inequality: float) -> None:
    counts = np.array(usage)
    np.testing.assert_allclose([usage_entropy(counts), gini(counts)], [evenness, inequality], atol=1e-12)


@pytest.mark.long
def test_a_small_run() -> None:
    result = run_learned_encoder(3, settings=SMALL)
    assert [row.data for row in result.rows] == [DIGITS] * 5 + [CLUSTERS] * 5
    learned, random = result.row(DIGITS, LEARNED), result.row(DIGITS, RANDOM)
    assert min(learned.neighbours, random.neighbours) > 0.6
    assert learned.gini < result.row(DIGITS, "without homeostasis").gini
    assert result.row(DIGITS, "without competition").neighbours < learned.neighbours - 0.2
    assert all(row.exact >= row.noisy[0] - 0.05 for row in result.rows)
    axes = plot_study(result, CLUSTERS)
    assert [bar.get_label() for bar in axes.containers[::1] if hasattr(bar, "patches")] == [
        row.encoder for row in result.rows[:5]
    ]


def test_a_row_or_seed_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidInput, match="seed is -1"):
        run_learned_encoder(-1)
