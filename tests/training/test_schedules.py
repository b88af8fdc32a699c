"""Schedules, lessons, and optimisers without torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.training import SGD, Adam, AdamW, CurriculumScheduler, Lesson, ScheduleShape, TemperatureAnnealing
from neuro.training.optimisers import clip_gradient
from neuro.training.schedules import scheduled


@pytest.mark.parametrize("shape", list(ScheduleShape))
def test_a_schedule_goes_from_start_to_end_and_stays_there(shape: ScheduleShape) -> None:
    values = [scheduled(shape, 1.0, 0.1, done) for done in np.linspace(0, 1, 11)]
    assert values[0] == pytest.approx(1.0)
    assert values[-1] == pytest.approx(0.1)
    assert np.all(np.diff(values) < 0)
    assert scheduled(shape, 1.0, 0.1, 7.0) == values[-1]
    halfway = {ScheduleShape.LINEAR: 0.55, ScheduleShape.COSINE: 0.55, ScheduleShape.EXPONENTIAL: 0.1**0.5}[shape]
    assert values[5] == pytest.approx(halfway)


def test_annealing_and_curriculum_are_that_schedule() -> None:
    assert TemperatureAnnealing(1.0, 0.1, 100, ScheduleShape.LINEAR).at(50) == pytest.approx(0.55)
    lessons = CurriculumScheduler.linear()
    assert [lesson.samples for lesson in lessons.lessons] == [1000, 1000, 1000]
    assert [lessons.at(n).negatives for n in (0, 999, 1000, 2999, 10**9)] == [5, 5, 13, 20, 20]
    np.testing.assert_allclose([lessons.at(n).temperature for n in (0, 1500, 2000)], [1.0, 0.55, 0.1])


def test_a_bowl_is_descended() -> None:
    for optimiser in (SGD(0.05), Adam(0.1), AdamW(0.1)):
        at = np.array([3.0, -2.0])
        state = optimiser.start(at)
        for _ in range(300):
            at, state = optimiser.step(at, 2 * at, state)
        assert np.abs(at).max() < 0.02


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TemperatureAnnealing(end=0.0), "end is 0.0"),
        (lambda: Lesson(10, 2, -0.1), "temperature is -0.1"),
        (lambda: CurriculumScheduler.linear(temperature=(1.0, 0.0)), "temperature is 0.0"),
        (lambda: CurriculumScheduler(()), "at least one Lesson"),
        (lambda: scheduled(ScheduleShape.EXPONENTIAL, 0.0, 1.0, 0.5), "above 0"),
        (lambda: scheduled("linear", 0.0, 1.0, 0.5), "shape is 'linear'"),  # type: ignore[arg-type]
        (lambda: Adam(betas=(0.9, 1.0)), "a beta is 1.0"),
        (lambda: SGD(0.0), "rate is 0.0"),
        (lambda: AdamW(decay=-1.0), "decay is -1.0"),
        (lambda: clip_gradient(np.ones(2), 0.0), "longest is 0.0"),
        (lambda: SGD().step(np.ones(2), np.ones(3), SGD().start(np.ones(2))), r"shape \(3,\)"),
    ],
)
def test_bad_settings_are_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()
