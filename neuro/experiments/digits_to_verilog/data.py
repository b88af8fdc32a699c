"""The digits: scikit-learn's 1,797 handwritten ones, split into those to store and those held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.experiments.digits_to_verilog.settings import DigitsSettings


@dataclass(frozen=True, slots=True, eq=False)
class Digits:
    """A set of digits.

    Args:
        images: shape (digits, 8, 8), 0 (paper) to 1 (ink).
        labels: shape (digits,), which digit each one is.
    """

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.labels.size)

    @property
    def embeddings(self) -> npt.NDArray[np.float32]:
        """The images as vectors, shape (digits, 64)."""
        return self.images.reshape(len(self), -1)


def load_split(settings: DigitsSettings) -> tuple[Digits, Digits]:
    """The digits to store and the held-out ones, drawn by the seed."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images, labels = (bunch.images / 16.0).astype(np.float32), bunch.target.astype(np.int64)
    order = np.random.default_rng(settings.seed).permutation(len(labels))[: settings.digits]
    stored = int(settings.stored_fraction * len(order))
    kept, held = order[:stored], order[stored:]
    return Digits(images[kept], labels[kept]), Digits(images[held], labels[held])
