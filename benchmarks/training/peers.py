"""Gradients, optimisers, losses and the miner of ``neuro.training`` against what others compute."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.form import Measured, checked
from benchmarks.training.lab import SEED, Lab
from neuro.training import (
    SGD,
    Adam,
    AdamW,
    HardNegativeMiner,
    InfoNCELoss,
    LocalContrastiveLoss,
    Mining,
    Optimiser,
    PairLoss,
    SpectralRegularization,
    laplacian,
)

_STEP = 1e-6


def gradient_error(_: Lab) -> Measured:
    """The largest difference between a gradient and central differences, in float64."""
    random = np.random.default_rng(SEED)
    a, b, own = random.standard_normal((6, 12)), random.standard_normal((9, 12)), random.integers(0, 9, 6)
    errors = []
    for loss in (InfoNCELoss(), InfoNCELoss(1.0), LocalContrastiveLoss(), LocalContrastiveLoss(6.0)):
        found = loss(a, b, own)
        errors += [
            np.abs(found.anchors - _differences(partial(_loss_of_anchors, loss, b, own), a)).max(),
            np.abs(found.items - _differences(partial(_loss_of_items, loss, a, own), b)).max(),
        ]
    L, spectral = laplacian(np.arange(10), (np.arange(9) + 2) % 9), SpectralRegularization()
    errors.append(np.abs(spectral(b, L)[1] - _differences(lambda x: spectral(x, L)[0], b)).max())
    equal = checked(len(errors) == 9, "InfoNCE, local contrastive (two settings each, both sides) and spectral")
    return Measured(float(max(errors)), "", equal, note="largest absolute difference")


def _loss_of_anchors(loss: PairLoss, items: np.ndarray, own: np.ndarray, anchors: np.ndarray) -> float:
    return loss(anchors, items, own).value


def _loss_of_items(loss: PairLoss, anchors: np.ndarray, own: np.ndarray, items: np.ndarray) -> float:
    return loss(anchors, items, own).value


def optimiser_error(_: Lab) -> Measured:
    """The largest difference of a parameter from torch.optim's over 100 steps."""
    import torch

    random, errors = np.random.default_rng(SEED), []
    pairs: tuple[tuple[Optimiser, Any], ...] = (
        (SGD(0.01), partial(torch.optim.SGD, lr=0.01, momentum=0.9)),
        (Adam(), partial(torch.optim.Adam, lr=1e-3)),
        (AdamW(), partial(torch.optim.AdamW, lr=1e-3, weight_decay=0.01)),
    )
    for mine, make in pairs:
        at: Any = random.standard_normal((8, 5))
        parameter = torch.nn.Parameter(torch.tensor(at))
        outside, state = make([parameter]), mine.start(at)
        for _step in range(100):
            gradient = random.standard_normal(at.shape)
            parameter.grad = torch.tensor(gradient)
            outside.step()
            at, state = mine.step(at, gradient, state)
            errors.append(float(np.abs(at - parameter.detach().numpy()).max()))
    equal = checked(len(errors) == 300, "SGD, Adam and AdamW after each of 100 steps")
    return Measured(max(errors), "", equal, peer=f"torch {torch.__version__}", note="largest absolute difference")


def loss_error(_: Lab) -> Measured:
    """The largest difference of a loss or its gradient from info-nce-pytorch's and pytorch-metric-learning's."""
    import info_nce
    import torch
    from pytorch_metric_learning import distances, losses, reducers

    random = np.random.default_rng(SEED)
    a, b, labels = random.standard_normal((16, 20)), random.standard_normal((16, 20)), torch.arange(16)
    contrastive = losses.ContrastiveLoss(
        pos_margin=0.0,
        neg_margin=6.0,
        distance=distances.LpDistance(normalize_embeddings=False),
        reducer=reducers.DoNothingReducer(),
    )

    def squared(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        parts = contrastive(left, labels, ref_emb=right, ref_labels=labels.clone())
        return (parts["pos_loss"]["losses"] ** 2).mean() / 2 + (parts["neg_loss"]["losses"] ** 2).mean() / 2

    nt_xent = losses.NTXentLoss(temperature=0.07)
    peers = (
        (InfoNCELoss(), info_nce.InfoNCE(temperature=0.07)),
        (InfoNCELoss(), lambda x, y: nt_xent(x, labels, ref_emb=y, ref_labels=labels.clone())),
        (LocalContrastiveLoss(6.0), squared),
    )
    errors = []
    for mine, theirs in peers:
        left, right = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
        value = theirs(left, right)
        value.backward()
        found = mine(a, b)
        errors += [abs(found.value - value.item()), np.abs(found.anchors - left.grad.numpy()).max()]
        errors.append(np.abs(found.items - right.grad.numpy()).max())
    equal = checked(len(errors) == 9, "value and both gradients of InfoNCE (two peers) and the local loss")
    return Measured(float(max(errors)), "", equal, peer="info-nce-pytorch, pytorch-metric-learning")


def miner_differences(_: Lab) -> Measured:
    """Choices of the miner that differ from a reading of its definition, item by item."""
    random = np.random.default_rng(SEED)
    anchors, items, own = random.standard_normal((200, 4)), random.standard_normal((300, 4)), np.arange(200)
    everyone = np.tile(np.arange(300), (200, 1))
    a, b = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (anchors, items))
    wrong, compared = 0, 0
    for strategy in (Mining.HARDEST, Mining.SEMI_HARD):
        chosen = HardNegativeMiner(strategy, candidates=299).choose(anchors, items, own, everyone, 10)
        for anchor in range(200):
            near = {item: float(np.linalg.norm(a[anchor] - b[item])) for item in range(300)}
            limit = near.pop(anchor)
            ranked = sorted(near, key=near.__getitem__)
            if strategy is Mining.SEMI_HARD:
                band = [item for item in ranked if limit < near[item] < limit + 0.2]
                beyond = [item for item in ranked if near[item] >= limit + 0.2]
                ranked = band + beyond + [item for item in reversed(ranked) if near[item] <= limit]
            wrong += int(np.sum(chosen[anchor] != ranked[:10]))
            compared += 10
    equal = checked(compared == 4000, f"{compared:,} choices, hardest and semi-hard, were compared")
    return Measured(wrong, "", equal, peer="brute force, choices", peer_value=compared)


def _differences(function: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
    slopes = np.empty_like(at)
    for place in np.ndindex(*at.shape):
        up, down = at.copy(), at.copy()
        up[place] += _STEP
        down[place] -= _STEP
        slopes[place] = (function(up) - function(down)) / (2 * _STEP)
    return slopes
