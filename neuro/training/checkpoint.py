"""Where training stands after an epoch, as arrays that can be saved and gone on with, and how an epoch is validated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, BoolArray, FloatArray, JSONValue
from neuro.encoders import KWTAEncoder
from neuro.encoders.codes import binary
from neuro.errors import InvalidInput
from neuro.storage import load_snapshot, save_snapshot
from neuro.training.optimisers import OptimiserState

KIND = "training.contrastive"
_OPTIMISER = "optimiser_"
_CHUNK = 512
_ERRORS = 2.0
"""A difference counts from two standard errors on."""


def recall_hits(encoder: KWTAEncoder, cues: npt.ArrayLike, items: npt.ArrayLike) -> BoolArray:
    """Whether cue i's code shares more active units with item i's than with any other item's, shape (cues,).

    Recall@1 is the mean. Ties go to the item that stands first.

    Raises:
        InvalidInput: as the encoder; more cues than items.
    """
    asked, stored = np.atleast_2d(encoder.encode(cues)), np.atleast_2d(encoder.encode(items))
    if len(asked) > len(stored):
        raise InvalidInput(f"{len(asked)} cues and {len(stored)} items; give item i for each cue i")
    features = binary(stored, encoder.units)
    best = np.empty(len(asked), dtype=np.int64)
    for start in range(0, len(asked), _CHUNK):
        part = slice(start, start + _CHUNK)
        best[part] = (binary(asked[part], encoder.units) @ features.T).argmax(axis=1)
    return np.asarray(best == np.arange(len(asked)))


def is_better(hits: BoolArray, before: BoolArray) -> bool:
    """Whether the same cues are found more often than before, by more than two standard errors.

    With b cues found only now and c only before: ``b - c > 2 sqrt(b + c)``, the sign test. Source: McNemar (1947).
    """
    won, lost = int(np.sum(hits & ~before)), int(np.sum(before & ~hits))
    return won - lost > _ERRORS * math.sqrt(won + lost)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """An encoder in training.

    Args:
        weights: as the gradient left them.
        optimiser: its state.
        best: the weights of the best validation so far.
        best_hits: which validation cues they find.
        best_epoch: when; 0: the start.
        start_recall: of the start.
        steps: of the optimiser.
        losses, recalls: of the epochs so far.
    """

    weights: FloatArray
    optimiser: OptimiserState
    best: FloatArray
    best_hits: BoolArray
    best_epoch: int
    start_recall: float
    steps: int
    losses: tuple[float, ...]
    recalls: tuple[float, ...]

    @property
    def epoch(self) -> int:
        """How many epochs are over."""
        return len(self.losses)

    def save(self, folder: Path, training: str) -> None:
        """Keep the state; ``training`` names settings and data.

        Raises:
            InvalidInput: the folder holds something else.
        """
        arrays: dict[str, AnyArray] = {
            "weights": self.weights,
            "best": self.best,
            "best_hits": self.best_hits,
            "losses": np.array(self.losses, dtype=np.float64),
            "recalls": np.array(self.recalls, dtype=np.float64),
            **{_OPTIMISER + name: array for name, array in self.optimiser.items()},
        }
        about: dict[str, JSONValue] = {
            "training": training,
            "best_epoch": self.best_epoch,
            "start_recall": self.start_recall,
            "steps": self.steps,
        }
        save_snapshot(folder, KIND, arrays, about)


def load_state(folder: Path, training: str) -> TrainingState:
    """The state that a checkpoint holds.

    Raises:
        InvalidInput: no checkpoint, a damaged one, or one of other settings or data.
    """
    arrays, about = load_snapshot(folder, KIND)
    if about.get("training") != training:
        raise InvalidInput(
            f"the checkpoint {folder} is of other settings or pairs; resume with the same, or give another folder"
        )
    optimiser: Mapping[str, AnyArray] = {
        name.removeprefix(_OPTIMISER): array for name, array in arrays.items() if name.startswith(_OPTIMISER)
    }
    return TrainingState(
        arrays["weights"],
        optimiser,
        arrays["best"],
        arrays["best_hits"],
        int(about["best_epoch"]),
        float(about["start_recall"]),
        int(about["steps"]),
        tuple(arrays["losses"].tolist()),
        tuple(arrays["recalls"].tolist()),
    )
