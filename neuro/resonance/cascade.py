"""A cascade of models: many small ones teach fewer large ones, with the diversity of the data and collapse measured.

Each model of a tier learns from a bootstrap sample; its targets are the labels, blended with the mean answer of the
tier before (distillation, Hinton, Vinyals & Dean 2015). Learning from answers narrows what later tiers see, so the
data's diversity is measured before, and after each tier whether its codes have collapsed
(:mod:`neuro.analysis.diagnostics`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from neuro.analysis.diagnostics import CollapseDetector, CollapseReport, entropy_of, principal_variances
from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.resonance.factories import create_resonance_model, learned_numbers, size_named
from neuro.resonance.heads import ResonanceClassifier
from neuro.resonance.trainer import ResonanceTrainer, batches

Make = Callable[[], ResonanceClassifier]


@dataclass(frozen=True, slots=True)
class Diversity:
    """What a set of sequences offers.

    Args:
        items: how many sequences.
        effective_rank: exp of the entropy of the variances along the principal axes.
        duplicates: equal to a sequence before them.
        class_entropy: of the labels over its maximum, 0 to 1.
    """

    items: int
    effective_rank: float
    duplicates: int
    class_entropy: float


@dataclass(frozen=True, slots=True)
class TierReport:
    """What a tier reached on the held-out items.

    Args:
        models: how many.
        parameters: of each.
        accuracies: of each.
        ensemble: accuracy of their mean answer.
        agreement: share of items that two of them name alike, mean over pairs; 1 for a tier of one.
        collapse: of the codes (the most active channels) of the tier's best model.
    """

    models: int
    parameters: int
    accuracies: tuple[float, ...]
    ensemble: float
    agreement: float
    collapse: CollapseReport


@dataclass(frozen=True, slots=True)
class CascadeReport:
    """Diversity of the data before, and each tier after its training."""

    diversity: Diversity
    tiers: tuple[TierReport, ...]


class CascadeTrainer:
    """Trains tiers of classifiers, each taught by the one before.

    Args:
        tiers: (number of models, makes one), in order.
        updates: of each model.
        batch: items in a batch.
        teaching: share of the target that is the earlier tier's answer, 0 to 1.
        seed: of the samples and the initial weights.

    Raises:
        InvalidInput: no tiers, a tier without models, a number out of range.
    """

    def __init__(
        self,
        tiers: Sequence[tuple[int, Make]],
        *,
        updates: int = 200,
        batch: int = 64,
        teaching: float = 0.5,
        seed: int = 0,
    ) -> None:
        if not tiers:
            raise InvalidInput("a cascade needs a tier; CascadeTrainer.of_sizes makes the usual three")
        for models, _ in tiers:
            check_whole("models of a tier", models, 1, 10_000)
        check_whole("updates", updates, 1, 1 << 40)
        check_whole("batch", batch, 1, 1 << 24)
        check_whole("seed", seed, 0, (1 << 63) - 1)
        if not 0 <= teaching <= 1:
            raise InvalidInput(f"teaching is {teaching!r}; a share from 0 to 1 is allowed")
        self.tiers, self.updates, self.batch, self.teaching, self.seed = tuple(tiers), updates, batch, teaching, seed

    @classmethod
    def of_sizes(
        cls,
        classes: int,
        sizes: Sequence[str] = ("tiny", "small", "base"),
        counts: Sequence[int] = (10, 5, 3),
        seed: int = 0,
    ) -> CascadeTrainer:
        """The usual cascade: 10 tiny, 5 small, 3 base models; sequences must have the first size's input dimension.

        Each later size reads the same input, so its input dimension is that of the first.

        Raises:
            InvalidInput: an unknown size, another number of counts than sizes.
        """
        if not sizes or len(sizes) != len(counts):
            raise InvalidInput(
                f"{len(counts)} counts were given for {len(sizes)} sizes; one each, at least one, is allowed"
            )
        width = size_named(sizes[0]).input_dimension
        return cls(
            [(count, _maker(size, width, classes)) for size, count in zip(sizes, counts, strict=True)], seed=seed
        )

    def fit(self, x: Tensor, labels: Tensor, held_out: Tensor, held_out_labels: Tensor) -> CascadeReport:
        """Train all tiers on (steps, items, input_dimension); the held-out items only judge.

        Torch's own random numbers are left as they were.

        Raises:
            InvalidInput: shapes that do not fit, labels that are no whole numbers from 0 or that a tier's models have
                no class for, NaN.
        """
        classes = max(_checked(x, labels, "the"), _checked(held_out, held_out_labels, "the held-out"))
        with torch.random.fork_rng(devices=()):
            return self._fit(x, labels.long(), held_out, held_out_labels.long(), classes)

    def _fit(self, x: Tensor, labels: Tensor, held_out: Tensor, held_out_labels: Tensor, classes: int) -> CascadeReport:
        targets = functional.one_hot(labels, classes).to(x.dtype)
        diversity, reports = measure_diversity(x, labels), []
        for place, (count, make) in enumerate(self.tiers):
            models = [self._train(make, x, targets, (place, number)) for number in range(count)]
            reports.append(_judge(models, held_out, held_out_labels))
            with torch.no_grad():
                answer = torch.stack([model(x).softmax(-1) for model in models]).mean(0)
            known = functional.one_hot(labels, answer.shape[-1]).to(x.dtype)
            targets = self.teaching * answer + (1 - self.teaching) * known
        return CascadeReport(diversity, tuple(reports))

    def _train(self, make: Make, x: Tensor, targets: Tensor, place: tuple[int, int]) -> ResonanceClassifier:
        seed = int(np.random.SeedSequence([self.seed, *place]).generate_state(1)[0])
        torch.manual_seed(seed)
        model = make()
        known = model.linear.out_features
        if known < targets.shape[1]:
            raise InvalidInput(
                f"a model of tier {place[0]} has {known} classes, the labels {targets.shape[1]}; give as many"
            )
        chosen = torch.randint(x.shape[1], (x.shape[1],), generator=torch.Generator().manual_seed(seed))
        wanted = functional.pad(targets, (0, known - targets.shape[1]))
        draw = batches(x[:, chosen], wanted[chosen], min(self.batch, x.shape[1]), seed=seed)
        ResonanceTrainer(model).fit(draw, updates=self.updates)
        return model


def _checked(x: Tensor, labels: Tensor, which: str) -> int:
    """How many classes the labels name; InvalidInput for sequences or labels that can't be used."""
    if x.ndim != 3 or not x.numel() or not torch.isfinite(x).all():
        raise InvalidInput(
            f"{which} sequences have shape {tuple(x.shape)}; finite numbers (steps, items, input_dimension) are allowed"
        )
    whole = not (labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool)
    if labels.shape != x.shape[1:2] or not whole or int(labels.min()) < 0:
        raise InvalidInput(
            f"{which} labels have shape {tuple(labels.shape)}, dtype {labels.dtype}; whole numbers from 0, one "
            f"for each of {x.shape[1]} sequences, are allowed"
        )
    return int(labels.max()) + 1


def measure_diversity(x: Tensor, labels: Tensor) -> Diversity:
    """The diversity of sequences (steps, items, input_dimension) and their labels (items,)."""
    rows = x.detach().transpose(0, 1).reshape(x.shape[1], -1).double().numpy()
    variances = principal_variances(rows)
    counts = np.bincount(labels.numpy()).astype(np.float64)
    most = np.log(max(2, counts.size))
    rank = float(np.exp(entropy_of(variances))) if variances.size else 0.0
    return Diversity(len(rows), rank, len(rows) - len(np.unique(rows, axis=0)), entropy_of(counts[counts > 0]) / most)


def _judge(models: Sequence[ResonanceClassifier], x: Tensor, labels: Tensor) -> TierReport:
    with torch.no_grad():
        answers = torch.stack([model(x).softmax(-1) for model in models])
        named = answers.argmax(-1)
        accuracies = tuple((named == labels).double().mean(-1).tolist())
        best = models[int(np.argmax(accuracies))]
        counts = best.with_rates(x)[1]
    pairs = [(named[a] == named[b]).double().mean() for a in range(len(models)) for b in range(a)]
    channels = counts.shape[1]
    codes = counts.topk(max(1, channels // 8), dim=-1).indices.numpy()
    return TierReport(
        len(models),
        learned_numbers(best),
        accuracies,
        float((answers.mean(0).argmax(-1) == labels).double().mean()),
        float(torch.stack(pairs).mean()) if pairs else 1.0,
        CollapseDetector().examine(codes, channels),
    )


def _maker(size: str, width: int, classes: int) -> Make:
    shape = create_resonance_model(size, vocab_size=classes, device="meta").config
    config = replace(shape, input_dimension=width)
    return lambda: ResonanceClassifier(config, classes)
