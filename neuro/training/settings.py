"""How an encoder is trained."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from neuro.checks import check_not_negative, check_positive, check_whole
from neuro.errors import InvalidInput


class Start(StrEnum):
    """From which weights the gradient starts."""

    IDENTITY = "identity"
    """The encoder as it was given."""
    DISCRIMINANT = "discriminant"
    """The best linear weights inside the mask: :mod:`neuro.training.discriminant`."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How an encoder is trained.

    Args:
        epochs: how often all pairs are seen at most; 0 keeps what :class:`Start` gives.
        batch: pairs in a step, at least 2: a batch of one has no negatives.
        validation: share of the pairs that are held out to judge each epoch.
        patience: epochs without a better validation after which training stops.
        pull: weight of ``mean((w - identity)^2) / 2``, the pull towards the identity.
        window: half width of the surrogate slope, in standard deviations of a code's drive.
        longest: gradients are clipped to this norm; None: not at all.
        weight_bits: of the whole-number weights, 2 to 16.
        start: where the gradient starts.
        seed: of the split and of the order of the pairs.

    Raises:
        InvalidInput: a value outside its range.
    """

    epochs: int = 10
    batch: int = 128
    validation: float = 0.2
    patience: int = 2
    pull: float = 1e-4
    window: float = 0.5
    longest: float | None = None
    weight_bits: int = 8
    start: Start = Start.DISCRIMINANT
    seed: int = 0

    def __post_init__(self) -> None:
        check_whole("epochs", self.epochs, 0, 1 << 20)
        if self.batch == 1:
            raise InvalidInput("batch is 1; a pair alone has no negatives: 2 or more are allowed")
        check_whole("batch", self.batch, 2, 1 << 20)
        check_whole("patience", self.patience, 1, 1 << 20)
        check_whole("weight_bits", self.weight_bits, 2, 16)
        check_whole("seed", self.seed, 0, 1 << 62)
        check_positive("validation", self.validation)
        if self.validation >= 1:
            raise InvalidInput(f"validation is {self.validation!r}; a share above 0 and below 1 is allowed")
        check_not_negative("pull", self.pull)
        check_positive("window", self.window)
        if self.longest is not None:
            check_positive("longest", self.longest)
        if not isinstance(self.start, Start):
            raise InvalidInput(f"start is {self.start!r}; one of {', '.join(Start)} of neuro.training.Start is allowed")
