"""A network in one pass: the same numbers and gradients as layer by layer, whatever the blocks."""

from __future__ import annotations

from typing import Any

import pytest

from neuro.errors import InvalidInput

torch = pytest.importorskip("torch", reason="install the extra 'train'")

from neuro.resonance import Fft, ResonanceClassifier, ResonanceConfig, ResonatorStep, Scan, stack  # noqa: E402
from neuro.resonance.input_filter import FilterState  # noqa: E402
from neuro.resonance.methods import ResonantState  # noqa: E402

BATCH = 5
CONFIG = ResonanceConfig(3, 7, 3, tau=(2.0, 40.0))


def classifier(config: ResonanceConfig = CONFIG) -> Any:
    torch.manual_seed(0)
    model = ResonanceClassifier(config, 4).double()
    with torch.no_grad():
        for value in model.parameters():
            value.add_(0.05 * torch.randn_like(value))
    return model


def normal(*shape: int, seed: int) -> Any:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).requires_grad_()


def outcome(config: ResonanceConfig, steps: int, method: Any) -> list[Any]:
    """Everything that a pass gives, and the gradients of everything that it takes."""
    model, x, units = classifier(config), normal(steps, BATCH, 3, seed=1), config.frequencies
    states = tuple(
        ResonantState(*(normal(BATCH, units, seed=10 * k + part) for part in (2, 3))) for k in range(config.layers)
    )
    ears = ResonantState(*(normal(BATCH, config.channels, seed=seed) for seed in (4, 5)))
    filtered = FilterState(ears, torch.ones(BATCH, config.channels, dtype=torch.float64), 3)
    found = model.ears.summary(model.network, x, states, filtered, method)
    weights = normal(BATCH, 3 * config.channels, seed=6).detach()
    last = sum((state.x * state.y).sum() for state in found.states)
    ((found.filtered.features * weights).sum() + (found.rates**2).sum() + last).backward()
    learned = [value.grad for value in model.parameters() if value.grad is not None]
    given = [x.grad, *(part.grad for state in (*states, ears) for part in state)]
    assert 0.1 < float(found.rates.detach().mean()) < 0.6
    return [found.filtered.features, found.rates, *(part for state in found.states for part in state), *given, *learned]


@pytest.mark.parametrize("steps", [1, 60, 300])
@pytest.mark.parametrize("block", [1 << 20, 1 << 12])
def test_one_pass_is_layer_by_layer(block: int, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "_BLOCK", block)
    given = outcome(CONFIG, steps, Scan())
    for method in (ResonatorStep(), Fft(chunk=37)):
        for one, other in zip(given, outcome(CONFIG, steps, method), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-11)


def test_a_single_layer_has_nothing_to_mix() -> None:
    config = ResonanceConfig(3, 7, 1)
    for one, other in zip(outcome(config, 40, Scan()), outcome(config, 40, ResonatorStep()), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-11)


def test_rates_and_spikes_are_of_the_same_run() -> None:
    model, x = classifier(), normal(50, BATCH, 3, seed=1)
    with torch.no_grad():
        logits, rates = model.with_rates(x)
        other, spikes = model.with_spikes(x)
        torch.testing.assert_close(rates, spikes.mean(0), rtol=0, atol=1e-12)
        torch.testing.assert_close(logits, other, rtol=0, atol=1e-12)
        torch.testing.assert_close(model(x), logits, rtol=0, atol=0)


def test_inputs_elsewhere_are_refused() -> None:
    model = classifier().to("meta")
    with pytest.raises(InvalidInput, match="Scan runs on the CPU"):
        model(torch.zeros((4, 2, 3), dtype=torch.float64, device="meta"))
