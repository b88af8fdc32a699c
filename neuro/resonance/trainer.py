"""Training by backpropagation through the scan: AdamW, a cosine schedule, a bound on the rate, averaged weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from neuro.checks import check_not_negative, check_positive, check_share, check_whole
from neuro.errors import InvalidInput, NumericalError
from neuro.resonance.heads import LongContextResonanceNet, ResonanceClassifier, ResonanceLanguageModel

Draw = Callable[[], tuple[Tensor, Tensor]]
"""Gives one batch: what the model takes, and its targets (classes, or the chance of each)."""

_WARM_UP = 0.05
"""Share of the budget in which the learning rate rises."""


@dataclass(frozen=True, slots=True)
class ResonanceReport:
    """What a training took.

    Args:
        updates: of the weights.
        cpu_seconds: of this process.
        losses: mean of each twentieth of the updates, in order.
        firing_rate: spikes of an oscillator a step, in the last batch.
    """

    updates: int
    cpu_seconds: float
    losses: tuple[float, ...]
    firing_rate: float


class ResonanceTrainer:
    """Trains a model on batches.

    Args:
        model: one of the heads; trained in place.
        learning_rate: at its highest.
        weight_decay: of AdamW.
        label_smoothing: share of the target that goes to all classes alike.
        rate: firing rate of a layer beyond which spikes are penalised.
        rate_penalty: of the loss, for each .01 of firing rate beyond that.
        average: decay of the running average of the weights, which replaces them at the end; 0: none.
        clip: longest gradient.

    Raises:
        InvalidInput: a number out of range.
    """

    def __init__(
        self,
        model: ResonanceClassifier | ResonanceLanguageModel,
        *,
        learning_rate: float = 0.02,
        weight_decay: float = 1e-3,
        label_smoothing: float = 0.05,
        rate: float = 0.12,
        rate_penalty: float = 0.005,
        average: float = 0.98,
        clip: float = 10.0,
    ) -> None:
        if isinstance(model, LongContextResonanceNet):
            raise InvalidInput("a long-context model is trained as the classifier of the same shape: use that")
        for name, value in (("learning_rate", learning_rate), ("clip", clip)):
            check_positive(name, value)
        for name, value in (("weight_decay", weight_decay), ("rate", rate), ("rate_penalty", rate_penalty)):
            check_not_negative(name, value)
        for name, value in (("average", average), ("label_smoothing", label_smoothing)):
            check_share(name, value)
        self.model = model
        self.learning_rate, self.clip, self.average = learning_rate, clip, average
        self.rate, self.rate_penalty = rate, rate_penalty
        self._loss = nn.CrossEntropyLoss(label_smoothing=label_smoothing)
        self._learned = [value for value in model.parameters() if value.requires_grad]
        self._optimizer = torch.optim.AdamW(self._learned, lr=learning_rate, weight_decay=weight_decay, fused=True)

    def fit(
        self,
        draw: Draw,
        *,
        updates: int | None = None,
        cpu_seconds: float | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> ResonanceReport:
        """Train for so many updates or so much time.

        Args:
            draw: gives a batch.
            updates, cpu_seconds: the budget, exactly one of them.
            progress: called with the share of the budget that is used; False stops the training.

        Raises:
            InvalidInput: not exactly one budget, or a negative one; targets that do not fit.
            NumericalError: the loss or its gradient is no number any more; the weights are those before it.
        """
        _check_budget(updates, cpu_seconds)
        start, rate = time.process_time(), 0.0
        losses: list[float] = []
        averaged = [value.detach().clone() for value in self._learned] if self.average else []
        while True:
            spent, budget = (
                (len(losses), updates) if cpu_seconds is None else (time.process_time() - start, cpu_seconds)
            )
            used = spent / budget if budget else 1.0
            if used >= 1 or (progress is not None and progress(used) is False):
                break
            loss, rate = self._update(draw, used)
            losses.append(loss)
            if averaged:
                self._blend(averaged, len(losses))
        if averaged and losses:
            with torch.no_grad():
                torch._foreach_copy_(self._learned, averaged)
        return ResonanceReport(len(losses), time.process_time() - start, _twentieths(losses), rate)

    def accuracy(self, x: Tensor, labels: Tensor, *, batch: int = 256) -> tuple[float, float]:
        """(share of sequences whose class is named right, firing rate); x is (steps, items, input_dimension).

        Raises:
            InvalidInput: no items, or another number of labels than items.
        """
        check_whole("batch", batch, 1, 1 << 40)
        if not len(labels) or labels.ndim != 1 or x.ndim != 3 or x.shape[1] != len(labels):
            raise InvalidInput(
                f"x has shape {tuple(x.shape)}, labels {tuple(labels.shape)}; (steps, items, input_dimension) and "
                "(items,) of at least one item are allowed"
            )
        right, spikes = 0, 0.0
        with torch.no_grad():
            for part, wanted in zip(x.split(batch, dim=1), labels.split(batch), strict=True):
                logits, fired = self.model.with_rates(part)
                right += int((logits.argmax(-1) == wanted).sum())
                spikes += float(fired.mean()) * part.shape[1]
        return right / len(labels), spikes / len(labels)

    def _update(self, draw: Draw, used: float) -> tuple[float, float]:
        for group in self._optimizer.param_groups:
            group["lr"] = self.learning_rate * min(1.0, used / _WARM_UP + 0.01) * 0.5 * (1 + math.cos(math.pi * used))
        x, targets = draw()
        logits, fired = self.model.with_rates(x)
        loss = self._loss(logits.reshape(-1, logits.shape[-1]), _flat(targets, logits))
        # Each layer's rate is penalised by itself.
        rates = fired.mean(0).view(self.model.config.layers, -1).mean(-1)
        whole = loss + 100 * self.rate_penalty * torch.relu(rates - self.rate).sum()
        self._optimizer.zero_grad()
        whole.backward()
        norm = nn.utils.clip_grad_norm_(self._learned, self.clip)
        if not math.isfinite(float(norm)) or not math.isfinite(float(whole.detach())):
            raise NumericalError("the loss or its gradient is no number any more; take a lower learning_rate")
        self._optimizer.step()
        return float(loss.detach()), float(rates.detach().mean())

    def _blend(self, averaged: list[Tensor], updates: int) -> None:
        # The average follows at once in the beginning, when there is little to average.
        decay = min(self.average, updates / (updates + 10))
        with torch.no_grad():
            torch._foreach_lerp_(averaged, self._learned, 1 - decay)


def _check_budget(updates: int | None, cpu_seconds: float | None) -> None:
    if (updates is None) == (cpu_seconds is None):
        raise InvalidInput("give exactly one budget: updates or cpu_seconds")
    if updates is not None:
        check_whole("updates", updates, 0, 1 << 60)
    if cpu_seconds is not None:
        check_not_negative("cpu_seconds", cpu_seconds)


def _flat(targets: Tensor, logits: Tensor) -> Tensor:
    """Classes (items,) or chances (items, classes), checked against the logits they are compared with."""
    classes = logits.shape[-1]
    if targets.is_floating_point():
        if targets.shape != logits.shape:
            raise InvalidInput(
                f"targets have shape {tuple(targets.shape)}, dtype {targets.dtype}; chances {tuple(logits.shape)} or "
                f"classes {tuple(logits.shape[:-1])} as integers are allowed"
            )
        return targets.reshape(-1, classes)
    if targets.dtype == torch.bool or targets.is_complex() or targets.shape != logits.shape[:-1]:
        raise InvalidInput(
            f"targets have shape {tuple(targets.shape)}, dtype {targets.dtype}; integers "
            f"{tuple(logits.shape[:-1])} are allowed"
        )
    low, high = int(targets.min()), int(targets.max())
    if low < 0 or high >= classes:
        raise InvalidInput(f"targets are from {low} to {high}; classes from 0 to {classes - 1} are allowed")
    return targets.reshape(-1).long()


def batches(
    x: Tensor, targets: Tensor, batch: int, *, seed: int, change: Callable[[Tensor], Tensor] | None = None
) -> Draw:
    """Draws batches of (steps, items, input_dimension) without end, every item once before any comes again.

    Args:
        x: all items.
        targets: classes (items,) or chances (items, classes).
        batch: items in a batch, at most all.
        seed: of the order.
        change: applied to each drawn batch, such as an augmentation.

    Raises:
        InvalidInput: a batch of more items than there are; targets of another number.
    """
    items = x.shape[1]
    check_whole("batch", batch, 1, items)
    if len(targets) != items:
        raise InvalidInput(f"{len(targets)} targets were given for {items} items; one each is allowed")

    def order() -> Iterator[Tensor]:
        generator = torch.Generator().manual_seed(seed)
        while True:
            shuffled = torch.randperm(items, generator=generator)
            yield from shuffled[: items // batch * batch].split(batch)

    turns = order()

    def draw() -> tuple[Tensor, Tensor]:
        chosen = next(turns)
        part = x[:, chosen]
        return (part if change is None else change(part)), targets[chosen]

    return draw


def _twentieths(losses: list[float]) -> tuple[float, ...]:
    each = max(1, len(losses) // 20)
    parts = [losses[place : place + each] for place in range(0, len(losses), each)]
    return tuple(sum(part) / len(part) for part in parts)
