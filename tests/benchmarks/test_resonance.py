"""What the trainings of bench ``resonance-training`` are fed with, and how their figures are read."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="install the extra 'train'")

from benchmarks.resonance_images import Distortion, KernelTeacher  # noqa: E402
from benchmarks.resonance_text import Result, parameters_at  # noqa: E402


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


@pytest.mark.parametrize(
    ("bits", "parameters", "said"),
    [(2.5, 2000.0, "interpolated"), (3.5, 1000.0, "at most"), (1.5, 4000.0, "at least")],
)
def test_parameters_are_read_off_the_line_or_bounded(bits: float, parameters: float, said: str) -> None:
    found, words = parameters_at(bits, (Result(3.0, 1000, 1.0), Result(2.0, 4000, 1.0)))
    assert found == pytest.approx(parameters)
    assert said in words
