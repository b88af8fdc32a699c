"""A teacher makes its neurons fire when it says, and what they learn beside it works without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.composition import teacher_projection
from neuro.circuit.connections import Connections
from neuro.compiler.lower_circuit import lower
from neuro.errors import CircuitError
from neuro.models import LIF_DELTA, pair_stdp
from tests.oracle import interpret

DT, PERIOD, TRIALS = 1e-3, 100, 27
PATTERNS = np.eye(3, dtype=bool).repeat(4, axis=1)
"""Each of 3 neurons is to answer to 4 of 12 inputs."""


def lesson(weights: np.ndarray | float, *, taught: bool) -> Circuit:
    """Pattern after pattern; 3 ms later the teacher calls the neuron that is to answer."""
    shown = np.arange(TRIALS) * PERIOD + 20
    inputs = [(tick, index) for k, tick in enumerate(shown) for index in np.flatnonzero(PATTERNS[k % 3])]
    calls = [(tick + 2, k % 3) for k, tick in enumerate(shown)] if taught else []
    steps = {"w": weights, "a_plus": 1e-3, "a_minus": 0.2e-3, "w_max": 8e-3}
    return Circuit(
        DT,
        [Population("a", 3, LIF_DELTA)],
        [
            Projection("sa", "s", "a", pair_stdp("v"), Connections.all_to_all(12, 3), steps),
            teacher_projection("force", "t", "a", 3, 40e-3),
        ],
        [_source("s", 12, inputs), _source("t", 3, calls)],
    )


def _source(name: str, size: int, spikes: list[tuple[int, int]]) -> SpikeSource:
    ticks, indices = np.array(spikes, dtype=np.int64).reshape(-1, 2).T
    return SpikeSource(name, size, ticks, indices)


def test_targets_fire_one_tick_after_their_teacher_and_then_know_the_answer() -> None:
    lesson_run = interpret(lower(lesson(0.0, taught=True)), TRIALS * PERIOD)
    fired = lesson_run.spikes["a"]
    assert set(zip(fired.ticks.tolist(), fired.indices.tolist(), strict=True)) >= {
        (k * PERIOD + 23, k % 3) for k in range(3)
    }
    weights = lesson_run.final["sa", "w"].reshape(12, 3)
    assert np.all(weights[PATTERNS.T] > 7e-3)
    # Pairs across two lessons, 97 ms apart, leave a trace of exp(-97/20) of a step.
    assert np.all(weights[~PATTERNS.T] < 0.1e-3)
    exam = lesson(lesson_run.final["sa", "w"], taught=False)
    answers = interpret(lower(exam), 3 * PERIOD).spikes["a"]
    assert answers.indices.tolist() == [0, 1, 2]
    assert answers.ticks.tolist() == [21, 121, 221]
    assert interpret(lower(lesson(0.0, taught=False)), 3 * PERIOD).spike_count == 12


def test_as_many_teachers_as_targets_are_needed() -> None:
    with pytest.raises(CircuitError, match="connects 2 to 2 neurons, but 't' and 'a' have 3 and 3"):
        replace(lesson(0.0, taught=True), projections=[teacher_projection("force", "t", "a", 2, 1.0)])
