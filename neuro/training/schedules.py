"""Schedules: one function of how much is done, for temperatures, learning rates and the curriculum.

Source: Bengio, Louradour, Collobert & Weston, *Curriculum learning* (2009).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from neuro.checks import check_positive, check_whole
from neuro.errors import InvalidInput


class ScheduleShape(StrEnum):
    """How a value goes from its start to its end."""

    LINEAR = "linear"
    EXPONENTIAL = "exponential"
    COSINE = "cosine"


def scheduled(shape: ScheduleShape, start: float, end: float, done: float) -> float:
    """The value when ``done`` (0 to 1; more counts as 1) is over.

    Linear: ``start + (end - start) done``; exponential: ``start (end / start)^done``;
    cosine: ``end + (start - end) (1 + cos(pi done)) / 2``.

    Raises:
        InvalidInput: no such shape; a number that is not finite; done below 0; an exponential that is not above 0.

    >>> scheduled(ScheduleShape.EXPONENTIAL, 1.0, 0.01, 0.5)
    0.1
    """
    if not isinstance(shape, ScheduleShape):
        raise InvalidInput(
            f"shape is {shape!r}; one of {', '.join(ScheduleShape)} of neuro.training.ScheduleShape is allowed"
        )
    if not all(math.isfinite(value) for value in (start, end, done)) or done < 0:
        raise InvalidInput(f"a schedule from {start} to {end} at {done}; finite numbers, done >= 0, are allowed")
    share = min(done, 1.0)
    match shape:
        case ScheduleShape.LINEAR:
            return start + (end - start) * share
        case ScheduleShape.COSINE:
            return end + (start - end) * (1.0 + math.cos(math.pi * share)) / 2.0
        case ScheduleShape.EXPONENTIAL:
            if start <= 0 or end <= 0:
                raise InvalidInput(f"an exponential schedule from {start} to {end}; numbers above 0 are allowed")
            return float(start * (end / start) ** share)


@dataclass(frozen=True, slots=True)
class TemperatureAnnealing:
    """A temperature that falls (or rises) with the samples seen.

    Args:
        start, end: temperatures, > 0.
        samples: after how many samples the end is reached.
        shape: of the way there.

    Raises:
        InvalidInput: a temperature not above 0, no samples.
    """

    start: float = 1.0
    end: float = 0.1
    samples: int = 3000
    shape: ScheduleShape = ScheduleShape.EXPONENTIAL

    def __post_init__(self) -> None:
        check_positive("start", self.start)
        check_positive("end", self.end)
        check_whole("samples", self.samples, 1, 1 << 62)
        scheduled(self.shape, self.start, self.end, 0.0)

    def at(self, samples: int) -> float:
        """The temperature after so many samples."""
        return scheduled(self.shape, self.start, self.end, samples / self.samples)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One stage of a curriculum.

    Args:
        samples: how many it lasts.
        negatives: mined for each anchor.
        temperature: of the loss, > 0.

    Raises:
        InvalidInput: no samples, negatives below 0, a temperature not above 0.
    """

    samples: int
    negatives: int
    temperature: float

    def __post_init__(self) -> None:
        check_whole("samples", self.samples, 1, 1 << 62)
        check_whole("negatives", self.negatives, 0, 1 << 20)
        check_positive("temperature", self.temperature)


@dataclass(frozen=True, slots=True)
class CurriculumScheduler:
    """Lessons from easy to hard; the last one goes on for ever.

    Args:
        lessons: in their order, at least one.

    Raises:
        InvalidInput: no lesson.
    """

    lessons: tuple[Lesson, ...]

    def __post_init__(self) -> None:
        if not self.lessons or not all(isinstance(lesson, Lesson) for lesson in self.lessons):
            raise InvalidInput("a curriculum needs at least one Lesson(samples, negatives, temperature)")

    @classmethod
    def linear(
        cls,
        stages: int = 3,
        samples: int = 1000,
        negatives: tuple[int, int] = (5, 20),
        temperature: tuple[float, float] = (1.0, 0.1),
    ) -> Self:
        """Stages of ``samples`` each, negatives and temperature going linearly from the first stage to the last.

        Raises:
            InvalidInput: no stage, or as :class:`Lesson`.
        """
        check_whole("stages", stages, 1, 1 << 16)
        lessons = []
        for stage in range(stages):
            done = stage / max(stages - 1, 1)
            count = scheduled(ScheduleShape.LINEAR, *negatives, done)
            lessons.append(
                Lesson(samples, math.floor(count + 0.5), scheduled(ScheduleShape.LINEAR, *temperature, done))
            )
        return cls(tuple(lessons))

    @property
    def samples(self) -> int:
        """How many samples all lessons take."""
        return sum(lesson.samples for lesson in self.lessons)

    def at(self, samples: int) -> Lesson:
        """The lesson after so many samples."""
        check_whole("samples", samples, 0, 1 << 62)
        left = samples
        for lesson in self.lessons:
            if left < lesson.samples:
                return lesson
            left -= lesson.samples
        return self.lessons[-1]
