"""Images to learn from: their distortions, and a kernel machine that says what a distorted image still is."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import torch
from torch import Tensor
from torch.nn import functional

_CERTAIN = 6.0
_RIDGE = 0.01


@dataclass(frozen=True)
class Images:
    """Pictures (items, height, width) with their classes: those to learn from, those to judge by."""

    learned: Tensor
    labels: Tensor
    held_out: Tensor
    held_out_labels: Tensor


@dataclass(frozen=True)
class Distortion:
    """Deviations of random changes, each drawn for each image.

    Args:
        shift: of half the image's width.
        turn: radian; of a slant as well.
        stretch: of the logarithm of width and height.
        bend: of a field of 3x3 displacements, of half the image's width.
        noise: of each pixel.
    """

    shift: float = 0.0
    turn: float = 0.0
    stretch: float = 0.0
    bend: float = 0.0
    noise: float = 0.0

    def times(self, factor: float) -> Distortion:
        """Every deviation so many times as large."""
        return Distortion(*(factor * value for value in astuple(self)))

    def of(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images (items, height, width), each changed a little."""
        items, height, width = images.shape
        turn, slant, wide, high = torch.randn((4, items), generator=generator)
        turn, wide, high = self.turn * turn, torch.exp(self.stretch * wide), torch.exp(self.stretch * high)
        grid = torch.zeros(items, 2, 3)
        grid[:, 0, 0], grid[:, 0, 1] = wide * torch.cos(turn), self.turn * slant - wide * torch.sin(turn)
        grid[:, 1, 0], grid[:, 1, 1] = high * torch.sin(turn), high * torch.cos(turn)
        grid[:, :, 2] = self.shift * torch.randn((items, 2), generator=generator)
        places = functional.affine_grid(grid, [items, 1, height, width], align_corners=False)
        field = self.bend * torch.randn((items, 2, 3, 3), generator=generator)
        bent = functional.interpolate(field, size=(height, width), mode="bilinear", align_corners=True)
        changed = functional.grid_sample(images[:, None], places + bent.permute(0, 2, 3, 1), align_corners=False)[:, 0]
        return changed + self.noise * torch.randn(changed.shape, generator=generator)


class KernelTeacher:
    """Ridge regression of the classes on Gaussian kernels of the pixels; its answers are the targets of a student.

    ``softmax(6 K(x, X) (K(X, X) + .01 I)^-1 Y)``, the kernel as wide as scikit-learn's ``gamma="scale"``.
    Hinton, Vinyals & Dean, *Distilling the knowledge in a neural network*, 2015.

    Args:
        images: to learn from, (items, height, width).
        labels: their classes, (items,).
    """

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self._seen = images.flatten(1)
        self._narrow = 1 / (self._seen.shape[1] * float(self._seen.var()))
        self._squares = (self._seen**2).sum(1)
        gram = self._kernel(self._seen) + _RIDGE * torch.eye(len(images))
        factor = torch.linalg.cholesky(gram)
        self._weights = torch.cholesky_solve(functional.one_hot(labels).float(), factor)

    def __call__(self, images: Tensor) -> Tensor:
        """The chance of each class, (items, classes)."""
        return torch.softmax(_CERTAIN * (self._kernel(images.flatten(1)) @ self._weights), dim=-1)

    def _kernel(self, images: Tensor) -> Tensor:
        # |a - b|^2 = |a|^2 + |b|^2 - 2 a b in one product; a picture with itself may come out a little above 1.
        squares = (images**2).sum(1, keepdim=True)
        near = torch.addmm(self._squares, images, self._seen.T, beta=-self._narrow, alpha=2 * self._narrow)
        return near.sub_(self._narrow * squares).exp_()
