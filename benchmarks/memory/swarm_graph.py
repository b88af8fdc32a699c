"""A swarm memory of 80,000 nodes and 64 M edges, built by storing patterns: time of an update, of a step, peak memory.

Run as a process of its own, so that the peak is this graph's: ``python -m benchmarks.memory.swarm_graph``.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from neuro.memories import SwarmMemory

NODES, ACTIVE, EDGES, SEED = 80_000, 30, 64_000_000, 0
_EPOCH, _REPEATS, _MILLI = 100, 20, 1e3


def patterns(random: np.random.Generator, items: int) -> np.ndarray:
    """Random patterns, their elements all different: one each out of ``ACTIVE`` of 400 blocks of nodes."""
    width = NODES // 400
    blocks = np.argpartition(random.random((items, 400)), ACTIVE, axis=1)[:, :ACTIVE]
    return np.sort(blocks * width + random.integers(0, width, (items, ACTIVE)), axis=1)


class Clocked:
    """Milliseconds of each turn: of the processor's time, which other programs do not lengthen by waiting, and wall."""

    def __init__(self) -> None:
        self.used: list[float] = []
        self.wall: list[float] = []

    @contextmanager
    def turn(self, parts: int = 1) -> Iterator[None]:
        """Time the block; it counts as so many equal parts."""
        used, wall = time.process_time(), time.perf_counter()
        yield
        self.used.append((time.process_time() - used) * _MILLI / parts)
        self.wall.append((time.perf_counter() - wall) * _MILLI / parts)


def measure() -> dict[str, object]:
    """Build the graph and time it."""
    random, memory = np.random.default_rng(SEED), SwarmMemory(NODES)
    start = time.perf_counter()
    while memory.edges < EDGES:
        for _ in range(10):
            memory.store(patterns(random, _EPOCH))
    build = time.perf_counter() - start
    edges, stored = memory.edges, len(memory)
    updates, steps = Clocked(), Clocked()
    for _ in range(_REPEATS):
        codes = patterns(random, _EPOCH)
        with updates.turn(_EPOCH):
            memory.store(codes)
    state = np.zeros(NODES, dtype=np.float32)
    for _ in range(_REPEATS):
        state[:] = 0
        state[random.choice(NODES, 100, replace=False)] = 1
        with steps.turn():
            memory.step(state)
    asked = [memory.pattern(index) for index in random.choice(stored, 100, replace=False).tolist()]
    found = memory.complete([pattern[::2] for pattern in asked], ACTIVE).elements
    completed = [np.isin(pattern[1::2], row).mean() for pattern, row in zip(asked, found, strict=True)]
    return {
        "edges": edges,
        "patterns": stored,
        "build_s": build,
        "updates_ms": updates.used,
        "updates_wall_ms": updates.wall,
        "steps_ms": steps.used,
        "steps_wall_ms": steps.wall,
        "completed": float(np.mean(completed)),
        "weights_gb": memory.nbytes / 1e9,
        "peak_gb": _peak_gb(),
    }


def _peak_gb() -> float:
    """Of this program; the child's own usage would count its parent's pages, which it shared until it started."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    marks = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(marks[0]) * 1024 / 1e9 if marks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    json.dump(measure(), sys.stdout)
