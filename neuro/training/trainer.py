"""ContrastiveEncoderTrainer: the weights of a k-winners encoder, learned from pairs.

    (cue, item) -> mask and mean of the encoder -> k winners -> contrastive loss -> straight-through gradient
                -> optimiser -> whole-number weights -> validation

Only the weights of the projection change; which entries a unit reads does not, so the trained encoder costs what the
untrained one costs.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.diagnostics import CollapseDetector, CollapseReport
from neuro.arrays import BoolArray, FloatArray, IntArray
from neuro.encoders import KWTAEncoder
from neuro.errors import InvalidInput
from neuro.spikes import Progress
from neuro.storage import check_snapshot_folder
from neuro.training.checkpoint import KIND, TrainingState, is_better, load_state, recall_hits
from neuro.training.discriminant import discriminant_weights
from neuro.training.hard_negatives import HardNegativeMiner, Indexing, Mining, Negatives, exact_neighbours
from neuro.training.losses import InfoNCELoss, LocalContrastiveLoss, PairLoss
from neuro.training.optimisers import SGD, Adam, AdamW, Optimiser, clip_gradient
from neuro.training.pairs import CheckedPairs, Pairs, check_pairs, split
from neuro.training.schedules import CurriculumScheduler, Lesson, ScheduleShape, TemperatureAnnealing
from neuro.training.settings import Start, TrainingSettings
from neuro.training.spectral import SpectralRegularization
from neuro.training.straight_through import Batch, CodeLayer, SampledLinks, folded, links_among, mask_of, unfolded

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_NAMES: Mapping[type, str] = MappingProxyType(
    {
        Adam: "Adam",
        AdamW: "AdamW",
        CurriculumScheduler: "CurriculumScheduler",
        HardNegativeMiner: "HardNegativeMiner",
        InfoNCELoss: "InfoNCELoss",
        KWTAEncoder: "KWTAEncoder",
        Lesson: "Lesson",
        LocalContrastiveLoss: "LocalContrastiveLoss",
        Mining: "Mining",
        SGD: "SGD",
        ScheduleShape: "Shape",
        SpectralRegularization: "SpectralRegularization",
        Start: "Start",
        TemperatureAnnealing: "TemperatureAnnealing",
        TrainingSettings: "TrainingSettings",
    }
)
"""What a checkpoint's digest calls the parts of a trainer, whatever their classes are called: these never change."""


class Kept(StrEnum):
    """Which encoder came out."""

    IDENTITY = "identity"
    TRAINED = "trained"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch.

    Args:
        loss: mean over its steps.
        recall: recall@1 of the validation cues afterwards, with whole-number weights.
    """

    loss: float
    recall: float


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What training found on the pairs that it held out.

    Args:
        kept: the identity, unless training was better by more than two standard errors.
        why: the reason, in words.
        identity_recall: recall@1 before.
        start_recall: of the weights that the gradient started from.
        trained_recall: of the best weights seen.
        best_epoch: when they were seen; 0: the start.
        epochs: what each epoch gave.
        steps: of the optimiser.
        stopped: what ended the training.
        collapse_before, collapse_after: of the validation items' codes, by the identity and by the best weights.
    """

    kept: Kept
    why: str
    identity_recall: float
    start_recall: float
    trained_recall: float
    best_epoch: int
    epochs: tuple[Epoch, ...]
    steps: int
    stopped: str
    collapse_before: CollapseReport
    collapse_after: CollapseReport


@dataclass(frozen=True, slots=True, eq=False)
class TrainedEncoder:
    """What came out.

    Args:
        encoder: what training kept: the identity, or ``best``.
        best: the best of what it tried, for those who judge by something else than recall.
        report: how they compare.
    """

    encoder: KWTAEncoder
    best: KWTAEncoder
    report: TrainingReport


@dataclass(frozen=True, slots=True)
class ContrastiveEncoderTrainer:
    """Trains a :class:`neuro.encoders.KWTAEncoder` on pairs.

    Args:
        encoder: the identity: what comes back where training does not help. Up to 16 nonzeros a unit keep it cheap.
        settings: how long, on what, from where.
        loss: on codes of length 1.
        optimiser: of the weights.
        annealing: of the loss's temperature.
        miner: of negatives beyond those of the batch.
        curriculum: how many of them, and the temperature, by the samples seen.
        spectral: smoothness along the links of the graph that :meth:`fit` is given.
        indexing: what finds the miner's candidates among the codes of the items; an HNSW index does it faster.

    Raises:
        InvalidInput: parts that do not fit together.
    """

    encoder: KWTAEncoder
    settings: TrainingSettings = field(default_factory=TrainingSettings)
    loss: PairLoss = field(default_factory=InfoNCELoss)
    optimiser: Optimiser = field(default_factory=Adam)
    annealing: TemperatureAnnealing | None = None
    miner: HardNegativeMiner | None = None
    curriculum: CurriculumScheduler | None = None
    spectral: SpectralRegularization | None = None
    indexing: Indexing = exact_neighbours

    def __post_init__(self) -> None:
        if not isinstance(self.encoder, KWTAEncoder):
            raise InvalidInput(f"encoder is a {type(self.encoder).__name__}; a KWTAEncoder is allowed")
        if (self.annealing or self.curriculum) and not isinstance(self.loss, InfoNCELoss):
            raise InvalidInput(f"{type(self.loss).__name__} has no temperature to be changed; use InfoNCELoss")
        if self.annealing and self.curriculum:
            raise InvalidInput("annealing and curriculum both set the temperature; give one of them")
        if (self.miner is None) != (self.curriculum is None):
            raise InvalidInput("a miner and a curriculum need each other: it says how many negatives are mined")

    def fit(
        self,
        pairs: Pairs,
        graph: csr_array | FloatArray | None = None,
        progress: Progress | None = None,
        *,
        checkpoint: Path | str | None = None,
        resume: bool = False,
    ) -> TrainedEncoder:
        """The trained encoder, or the identity where training did not help, with the report.

        Args:
            pairs: cues and items, each (n, dimensions), float32 or float64; see
                :func:`neuro.training.distinct_pairs`.
            graph: Laplacian over the n items (:func:`neuro.training.laplacian`); needed with ``spectral``.
            progress: called after each step with the steps done (at most :meth:`steps`); False from it stops.
            checkpoint: folder that holds the state after each epoch.
            resume: go on from the checkpoint; the result is that of an uninterrupted training, bit for bit.

        Raises:
            InvalidInput: pairs that are too few, repeated or in conflict, of another dimension, not finite; a graph
                that is missing, of other nodes or without links; a checkpoint of something else, or a folder that
                holds something else.
        """
        folder = None if checkpoint is None else Path(checkpoint)
        return _Run(self, check_pairs(pairs, self.encoder.dimensions), graph).train(progress, folder, resume)

    def steps(self, pairs: int) -> int:
        """The most steps that so many pairs take."""
        trained, _ = split(pairs, self.settings.validation, self.settings.seed)
        return self.settings.epochs * len(_cuts(len(trained), self.settings.batch))

    def loss_at(self, samples: int) -> PairLoss:
        """The loss after so many samples."""
        if isinstance(self.loss, InfoNCELoss):
            if self.annealing is not None:
                return replace(self.loss, temperature=self.annealing.at(samples))
            if self.curriculum is not None:
                return replace(self.loss, temperature=self.curriculum.at(samples).temperature)
        return self.loss


class _Run:
    """One training: what does not change in it, and the loop."""

    def __init__(
        self, trainer: ContrastiveEncoderTrainer, pairs: CheckedPairs, graph: csr_array | FloatArray | None
    ) -> None:
        self.trainer, self.settings, self.encoder = trainer, trainer.settings, trainer.encoder
        trained, validated = split(len(pairs), self.settings.validation, self.settings.seed)
        self.pairs, self.held_out = pairs.take(trained), pairs.take(validated)
        mask = mask_of(self.encoder)
        self.layer = CodeLayer(mask, self.encoder.active, self.settings.window)
        self.identity = unfolded(self.encoder)
        self.cues, self.items = mask.centred(self.pairs.cues), mask.centred(self.pairs.items)
        self.links = _checked_links(trainer.spectral, graph, len(pairs), trained)
        self.digest = _digest(trainer, pairs, self.links)
        self.negatives = Negatives(trainer.miner, trainer.indexing, self.pairs) if trainer.miner else None

    def train(self, progress: Progress | None, checkpoint: Path | None, resume: bool) -> TrainedEncoder:
        """The whole training."""
        if resume and checkpoint is None:
            raise InvalidInput("resume needs the checkpoint's folder")
        if checkpoint is not None:
            # Said now, not after an hour's first epoch.
            check_snapshot_folder(checkpoint, KIND)
        state = load_state(checkpoint, self.digest) if resume and checkpoint else self.start()
        before, stopped = recall_hits(self.encoder, self.held_out.cues, self.held_out.items), ""
        while not stopped:
            if state.epoch >= self.settings.epochs:
                stopped = f"all {self.settings.epochs} epochs are over"
            elif state.epoch - state.best_epoch >= self.settings.patience:
                stopped = f"no better validation for {self.settings.patience} epochs"
            else:
                state, stopped = self.epoch(state, progress)
                if checkpoint is not None and not stopped:
                    state.save(checkpoint, self.digest)
        return self.verdict(state, before, stopped)

    def start(self) -> TrainingState:
        """The state before the first step."""
        weights = self.identity
        if self.settings.start is Start.DISCRIMINANT:
            weights = discriminant_weights(self.layer.mask, self.identity, self.cues, self.items)
        hits, optimiser = self.hits(weights), self.trainer.optimiser.start(weights)
        return TrainingState(weights, optimiser, weights, hits, 0, float(hits.mean()), 0, (), ())

    def epoch(self, state: TrainingState, progress: Progress | None) -> tuple[TrainingState, str]:
        """The state after one more epoch and why training ends, if it does; a broken epoch is not taken over."""
        weights, optimiser, steps = np.asarray(state.weights), state.optimiser, state.steps
        losses: list[float] = []
        for rows in self.batches(state.epoch):
            samples = steps * self.settings.batch
            if self.negatives is not None and self.trainer.curriculum is not None:
                lesson = self.trainer.curriculum.at(samples)
                self.negatives.renew(self.folded(weights), steps, first=not losses, count=lesson.negatives)
            value, gradient = self.gradient(weights, rows, steps, samples)
            broken = not (math.isfinite(value) and np.all(np.isfinite(gradient)))
            if not broken:
                moved, optimiser = self.trainer.optimiser.step(weights, gradient, optimiser)
                weights = np.asarray(moved, dtype=np.float64)
                broken = not np.all(np.isfinite(weights)) or not np.any(weights)
            if broken:
                return state, f"step {steps + 1}: the loss is {value}, weights or gradient broke; the last good kept"
            steps += 1
            losses.append(value)
            if progress is not None and progress(steps) is False:
                return state, f"stopped from outside at step {steps}"
        hits, loss = self.hits(weights), float(np.mean(losses))
        after = replace(
            state,
            weights=weights,
            optimiser=optimiser,
            steps=steps,
            losses=(*state.losses, loss),
            recalls=(*state.recalls, float(hits.mean())),
        )
        if hits.sum() > state.best_hits.sum():
            after = replace(after, best=weights, best_hits=hits, best_epoch=after.epoch)
        return after, ""

    def batches(self, epoch: int) -> Iterator[IntArray]:
        """Rows of each step's pairs, in an order that the epoch's number gives."""
        order = np.random.default_rng((self.settings.seed, 1, epoch)).permutation(len(self.pairs))
        yield from np.split(order, _cuts(len(order), self.settings.batch)[:-1])

    def gradient(self, weights: FloatArray, rows: IntArray, step: int, samples: int) -> tuple[float, FloatArray]:
        """The whole loss of a step and its gradient."""
        mined = np.zeros(0, np.int64) if self.negatives is None else self.negatives.of(rows)
        others = np.setdiff1d(mined, rows)
        batch = Batch(self.cues[rows], self.items[np.concatenate([rows, others])], np.arange(rows.size))
        value, gradient = self.layer.contrast(batch, weights, self.trainer.loss_at(samples))
        if self.links is not None and self.trainer.spectral is not None:
            random = np.random.default_rng((self.settings.seed, 2, step))
            nodes, L = self.links.sample(self.settings.batch, len(self.pairs), random)
            more, slope = self.layer.smoothness(self.items[nodes], L, weights, self.trainer.spectral)
            value, gradient = value + more, gradient + slope
        away = weights - self.identity
        value += self.settings.pull * float(np.mean(away**2)) / 2
        gradient = gradient + self.settings.pull / away.size * away
        if self.settings.longest is not None:
            gradient = np.asarray(clip_gradient(gradient, self.settings.longest))
        return value, gradient

    def folded(self, weights: FloatArray) -> KWTAEncoder:
        """The encoder with whole-number weights."""
        return folded(self.encoder, weights, self.settings.weight_bits)

    def hits(self, weights: FloatArray) -> BoolArray:
        """Which validation cues are found, with whole-number weights."""
        return recall_hits(self.folded(weights), self.held_out.cues, self.held_out.items)

    def verdict(self, state: TrainingState, before: BoolArray, stopped: str) -> TrainedEncoder:
        """What is kept, and the report."""
        best = self.folded(state.best)
        better = is_better(state.best_hits, before)
        found, was = float(state.best_hits.mean()), float(before.mean())
        told = "more" if better else "no more"
        why = f"validation recall@1 {was:.3f} -> {found:.3f}, {told} than two standard errors better"
        detector, held = CollapseDetector(), self.held_out.items
        report = TrainingReport(
            kept=Kept.TRAINED if better else Kept.IDENTITY,
            why=why,
            identity_recall=was,
            start_recall=state.start_recall,
            trained_recall=found,
            best_epoch=state.best_epoch,
            epochs=tuple(Epoch(*pair) for pair in zip(state.losses, state.recalls, strict=True)),
            steps=state.steps,
            stopped=stopped,
            collapse_before=detector.examine(self.encoder.encode(held), self.encoder.units),
            collapse_after=detector.examine(best.encode(held), best.units),
        )
        return TrainedEncoder(best if better else self.encoder, best, report)


def _cuts(count: int, batch: int) -> list[int]:
    """Where batches end; a rest of one joins the batch before it, since it would have no negatives."""
    ends = [*range(batch, count, batch), count]
    if len(ends) > 1 and ends[-1] - ends[-2] < 2:
        del ends[-2]
    return ends


def _checked_links(
    spectral: SpectralRegularization | None, graph: csr_array | FloatArray | None, count: int, trained: IntArray
) -> SampledLinks | None:
    if (spectral is None) != (graph is None):
        raise InvalidInput("a spectral term and a graph need each other; give both, or neither")
    if graph is None:
        return None
    shape = getattr(graph, "shape", None)
    if shape != (count, count):
        raise InvalidInput(f"the graph's Laplacian has shape {shape}; {(count, count)} is needed")
    links = links_among(graph, trained)
    if links.left.size == 0:
        raise InvalidInput("the graph links none of the items that are trained on; give one with links")
    return links


def _digest(trainer: ContrastiveEncoderTrainer, pairs: CheckedPairs, links: SampledLinks | None) -> str:
    """A name of settings and data, so that a checkpoint is not mixed up with another."""
    encoder, seen = trainer.encoder, hashlib.sha256()
    described = replace(encoder, mean=None, weights=None)
    names = {part.__qualname__: name for part, name in _NAMES.items()}
    parts = (trainer.settings, trainer.loss, trainer.optimiser, trainer.annealing, trainer.miner, trainer.curriculum)
    for text in (described, *parts, trainer.spectral):
        # A part of somebody's own may have no other repr than its place in memory, which the next process changes.
        told = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(text))
        seen.update(re.sub(r"\w+(?=[.(])", lambda found: names.get(found[0], found[0]), told).encode())
    linked = () if links is None else (links.left, links.right)
    for array in (np.asarray(encoder.mean), encoder.projection_weights, pairs.cues, pairs.items, *linked):
        seen.update(np.ascontiguousarray(array).tobytes())
    return seen.hexdigest()
