"""Result: what one run of the experiment gave, and its figures ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neuro.experiments.diehl_cook.data import Ints
from neuro.experiments.diehl_cook.readout import Readout
from neuro.experiments.diehl_cook.settings import DiehlCookSettings
from neuro.experiments.diehl_cook.training import Training


@dataclass(frozen=True, slots=True, eq=False)
class DiehlCookResult:
    """What one run gave.

    Args:
        settings: what was asked for.
        shape: height and width of an image.
        training: weights, thresholds, wins.
        readout: what each neuron stands for.
        validation_accuracy: share of the validation images that are named rightly.
        accuracy: the same of the test images, looked at once; None where only settings were to be chosen.
        first_spike_accuracy: of the test images by the class of the first neuron alone; None like ``accuracy``.
        confusion: shape (10, 10), true class by named class, of the test images (else of the validation images).
        seconds: part of the work -> how long it took.
        cpu_seconds: of one core, for all of it.
    """

    settings: DiehlCookSettings
    shape: tuple[int, int]
    training: Training
    readout: Readout
    validation_accuracy: float
    accuracy: float | None
    first_spike_accuracy: float | None
    confusion: Ints
    seconds: dict[str, float]
    cpu_seconds: float


def metrics(result: DiehlCookResult) -> dict[str, Any]:
    """The figures, ready for JSON; all but the times are the same in every run of equal settings."""
    training, neurons = result.training, result.settings.neurons
    share = training.wins / max(int(training.wins.sum()), 1)
    used = share[share > 0]
    return {
        "seed": result.settings.seed,
        "neurons": neurons,
        "accuracy": result.accuracy,
        "validation_accuracy": result.validation_accuracy,
        "first_spike_accuracy": result.first_spike_accuracy,
        "confusion": result.confusion.tolist(),
        "seconds": {part: round(took, 2) for part, took in result.seconds.items()},
        "cpu_seconds": round(result.cpu_seconds, 2),
        "spikes_per_image": training.spikes_per_image,
        "input_spikes_per_image": training.input_spikes_per_image,
        "neurons_used": int(np.count_nonzero(training.wins)),
        "least_wins": int(training.wins.min()),
        "most_wins": int(training.wins.max()),
        "usage_entropy": float(-np.sum(used * np.log(used)) / np.log(neurons)),
        "settings": result.settings.model_dump(mode="json"),
    }
