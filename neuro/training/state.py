"""Where training stands after an epoch: arrays, so that it can be kept and gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput
from neuro.store import load_snapshot, save_snapshot
from neuro.training.optimisers import OptimiserState
from neuro.training.validation import Hits

Floats = npt.NDArray[np.float64]

KIND = "training.contrastive"
_OPTIMISER = "optimiser_"


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """An encoder on its way.

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

    weights: Floats
    optimiser: OptimiserState
    best: Floats
    best_hits: Hits
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
        arrays: dict[str, npt.NDArray[Any]] = {
            "weights": self.weights,
            "best": self.best,
            "best_hits": self.best_hits,
            "losses": np.array(self.losses, dtype=np.float64),
            "recalls": np.array(self.recalls, dtype=np.float64),
            **{_OPTIMISER + name: array for name, array in self.optimiser.items()},
        }
        about = {
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
    optimiser: Mapping[str, npt.NDArray[Any]] = {
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
