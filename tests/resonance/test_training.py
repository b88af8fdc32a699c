"""Training: it learns, repeats for a seed, keeps the rate; cascades measure diversity and collapse."""

from __future__ import annotations

from typing import Any

import pytest

from neuro.errors import InvalidInput, NumericalError

torch = pytest.importorskip("torch", reason="install the extra 'train'")

from neuro.resonance import CascadeTrainer, ResonanceTrainer, create_classifier, create_resonance_model  # noqa: E402
from neuro.resonance.cascade import measure_diversity  # noqa: E402
from neuro.resonance.trainer import batches  # noqa: E402


def rhythms(items: int, seed: int) -> tuple[Any, Any]:
    """Noise with a weak rhythm of 4 or 6 steps at a random phase: only the frequency tells the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(items) % 2
    period = torch.tensor([4.0, 6.0])[labels]
    phase = 6.3 * torch.rand(items, generator=generator)
    steps = torch.arange(48.0)[:, None]
    wave = torch.sin(2 * torch.pi * steps / period + phase) + 0.5 * torch.randn((48, items), generator=generator)
    return wave[..., None], labels


def trained(seed: int, **options: Any) -> Any:
    torch.manual_seed(seed)
    model = create_classifier(1, 2, frequencies=8, layers=1)
    x, labels = rhythms(128, 0)
    trainer = ResonanceTrainer(model, **options)
    report = trainer.fit(batches(x, labels, 32, seed=seed), updates=50)
    return model, trainer, report


@pytest.mark.long
def test_it_learns_to_tell_rhythms_that_it_never_saw() -> None:
    _, trainer, report = trained(0)
    accuracy, rate = trainer.accuracy(*rhythms(200, 1))
    assert accuracy > 0.95
    assert 0 < rate < 0.3
    assert report.updates == 50
    assert report.losses[-1] < report.losses[0]


def test_training_repeats_for_a_seed() -> None:
    (first, _, _), (again, _, _) = trained(3), trained(3)
    for one, two in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, two)


def test_a_penalty_holds_the_rate_down() -> None:
    free, held = (trained(1, rate=0.02, rate_penalty=penalty)[2].firing_rate for penalty in (0.0, 0.05))
    assert held < 0.7 * free


def fitted(targets: Any = None, **options: Any) -> Any:
    model, (x, labels) = create_classifier(1, 2, frequencies=4), rhythms(16, 0)
    return ResonanceTrainer(model).fit(batches(x, labels if targets is None else targets, 8, seed=0), **options)


@pytest.mark.parametrize("budget", [{"updates": 0}, {"cpu_seconds": 0.0}])
def test_no_budget_changes_nothing(budget: Any) -> None:
    torch.manual_seed(0)
    assert fitted(**budget).updates == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fitted(updates=-1), "updates is -1"),
        (lambda: fitted(cpu_seconds=float("nan")), "cpu_seconds is nan"),
        (lambda: fitted(torch.arange(16), updates=1), r"classes from 0 to 1 are allowed"),
        (lambda: fitted(torch.ones(16), updates=1), r"chances \(8, 2\) or classes \(8,\) as integers"),
        (lambda: fitted(torch.ones(16) > 0, updates=1), r"dtype torch.bool; integers \(8,\)"),
        (lambda: ResonanceTrainer(create_classifier(1, 2), weight_decay=-1.0), "weight_decay is -1.0"),
        (lambda: ResonanceTrainer(create_classifier(1, 2), label_smoothing=2.0), "label_smoothing is 2.0"),
        (lambda: trained(0)[1].accuracy(rhythms(8, 1)[0], torch.zeros(5)), r"labels \(5,\)"),
    ],
)
def test_what_does_not_fit_is_named_before_a_weight_moves(call: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()


def test_weights_stay_finite_when_the_loss_does_not() -> None:
    model, (x, labels) = create_classifier(1, 2, frequencies=4), rhythms(16, 0)
    chances = torch.nn.functional.one_hot(labels, 2) * float("inf")
    with pytest.raises(NumericalError, match="take a lower learning_rate"):
        ResonanceTrainer(model).fit(batches(x, chances, 8, seed=0), updates=3)
    assert all(bool(torch.isfinite(value).all()) for value in model.parameters())


def test_progress_may_stop_the_training() -> None:
    model = create_classifier(1, 2, frequencies=4)
    x, labels = rhythms(32, 0)
    seen: list[float] = []
    report = ResonanceTrainer(model).fit(
        batches(x, labels, 16, seed=0), updates=50, progress=lambda used: (seen.append(used), len(seen) < 4)[1]
    )
    assert report.updates == 3
    assert seen == sorted(seen)


def test_batches_bring_every_item_once_a_round() -> None:
    x = torch.arange(10.0).reshape(1, 10, 1)
    draw = batches(x, torch.arange(10), 5, seed=0)
    drawn = torch.cat([draw()[1], draw()[1]])
    assert sorted(drawn.tolist()) == list(range(10))


def test_a_cascade_reports_each_tier() -> None:
    def make(frequencies: int) -> Any:
        return lambda: create_classifier(1, 2, frequencies=frequencies, layers=1)

    x, labels = rhythms(64, 0)
    cascade = CascadeTrainer([(3, make(4)), (2, make(6)), (1, make(8))], updates=30, batch=32)
    before = torch.get_rng_state()
    report = cascade.fit(x, labels, *rhythms(100, 1))
    assert torch.equal(torch.get_rng_state(), before)  # whoever draws from it does not notice
    assert [tier.models for tier in report.tiers] == [3, 2, 1]
    assert [tier.parameters for tier in report.tiers] == sorted(tier.parameters for tier in report.tiers)
    assert report.tiers[-1].ensemble > 0.8
    assert report.tiers[-1].agreement == 1.0
    assert report.tiers[0].agreement < 1.0
    assert report.tiers[0].collapse.items == 100
    assert report.diversity.items == 64
    assert report.diversity.class_entropy == pytest.approx(1.0)


def test_diversity_sees_copies_and_one_sided_classes() -> None:
    x, labels = rhythms(40, 0)
    whole = measure_diversity(x, labels)
    poor = measure_diversity(x[:, [0, 1] * 20], labels * 0)
    assert whole.duplicates == 0
    assert whole.effective_rank > 10
    assert poor.effective_rank < 2
    assert poor.duplicates == 38
    assert poor.class_entropy == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, y[:5], x, y), r"the labels have shape \(5,\)"),
        (lambda x, y: (x, y, x, y[:5]), r"the held-out labels have shape \(5,\)"),
        (lambda x, y: (x, y.float(), x, y), "dtype torch.float32; whole numbers from 0"),
        (lambda x, y: (x, y - 1, x, y), "whole numbers from 0"),
        (lambda x, y: (x, y, x[:, :0], y[:0]), r"the held-out sequences have shape \(48, 0, 1\)"),
        (lambda x, y: (x * torch.nan, y, x, y), "the sequences have shape .* finite numbers"),
        (lambda x, y: (x, y + 3, x, y), "a model of tier 0 has 2 classes, the labels 5"),
    ],
)
def test_a_cascade_refuses_what_it_cannot_learn_from(change: Any, message: str) -> None:
    """Labels beyond a model's classes were cut off: it learned that such items belong nowhere."""
    cascade = CascadeTrainer([(1, lambda: create_classifier(1, 2, frequencies=4))], updates=1, batch=4)
    before = torch.get_rng_state()
    with pytest.raises(InvalidInput, match=message):
        cascade.fit(*change(*rhythms(8, 0)))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_usual_cascade_has_ten_five_and_three_models() -> None:
    cascade = CascadeTrainer.of_sizes(10)
    assert [count for count, _ in cascade.tiers] == [10, 5, 3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ResonanceTrainer(create_classifier(1, 2), learning_rate=0.0), "learning_rate is 0.0"),
        (lambda: ResonanceTrainer(create_resonance_model(task="long_context", device="meta")), "use that"),
        (lambda: ResonanceTrainer(create_classifier(1, 2)).fit(lambda: rhythms(4, 0)), "exactly one budget"),
        (lambda: batches(*rhythms(4, 0), 5, seed=0), "batch is 5; a whole number from 1 to 4"),
        (lambda: batches(rhythms(4, 0)[0], torch.zeros(3), 2, seed=0), "3 targets were given for 4 items"),
        (lambda: CascadeTrainer([]), "a cascade needs a tier"),
        (lambda: CascadeTrainer([(0, lambda: create_classifier(1, 2))]), "models of a tier is 0"),
        (lambda: CascadeTrainer.of_sizes(10, ("tiny",)), "3 counts were given for 1 sizes"),
        (lambda: CascadeTrainer.of_sizes(10, ("huge",), (1,)), "there is no size 'huge'"),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()
