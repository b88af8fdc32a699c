"""Trainings of bench ``resonance-training`` on images, pixel by pixel."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.nn import functional

from benchmarks.data import data_folder
from benchmarks.resonance.images import Distortion, Images, KernelTeacher
from neuro.progress import Stages
from neuro.resonance import ResonanceClassifier, ResonanceConfig, ResonanceTrainer
from neuro.resonance.trainer import Draw, batches

_HELD_OUT = 360


@dataclass(frozen=True)
class Outcome:
    """What one training reached on what it never saw."""

    accuracy: float
    rate: float
    parameters: int
    cpu_seconds: float
    updates: int


@dataclass(frozen=True)
class Recipe:
    """A network and how it is trained.

    Args:
        config: of the network.
        distortion: of the pictures at first; it falls in proportion to the time that is used.
        calm: share of it that is left at the end.
        learning_rate: at its highest.
        batch: pictures of an update.
        teaching: share of the targets that a kernel machine gives.
    """

    config: ResonanceConfig
    distortion: Distortion
    calm: float = 0.25
    learning_rate: float = 0.04
    batch: int = 128
    teaching: float = 0.7


_SMALL = Distortion(shift=0.1, turn=0.1, stretch=0.08, bend=0.06, noise=0.05)
SEQUENTIAL = Recipe(ResonanceConfig(1, 29, 2, tau=(1.0, 48.0), width=1 / 3, readout=(0.0, 1.0)), _SMALL)
PERMUTED = Recipe(
    ResonanceConfig(1, 29, 2, tau=(1.0, 48.0), width=1 / 3, readout=(0.0, math.pi)),
    Distortion(shift=0.05, turn=0.05, stretch=0.03),
    calm=1.0,
    learning_rate=0.02,
    teaching=0.0,
)
_LEAKY = ResonanceConfig(1, 29, 2, tau=(1.0, 48.0), width=1 / 3, oscillates=False, readout=(0.0, 0.0), readout_tau=30.0)
RECIPES = MappingProxyType(
    {
        "sequential": SEQUENTIAL,
        "permuted": PERMUTED,
        # The baseline: the same training of leaky integrators.
        "leaky sequential": replace(SEQUENTIAL, config=_LEAKY),
        "leaky permuted": replace(PERMUTED, config=_LEAKY),
    }
)


def train_on_images(
    images: Images,
    recipe: Recipe,
    *,
    order: Tensor,
    cpu_seconds: float,
    seed: int,
    stages: Stages,
) -> Outcome:
    """Train a classifier of pixel sequences; ``order`` is the order in which the pixels of an image come."""
    torch.manual_seed(seed)
    model = ResonanceClassifier(recipe.config, 10)
    # A teacher's answers are smooth already.
    smoothing = 0.0 if recipe.teaching else 0.05
    trainer = ResonanceTrainer(model, learning_rate=recipe.learning_rate, label_smoothing=smoothing)
    # The first call loads the kernels: not a part of the training.
    model(torch.zeros(2, 1, 1)).sum().backward()
    start, share = time.process_time(), 0.0
    draw = _taught(images, recipe, order, seed, lambda: share)
    taught = time.process_time() - start
    with stages.stage(f"Train on pixels, seed {seed}", 1000) as advance:

        def shown(used: float) -> object:
            nonlocal share
            share = used
            return advance(int(1000 * min(used, 1.0)))

        report = trainer.fit(draw, cpu_seconds=cpu_seconds - taught, progress=shown)
    accuracy, rate = trainer.accuracy(images.held_out.flatten(1).T[order][..., None], images.held_out_labels)
    count = sum(weights.numel() for weights in model.parameters() if weights.requires_grad)
    return Outcome(accuracy, rate, count, taught + report.cpu_seconds, report.updates)


def _taught(images: Images, recipe: Recipe, order: Tensor, seed: int, used: Callable[[], float]) -> Draw:
    """Draws distorted pixels with their classes, blended with a kernel machine's answers; sees nothing held out."""
    generator = torch.Generator().manual_seed(seed)
    teacher: KernelTeacher | None = None
    if recipe.teaching:
        copies = recipe.distortion.of(images.learned, generator)
        teacher = KernelTeacher(torch.cat([images.learned, copies]), images.labels.repeat(2))
    drawn = batches(images.learned.flatten(1).T, images.labels, recipe.batch, seed=seed)

    def draw() -> tuple[Tensor, Tensor]:
        pixels, labels = drawn()
        distortion = recipe.distortion.times(1 - (1 - recipe.calm) * used())
        pictures = distortion.of(pixels.T.reshape(-1, *images.learned.shape[1:]), generator)
        targets = functional.one_hot(labels, 10).float()
        if teacher is not None:
            targets = torch.lerp(targets, teacher(pictures), recipe.teaching)
        return pictures.flatten(1).T[order][..., None], targets

    return draw


def small_digits(recipe: Recipe, *, permuted: bool, seed: int, cpu_seconds: float, stages: Stages) -> Outcome:
    """The 8x8 digits of scikit-learn; the split is that of the seed."""
    pixels, labels = load_digits(return_X_y=True)
    images = (pixels.reshape(-1, 8, 8) / 16).astype(np.float32)
    parts = train_test_split(images, labels, test_size=_HELD_OUT, random_state=seed, stratify=labels)
    learned, held_out, named, asked = (torch.from_numpy(np.ascontiguousarray(part)) for part in parts)
    order = torch.from_numpy(np.random.default_rng(0).permutation(64)) if permuted else torch.arange(64)
    whole = Images(learned, named, held_out, asked)
    return train_on_images(whole, recipe, order=order, cpu_seconds=cpu_seconds, seed=seed, stages=stages)


MNIST = Recipe(
    ResonanceConfig(1, 64, 2, tau=(2.0, 200.0), width=1 / 3, readout=(0.0, 0.25), readout_tau=800.0),
    Distortion(shift=0.03, turn=0.06, stretch=0.05, bend=0.02),
    learning_rate=0.015,
    batch=32,
    teaching=0.0,
)
_MNIST_SECONDS = 600.0


def mnist(*, seed: int, stages: Stages) -> Outcome:
    """MNIST a pixel a step, from 10,000 training images drawn by the seed."""
    with np.load(data_folder() / "mnist.npz", allow_pickle=False) as file:
        arrays = {name: file[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    chosen = np.random.default_rng(seed).permutation(len(arrays["x_train"]))[:10_000]
    learned, held_out = (
        torch.from_numpy(part.astype(np.float32) / 255) for part in (arrays["x_train"][chosen], arrays["x_test"])
    )
    named, asked = (torch.from_numpy(part.astype(np.int64)) for part in (arrays["y_train"][chosen], arrays["y_test"]))
    whole = Images(learned, named, held_out, asked)
    order = torch.arange(28 * 28)
    return train_on_images(whole, MNIST, order=order, cpu_seconds=_MNIST_SECONDS, seed=seed, stages=stages)
