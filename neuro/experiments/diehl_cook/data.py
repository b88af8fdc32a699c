"""The digits: read, and split into those to learn from, those to choose settings by and those held out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from neuro.arrays import IntArray
from neuro.errors import InvalidInput
from neuro.experiments.diehl_cook.settings import Dataset, DiehlCookSettings

_MNIST_TRAINING = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """A set of images.

    Args:
        pixels: shape (images, height, width), 0 (paper) to 1 (ink).
        labels: shape (images,), 0 to 9.
    """

    pixels: npt.NDArray[np.float32]
    labels: IntArray

    def __len__(self) -> int:
        return int(self.labels.size)

    def first(self, count: int | None) -> Images:
        """The first ``count`` images; None: all."""
        return Images(self.pixels[:count], self.labels[:count])

    def picked(self, rows: IntArray) -> Images:
        """The images of these rows, in this order."""
        return Images(self.pixels[rows], self.labels[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The three parts of a dataset; ``testing`` is looked at once, at the end."""

    training: Images
    validation: Images
    testing: Images


def load_digit_split(settings: DiehlCookSettings) -> Split:
    """The parts of the dataset, each cut to the number asked for.

    MNIST: the first 50,000 training images, its other 10,000, its 10,000 test images. Digits, drawn by the seed: 64 %,
    16 % and 20 %.

    Raises:
        InvalidInput: MNIST is not where ``$SPIKELOOM_DATA`` (default ``../shared/data``) points.
    """
    split = _mnist() if settings.dataset is Dataset.MNIST else _digits(settings.seed)
    return Split(
        split.training.first(settings.training),
        split.validation.first(settings.validation),
        split.testing.first(settings.testing),
    )


def _digits(seed: int) -> Split:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = Images((bunch.images / 16.0).astype(np.float32), bunch.target.astype(np.int64))
    order = np.random.default_rng(seed).permutation(len(images))
    held = len(images) // 5
    choosing = (len(images) - held) // 5
    return Split(
        images.picked(order[held + choosing :]),
        images.picked(order[held : held + choosing]),
        images.picked(order[:held]),
    )


def _mnist() -> Split:
    path = Path(os.environ.get("SPIKELOOM_DATA") or "../shared/data") / "mnist.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            parts = {name: file[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    except (OSError, KeyError, ValueError) as error:
        raise InvalidInput(f"{path} can't be read as MNIST ({error}); set SPIKELOOM_DATA to its folder") from None
    known = _scaled(parts["x_train"], parts["y_train"])
    rows = np.arange(len(known))
    return Split(
        known.picked(rows[:_MNIST_TRAINING]),
        known.picked(rows[_MNIST_TRAINING:]),
        _scaled(parts["x_test"], parts["y_test"]),
    )


def _scaled(pixels: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> Images:
    return Images(pixels.astype(np.float32) / np.float32(255.0), labels.astype(np.int64))
