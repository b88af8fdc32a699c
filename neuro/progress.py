"""Stages: what an experiment tells about its progress, and how long each part took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int], None]
"""Called with how much of a stage is done so far."""


class Stages(Protocol):
    """Anything that is told when a stage starts, how far it is and when it ends; stages may overlap."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """Stage -> seconds it took, of those that ended."""

    @property
    def elapsed(self) -> float:
        """Seconds since the first stage began."""

    def stage(self, title: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """A context for a stage of ``total`` steps (None: unknown); gives what to call with the steps done."""


class QuietStages:
    """Measures the stages and shows nothing."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._begin: float | None = None

    @property
    def seconds(self) -> Mapping[str, float]:
        """Stage -> seconds it took, of those that ended."""
        return self._seconds

    @property
    def elapsed(self) -> float:
        """Seconds since the first stage began."""
        return 0.0 if self._begin is None else time.perf_counter() - self._begin

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Advance]:  # noqa: ARG002 - nothing is shown
        """Measure one stage."""
        start = time.perf_counter()
        self._begin = start if self._begin is None else self._begin
        yield lambda _: None
        self._seconds[title] = time.perf_counter() - start
