"""Read-out: which digit the neurons that fired stand for, learned from training images only.

Result: what one run of the experiment gave, and its figures ready for JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.arrays import IntArray
from neuro.experiments.diehl_cook.settings import DiehlCookSettings
from neuro.experiments.diehl_cook.training import NOBODY, Training

CLASSES = 10
_PSEUDO_COUNT = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Readout:
    """What each neuron's spike says about the class.

    Args:
        chance: P(class | this neuron fired), shape (neurons, classes).
        classes: the class that each neuron fires for most, shape (neurons,).
        discount: weight of each further spike, relative to the one before.
    """

    chance: npt.NDArray[np.float64]
    classes: IntArray
    discount: float

    def name(self, answers: IntArray) -> IntArray:
        """The classes of images, shape (images,), from the neurons that fired, shape (images, reads).

        The class with the highest sum over spikes m of discount^m log P(class | neuron): earlier spikes count more, as
        in rank-order codes (Thorpe & Gautrais, Computational Neuroscience: Trends in Research, 1998).
        """
        weight = self.discount ** np.arange(answers.shape[1]) * (answers != NOBODY)
        votes = np.log(self.chance)[answers] * weight[:, :, None]
        named: IntArray = np.argmax(votes.sum(axis=1), axis=1)
        return named

    def name_by_first(self, answers: IntArray) -> IntArray:
        """The class of the neuron that fired first, shape (images,), as Diehl & Cook assign them; -1 where none did."""
        first = answers[:, 0]
        return np.where(first == NOBODY, NOBODY, self.classes[first]).astype(np.int64)


def learn_readout(answers: IntArray, labels: IntArray, neurons: int, discount: float) -> Readout:
    """Count how often each neuron fires for each class.

    Args:
        answers: the neurons that fired for training images, shape (images, reads).
        labels: classes of those images, shape (images,).
        neurons: how many there are.
        discount: weight of each further spike.
    """
    counts = np.zeros((neurons, CLASSES))
    first = np.zeros((neurons, CLASSES))
    for place in range(answers.shape[1]):
        fired = answers[:, place] != NOBODY
        pairs = answers[fired, place], labels[fired]
        np.add.at(counts, pairs, discount**place)
        if place == 0:
            np.add.at(first, pairs, 1.0)
    smoothed = counts + _PSEUDO_COUNT
    chance = smoothed / smoothed.sum(axis=1, keepdims=True)
    return Readout(chance, np.argmax(first, axis=1).astype(np.int64), discount)


def confusion(labels: IntArray, named: IntArray) -> IntArray:
    """How often each class (rows) was named as each (columns), shape (classes, classes)."""
    table = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(table, (labels, named), 1)
    return table


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
    confusion: IntArray
    seconds: dict[str, float]
    cpu_seconds: float


def run_metrics(result: DiehlCookResult) -> dict[str, Any]:
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
