"""Optimisers and losses against those that others wrote, step for step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro.training import SGD, Adam, AdamW, InfoNCELoss, LocalContrastiveLoss, Optimiser
from neuro.training.optimisers import clip_gradient

torch = pytest.importorskip("torch", reason="install the extra 'train'")
RANDOM = np.random.default_rng(1)
ANCHORS, ITEMS = RANDOM.standard_normal((6, 9)), RANDOM.standard_normal((6, 9))


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (SGD(0.05), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
        (Adam(), lambda p: torch.optim.Adam(p, lr=1e-3)),
        (AdamW(), lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.01)),
        (AdamW(0.1, (0.8, 0.95), decay=0.3), lambda p: torch.optim.AdamW(p, 0.1, (0.8, 0.95), weight_decay=0.3)),
    ],
    ids=["sgd", "adam", "adamw", "adamw-other"],
)
def test_optimisers_step_as_torch_does(mine: Optimiser, theirs: Any) -> None:
    start = RANDOM.standard_normal((4, 3))
    parameter = torch.nn.Parameter(torch.tensor(start))
    outside = theirs([parameter])
    parameters, state = start, mine.start(start)
    for _ in range(30):
        gradient = RANDOM.standard_normal(start.shape) * 10.0 ** RANDOM.integers(-4, 3)
        parameter.grad = torch.tensor(gradient)
        outside.step()
        parameters, state = mine.step(parameters, gradient, state)
        np.testing.assert_allclose(parameters, parameter.detach().numpy(), rtol=1e-6, atol=1e-6)


def test_clipping_is_torchs() -> None:
    for longest in (0.5, 1e3):
        parameter = torch.nn.Parameter(torch.zeros(6, 9, dtype=torch.float64))
        parameter.grad = torch.tensor(ANCHORS)
        torch.nn.utils.clip_grad_norm_([parameter], longest)
        np.testing.assert_allclose(clip_gradient(ANCHORS, longest), parameter.grad.numpy(), rtol=1e-5)


def tensors() -> tuple[Any, Any]:
    return torch.tensor(ANCHORS, requires_grad=True), torch.tensor(ITEMS, requires_grad=True)


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_info_nce_is_that_of_info_nce_pytorch(temperature: float) -> None:
    package = pytest.importorskip("info_nce", reason="install requirements-train.txt")
    a, b = tensors()
    value = package.InfoNCE(temperature=temperature)(a, b)
    value.backward()
    found = InfoNCELoss(temperature)(ANCHORS, ITEMS)
    assert found.value == pytest.approx(value.item(), abs=1e-9)
    np.testing.assert_allclose(found.anchors, a.grad.numpy(), atol=1e-9)
    np.testing.assert_allclose(found.items, b.grad.numpy(), atol=1e-9)


def test_info_nce_is_nt_xent_of_pytorch_metric_learning() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses", reason="install requirements-train.txt")
    a, b = tensors()
    labels = torch.arange(6)
    value = losses.NTXentLoss(temperature=0.07)(a, labels, ref_emb=b, ref_labels=labels.clone())
    value.backward()
    found = InfoNCELoss(0.07)(ANCHORS, ITEMS)
    assert found.value == pytest.approx(value.item(), abs=1e-6)
    np.testing.assert_allclose(found.anchors, a.grad.numpy(), atol=1e-6)


def test_the_local_loss_is_made_of_pytorch_metric_learnings_distances() -> None:
    """Theirs is linear in the violation of a margin; the paper's, and so ours, is its square over two."""
    losses = pytest.importorskip("pytorch_metric_learning.losses", reason="install requirements-train.txt")
    from pytorch_metric_learning.distances import LpDistance
    from pytorch_metric_learning.reducers import DoNothingReducer

    a, b = tensors()
    labels = torch.arange(6)
    theirs = losses.ContrastiveLoss(
        pos_margin=0.0, neg_margin=4.0, distance=LpDistance(normalize_embeddings=False), reducer=DoNothingReducer()
    )(a, labels, ref_emb=b, ref_labels=labels.clone())
    value = (theirs["pos_loss"]["losses"] ** 2).mean() / 2 + (theirs["neg_loss"]["losses"] ** 2).mean() / 2
    value.backward()
    found = LocalContrastiveLoss(4.0)(ANCHORS, ITEMS)
    assert found.value == pytest.approx(value.item(), abs=1e-6)
    np.testing.assert_allclose(found.anchors, a.grad.numpy(), atol=1e-6)
    np.testing.assert_allclose(found.items, b.grad.numpy(), atol=1e-6)
