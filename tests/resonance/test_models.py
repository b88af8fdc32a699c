"""Models: heads, streams, memory, sizes, costs, and what the factories refuse."""

from __future__ import annotations

from typing import Any

import pytest

from neuro.errors import InvalidInput

torch = pytest.importorskip("torch", reason="install the extra 'train'")

from neuro.resonance import (  # noqa: E402
    SIZES,
    EpisodicMemory,
    LongContextResonanceNet,
    ResonanceConfig,
    ResonanceLanguageModel,
    create_classifier,
    create_long_context_model,
    create_resonance_model,
    estimate_resources,
    parameter_count,
)


def _absent() -> str:
    """A device that torch has a name for and this machine does not have."""
    return "cuda:9" if torch.cuda.is_available() else "cuda"


NARROW = ResonanceConfig(3, 5, 2)


@pytest.mark.long
def test_a_classifier_names_sequences() -> None:
    model = create_classifier(3, 4, frequencies=5)
    logits, spikes = model.with_spikes(torch.randn(20, 6, 3))
    assert logits.shape == (6, 4)
    assert spikes.shape == (20, 6, 10)
    logits.sum().backward()
    learned = [name for name, value in model.named_parameters() if value.requires_grad]
    assert all(dict(model.named_parameters())[name].grad is not None for name in learned)


def test_a_language_model_reads_parts_as_the_whole_and_sees_no_future() -> None:
    torch.manual_seed(0)
    model, tokens = ResonanceLanguageModel(NARROW, 11), torch.randint(0, 11, (40, 2))
    with torch.no_grad():
        whole, carried, parts = model(tokens), None, []
        for part in tokens.split([1, 15, 24]):
            logits, _, carried = model.read(part, carried)
            parts.append(logits)
        changed = tokens.clone()
        changed[30:] = (changed[30:] + 1) % 11
        later = model(changed)
    torch.testing.assert_close(torch.cat(parts), whole, atol=1e-6, rtol=0)
    torch.testing.assert_close(later[:30], whole[:30], atol=1e-6, rtol=0)
    assert not torch.equal(later[30:], whole[30:])


def test_a_long_context_model_gives_the_same_answer_in_any_parts() -> None:
    torch.manual_seed(0)
    model, x = LongContextResonanceNet(NARROW, 4, part=64), torch.randn(300, 2, 3)
    with torch.no_grad():
        answer = model(x)
        model.part = 7
        torch.testing.assert_close(model(x), answer, atol=1e-5, rtol=0)


def test_memory_recalls_the_summary_it_stored() -> None:
    torch.manual_seed(0)
    memory, summaries = EpisodicMemory(30, 20), torch.randn(20, 30)
    assert float(memory.recall(summaries).abs().max()) == 0
    memory.store(summaries)
    assert torch.equal(memory.recall(summaries), summaries)
    assert float(memory.recall(-summaries[:1]).abs().max()) == 0
    memory.store(summaries[:1] * -1)
    assert len(memory) == 20
    assert torch.equal(memory.recall(-summaries[:1]), -summaries[:1])


def test_a_model_uses_its_memory_only_when_asked() -> None:
    torch.manual_seed(0)
    model = create_resonance_model("tiny", use_memory=True)
    x = torch.randn(12, 2, 512)
    with torch.no_grad():
        model.recalled.weight.fill_(0.1)
        plain = model(x, store_to_memory=True)
        assert len(model.memory) == 2
        assert torch.equal(model(x), plain)
        assert not torch.equal(model(x, use_memory=True), plain)
    with pytest.raises(InvalidInput, match="this model has no memory"):
        create_classifier(3, 4)(torch.randn(5, 1, 3), use_memory=True)


def test_sizes_grow_and_are_counted_without_memory() -> None:
    counts = [parameter_count(size) for size in SIZES]
    assert counts == sorted(counts)
    model = create_resonance_model("tiny")
    assert counts[0] == sum(value.numel() for value in model.parameters() if value.requires_grad)
    large = create_resonance_model("large", "language", 100, use_memory=True, device="meta")
    assert next(large.parameters()).is_meta
    assert (large.config.input_dimension, large.config.frequencies, large.config.layers) == (4096, 256, 24)
    assert create_long_context_model("small", device="meta").config.tau[1] == 4096


def test_the_estimate_counts_what_the_shape_says() -> None:
    model = create_classifier(3, 4, frequencies=5)
    short, long = (model.get_complexity_estimate(steps) for steps in (1000, 2000))
    assert short["complexity_class"] == "O(T)"
    assert short["stem"] == 2 * 1000 * 3 * 5
    assert short["linear"] == 2 * 30 * 4
    assert long["total"] - long["linear"] == 2 * (short["total"] - short["linear"])
    assert short["synaptic_operations"] == 0.1 * 1000 * 5 * (2 + 5)
    assert short["measured_seconds"] is None
    assert model.get_complexity_estimate(50, measure=True)["measured_seconds"] > 0
    assert model.get_complexity_estimate(50, firing_rate=0.0)["synaptic_operations"] == 0


def test_resources_say_what_fits_and_what_it_costs() -> None:
    rows = estimate_resources(10**7, 2.0)
    assert [row["size"] for row in rows] == list(SIZES)
    assert [row["fits"] for row in rows] == [16 * row["parameters"] <= 10**7 for row in rows]
    assert rows[0]["fits"]
    assert not rows[-1]["fits"]
    assert rows[2]["price"] == pytest.approx(2 * rows[2]["training_hours"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: create_resonance_model("huge"), "there is no size 'huge'; there are tiny, small, base"),
        (lambda: create_resonance_model(task="poetry"), "there is no task 'poetry'; there are classification"),
        (lambda: create_resonance_model(task="language"), "needs vocab_size"),
        (lambda: create_resonance_model(device="abacus"), "there is no device 'abacus'"),
        (lambda: create_resonance_model(device=_absent()), "there is no device 'cuda'"),
        (lambda: create_classifier(3, 1), "classes is 1"),
        (lambda: create_classifier(3, 4)(torch.randn(0, 1, 3)), "at least one step"),
        (lambda: create_classifier(3, 4)(torch.randn(5, 1, 2)), r"shape \(5, 1, 2\); \(steps, batch, 3\)"),
        (lambda: LongContextResonanceNet(NARROW, 2)(torch.randn(0, 1, 3)), "at least one step"),
        (lambda: ResonanceLanguageModel(NARROW, 5)(torch.tensor([[5]])), "from 0 to 4"),
        (lambda: ResonanceLanguageModel(NARROW, 5)(torch.zeros(3, 1)), "dtype torch.float32; integers"),
        (lambda: create_classifier(3, 4).get_complexity_estimate(0), "seq_len is 0"),
        (lambda: create_resonance_model(device="meta").get_complexity_estimate(5, measure=True), "meta device"),
        (lambda: estimate_resources(0, 1.0), "memory is 0"),
        (lambda: estimate_resources(10, -1.0), "price_per_hour is -1.0"),
        (lambda: EpisodicMemory(6, 20).store(torch.zeros(2, 5)), r"shape \(2, 5\); \(batch, 6\)"),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.full((5, 1, 3), float("nan")), "NaN or infinity"),
        (torch.full((5, 1, 3), float("inf")), "NaN or infinity"),
        (torch.zeros((5, 1, 3), dtype=torch.float64), "dtype torch.float64; this network computes in torch.float32"),
        (torch.zeros((5, 0, 3)), "at least one step and one item"),
    ],
)
def test_sequences_that_can_not_be_heard_are_refused(x: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        create_classifier(3, 4, frequencies=5)(x)


def test_half_precision_and_truth_values_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="Scan computes in float32 and float64"):
        create_classifier(3, 4, frequencies=5).half()(torch.zeros((5, 1, 3), dtype=torch.float16))
    with pytest.raises(InvalidInput, match=r"dtype torch\.bool"):
        ResonanceLanguageModel(NARROW, 11)(torch.ones((5, 2), dtype=torch.bool))
