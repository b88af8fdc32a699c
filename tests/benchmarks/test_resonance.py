"""What the trainings of bench ``resonance-training`` are fed with, and how their metrics are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="install the extra 'train'")

from benchmarks.resonance import text as resonance_text  # noqa: E402
from benchmarks.resonance.images import Distortion, KernelTeacher  # noqa: E402
from benchmarks.resonance.text import Result, parameters_at  # noqa: E402


def pictures(items: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise around one of three patterns."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(items) % 3
    patterns = torch.rand((3, 6, 6), generator=generator)
    return patterns[labels] + 0.1 * torch.randn((items, 6, 6), generator=generator), labels


def test_no_distortion_leaves_an_image_as_it_is() -> None:
    images, _ = pictures(4)
    generator = torch.Generator().manual_seed(1)
    torch.testing.assert_close(Distortion().of(images, generator), images, atol=1e-5, rtol=0)
    assert not torch.allclose(Distortion(bend=0.1).of(images, generator), images, atol=1e-2)


def test_a_distortion_times_a_factor_is_that_much_weaker() -> None:
    whole = Distortion(shift=0.1, turn=0.2, stretch=0.4, bend=0.6, noise=0.8)
    assert whole.times(0.5) == Distortion(shift=0.05, turn=0.1, stretch=0.2, bend=0.3, noise=0.4)
    assert whole.times(0) == Distortion()


def test_a_pattern_moves_by_the_shift() -> None:
    one = torch.zeros(400, 9, 9)
    one[:, 4, 4] = 1.0
    moved = Distortion(shift=0.2).of(one, torch.Generator().manual_seed(2))
    places = torch.arange(9.0) - 4
    columns = (moved.sum(1) * places).sum(1)
    # A shift of .2 of half the width, 4.5 pixels.
    assert float(columns.std()) == pytest.approx(0.9, rel=0.1)


def test_the_teacher_names_images_that_it_never_saw() -> None:
    images, labels = pictures(90)
    chances = KernelTeacher(images[:60], labels[:60])(images[60:])
    torch.testing.assert_close(chances.sum(-1), torch.ones(30))
    assert torch.equal(chances.argmax(-1), labels[60:])
    assert float(chances.max(-1).values.mean()) > 0.8


def test_rare_characters_of_the_glosses_are_one_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text").mkdir()
    glosses = {"gloss": [*["abab" * 10] * 40, "xyz"]}
    (tmp_path / "text" / "wordnet_nouns.json").write_text(json.dumps(glosses), encoding="utf-8")
    monkeypatch.setenv("SPIKELOOM_DATA", str(tmp_path))
    monkeypatch.setattr(resonance_text, "_HELD_OUT", 200)
    whole = resonance_text.text.__wrapped__()
    assert len(whole.held_out) == 200
    assert len(whole.learned) == 40 * 40 + 3 + 40 - 200
    # a, b and the end of a line; x, y and z share a token.
    assert whole.vocabulary == 4


def test_a_transformer_sees_no_future() -> None:
    model = resonance_text.transformer(9, 8)
    tokens = torch.arange(60).reshape(30, 2) % 9
    changed = tokens.clone()
    changed[20:] = (changed[20:] + 1) % 9
    with torch.no_grad():
        first, second = (resonance_text._logits(model, given) for given in (tokens, changed))
    torch.testing.assert_close(first[:20], second[:20])
    assert not torch.allclose(first[20:], second[20:])


@pytest.mark.parametrize(
    ("bits", "parameters", "said"),
    [(2.5, 2000.0, "interpolated"), (3.5, 1000.0, "at most"), (1.5, 4000.0, "at least")],
)
def test_parameters_are_read_off_the_line_or_bounded(bits: float, parameters: float, said: str) -> None:
    found, words = parameters_at(bits, (Result(3.0, 1000, 1.0), Result(2.0, 4000, 1.0)))
    assert found == pytest.approx(parameters)
    assert said in words
