"""The trainer: what it learns, what it keeps, how it stops, and that it goes on where it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from neuro.encoders import KWTAEncoder
from neuro.errors import InvalidInput
from neuro.training import (
    Adam,
    ContrastiveEncoderTrainer,
    CurriculumScheduler,
    HardNegativeMiner,
    InfoNCELoss,
    Kept,
    LocalContrastiveLoss,
    Mining,
    SpectralRegularization,
    Start,
    TemperatureAnnealing,
    TrainingSettings,
    laplacian,
    recall_hits,
)
from neuro.training.losses import LossGradient
from neuro.training.straight_through import Batch, CodeLayer, mask_of, unfolded

DIMENSIONS, NUISANCES = 24, 4


def nuisance_pairs(count: int, strength: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that share a vector and differ by a strong movement along four fixed directions."""
    directions = np.random.default_rng(99).standard_normal((NUISANCES, DIMENSIONS))
    random = np.random.default_rng(seed)
    shared = random.standard_normal((count, DIMENSIONS))
    sides = [shared + strength * random.standard_normal((count, NUISANCES)) @ directions for _ in range(2)]
    return sides[0], sides[1]


PAIRS = nuisance_pairs(240, 4.0, 0)
HELD_OUT = nuisance_pairs(120, 4.0, 1)
ENCODER = KWTAEncoder.centred_on(PAIRS[1], units=256, active=12, nonzeros=16)
SHORT = TrainingSettings(epochs=2, batch=32)


def recall(encoder: KWTAEncoder) -> float:
    return float(recall_hits(encoder, *HELD_OUT).mean())


def test_a_nuisance_is_learned_away_and_the_mask_kept() -> None:
    trained = ContrastiveEncoderTrainer(ENCODER, SHORT).fit(PAIRS)
    assert recall(ENCODER) < 0.1
    assert recall(trained.encoder) > 0.7
    assert trained.report.kept is Kept.TRAINED
    np.testing.assert_array_equal(trained.encoder.inputs, ENCODER.inputs)
    assert np.abs(trained.encoder.projection_weights).max() == 127
    assert not trained.report.collapse_after.collapsed


def test_the_gradient_alone_learns_it_too() -> None:
    settings = TrainingSettings(epochs=12, batch=32, start=Start.IDENTITY, patience=12)
    weak = nuisance_pairs(240, 1.0, 0)
    trained = ContrastiveEncoderTrainer(ENCODER, settings, InfoNCELoss(0.2), Adam(0.05)).fit(weak)
    assert trained.report.start_recall == pytest.approx(trained.report.identity_recall, abs=0.05)
    assert trained.report.trained_recall > trained.report.identity_recall + 0.1
    losses = [epoch.loss for epoch in trained.report.epochs]
    assert losses[-1] < 0.8 * losses[0]


def test_the_identity_is_kept_where_training_does_not_help() -> None:
    shared = np.random.default_rng(5).standard_normal((240, DIMENSIONS))
    noise = np.random.default_rng(6).standard_normal(shared.shape)
    trained = ContrastiveEncoderTrainer(ENCODER, SHORT).fit((shared + 0.1 * noise, shared))
    assert trained.report.kept is Kept.IDENTITY
    assert "no more than two standard errors" in trained.report.why
    assert trained.encoder is ENCODER
    strangers = (noise, shared)
    assert ContrastiveEncoderTrainer(ENCODER, SHORT).fit(strangers).encoder is ENCODER


def test_the_surrogate_gradient_points_downhill() -> None:
    """A step along it lowers the loss of the batch: what a gradient through a step function can promise."""
    mask = mask_of(ENCODER)
    layer, weights, loss = CodeLayer(mask, 12, 0.5), unfolded(ENCODER), InfoNCELoss(0.5)
    batch = Batch(mask.centred(PAIRS[0][:64]), mask.centred(PAIRS[1][:64]), np.arange(64))
    values = []
    for _ in range(15):
        value, gradient = layer.contrast(batch, weights, loss)
        values.append(value)
        weights = weights - 0.02 * gradient / np.sqrt(np.mean(gradient**2))
    assert values[-1] < values[0] - 0.1


def test_resumed_training_is_uninterrupted_training_bit_for_bit(tmp_path: Path) -> None:
    trainer = ContrastiveEncoderTrainer(ENCODER, TrainingSettings(epochs=4, batch=32, patience=9))
    whole = trainer.fit(PAIRS)
    folder, done = tmp_path / "checkpoint", []

    def until_third_epoch(steps: int) -> bool:
        done.append(steps)
        return steps < trainer.steps(240) * 5 // 8

    broken = trainer.fit(PAIRS, progress=until_third_epoch, checkpoint=folder)
    assert "stopped from outside" in broken.report.stopped
    assert done == list(range(1, len(done) + 1))
    resumed = trainer.fit(PAIRS, checkpoint=folder, resume=True)
    assert resumed.report == whole.report
    np.testing.assert_array_equal(resumed.encoder.projection_weights, whole.encoder.projection_weights)
    with pytest.raises(InvalidInput, match="other settings or pairs"):
        replace(trainer, optimiser=Adam(0.5)).fit(PAIRS, checkpoint=folder, resume=True)


def test_a_folder_that_holds_something_else_is_refused_before_the_first_step(tmp_path: Path) -> None:
    """It was refused when the first epoch was over, which was lost."""
    (tmp_path / "diary.txt").write_text("mine")
    steps: list[int] = []
    with pytest.raises(InvalidInput, match="exists and is not empty"):
        ContrastiveEncoderTrainer(ENCODER, TrainingSettings(epochs=1)).fit(
            PAIRS, progress=lambda step: steps.append(step) is None, checkpoint=tmp_path
        )
    assert steps == []


def test_a_checkpoint_knows_its_graph_and_a_loss_without_a_name(tmp_path: Path) -> None:
    class Plain:
        def __call__(self, *batch: Any) -> LossGradient:
            return InfoNCELoss()(*batch)

    def trainer() -> ContrastiveEncoderTrainer:
        settings = TrainingSettings(epochs=1, start=Start.IDENTITY)
        return ContrastiveEncoderTrainer(ENCODER, settings, Plain(), spectral=SpectralRegularization())

    count = len(PAIRS[0])
    ring, other = (laplacian(np.arange(count + 1), (np.arange(count) + step) % count) for step in (1, 2))
    whole = trainer().fit(PAIRS, ring, checkpoint=tmp_path / "kept")
    assert trainer().fit(PAIRS, ring, checkpoint=str(tmp_path / "kept"), resume=True).report == whole.report
    with pytest.raises(InvalidInput, match="other settings or pairs"):
        trainer().fit(PAIRS, other, checkpoint=tmp_path / "kept", resume=True)


class BreaksAtFifthStep:
    """A loss that stops being a number."""

    def __init__(self) -> None:
        self.steps = 0

    def __call__(self, anchors: Any, items: Any, own: npt.ArrayLike | None = None, /) -> LossGradient:
        self.steps += 1
        found = InfoNCELoss()(anchors, items, own)
        return replace(found, value=float("nan")) if self.steps == 9 else found


def test_a_loss_that_is_no_number_stops_and_the_last_good_state_stays() -> None:
    trained = ContrastiveEncoderTrainer(ENCODER, SHORT, BreaksAtFifthStep()).fit(PAIRS)
    assert trained.report.stopped.startswith("step 9: the loss is nan")
    assert len(trained.report.epochs) == 1
    assert recall(trained.encoder) > 0.7


def test_miner_curriculum_spectral_term_and_annealing_take_part() -> None:
    ring = laplacian(np.arange(241), (np.arange(240) + 1) % 240)
    looked_up = []

    def indexing(items: np.ndarray) -> Any:
        looked_up.append(len(items))
        return lambda queries, k: np.argsort(-(queries @ items.T), axis=1)[:, :k]

    mining = ContrastiveEncoderTrainer(
        ENCODER,
        SHORT,
        miner=HardNegativeMiner(Mining.HARDEST, candidates=10, refresh=2),
        curriculum=CurriculumScheduler.linear(2, 96, (2, 4), (0.5, 0.1)),
        indexing=indexing,
    )
    assert mining.fit(PAIRS).report.steps == mining.steps(240) == 12
    assert looked_up == [192] * len(looked_up)
    assert len(looked_up) >= 6
    smooth = ContrastiveEncoderTrainer(
        ENCODER, SHORT, annealing=TemperatureAnnealing(samples=100), spectral=SpectralRegularization(1.0)
    )
    rough = replace(smooth, spectral=None)
    assert smooth.fit(PAIRS, ring).report.epochs[0].loss > rough.fit(PAIRS).report.epochs[0].loss


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ((PAIRS[0][:1], PAIRS[1][:1]), "1 pairs are too few"),
        ((PAIRS[0], PAIRS[1][:9]), "240 cues and 9 items"),
        ((PAIRS[0][[0, 1, 2, 3, 0]], PAIRS[1][[0, 1, 2, 3, 0]]), "1 pairs repeat.*1 repeat the whole pair"),
        ((PAIRS[0][[0, 1, 2, 3, 0]], PAIRS[1][:5]), "repeat an earlier pair's cue .0 repeat the whole.*conflict"),
        ((PAIRS[0][:5], PAIRS[1][[0, 1, 2, 3, 3]]), "repeat an earlier pair's item"),
        ((PAIRS[0] * np.nan, PAIRS[1]), "NaN"),
        ((PAIRS[0][:, :3], PAIRS[1][:, :3]), "3 dimensions"),
        (PAIRS[0], "two arrays"),
    ],
)
def test_bad_pairs_are_refused(pairs: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        ContrastiveEncoderTrainer(ENCODER).fit(pairs)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TrainingSettings(batch=1), "batch is 1; a pair alone has no negatives"),
        (lambda: TrainingSettings(validation=1.0), "validation is 1.0"),
        (lambda: ContrastiveEncoderTrainer(ENCODER, miner=HardNegativeMiner()), "need each other"),
        (
            lambda: ContrastiveEncoderTrainer(ENCODER, loss=LocalContrastiveLoss(), annealing=TemperatureAnnealing()),
            "LocalContrastiveLoss has no temperature",
        ),
        (lambda: ContrastiveEncoderTrainer(ENCODER).fit(PAIRS, np.eye(240)), "need each other"),
        (
            lambda: ContrastiveEncoderTrainer(ENCODER, spectral=SpectralRegularization()).fit(PAIRS, np.eye(7)),
            r"shape \(7, 7\)",
        ),
        (lambda: ContrastiveEncoderTrainer(ENCODER).fit(PAIRS, resume=True), "needs the checkpoint"),
    ],
)
def test_bad_settings_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make()
