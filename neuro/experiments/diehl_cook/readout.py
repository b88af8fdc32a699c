"""The read-out: which digit the neurons that fired stand for, learned from training images only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuro.arrays import FloatArray, IntArray
from neuro.experiments.diehl_cook.training import NOBODY

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

    chance: FloatArray
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


def accuracy_of(named: IntArray, labels: IntArray) -> float:
    """The share of images that were named rightly."""
    return float(np.mean(named == labels)) if labels.size else 0.0
