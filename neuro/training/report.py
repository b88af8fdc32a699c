"""What training says of itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from neuro.diagnostics import CollapseReport
from neuro.encoders import KWTAEncoder


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

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return asdict(self)


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
