"""Timing: functions take turns, so that whatever else the machine does meets all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence


def interleaved(functions: Mapping[str, Callable[[], object]], repeats: int = 7) -> dict[str, list[float]]:
    """Seconds of each call, by name: every function once to warm up, then ``repeats`` rounds in turn."""
    for function in functions.values():
        function()
    samples: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            samples[name].append(time.perf_counter() - start)
    return samples


def ratio(samples: Mapping[str, Sequence[float]], left: str, right: str) -> float:
    """Median of ``left`` over median of ``right``."""
    return statistics.median(samples[left]) / statistics.median(samples[right])
