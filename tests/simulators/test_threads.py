"""Threads change nothing: spikes and learned weights are the same to the last bit, whatever their number."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest

from neuro import (
    Circuit,
    Compiled,
    Connections,
    CurrentInput,
    Population,
    Probe,
    Projection,
    Restart,
    SpikeSource,
    Winners,
    simulate,
)
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput
from neuro.models import LIF_EXPONENTIAL, static_synapse
from neuro.simulators.compiled.simulator import run_program
from tests.conformance.circuits import DT, plastic


@pytest.mark.parametrize(
    "delay_ticks",
    [1, [0, 1, 3]],
    ids=["one delay", "delays per synapse"],
)
@pytest.mark.long
def test_learned_weights_do_not_depend_on_the_threads(delay_ticks: object) -> None:
    circuit = replace(plastic(delay_ticks), probes=[Probe("sa", "w"), Probe("aa", "w"), Probe("a", "v")])
    alone = simulate(circuit, 300)
    assert alone.spike_count > 0
    for threads in (2, 3):
        together = simulate(circuit, 300, on=Compiled(threads=threads))
        assert together.mismatches(alone) == 0
        assert together.largest_difference(alone) == 0.0


@pytest.mark.parametrize("threads", [0, -1, 10_000, 1.5, True])
def test_bad_thread_counts_are_refused(threads: object) -> None:
    with pytest.raises(InvalidInput, match=r"threads is .* a whole number from 1 to"):
        Compiled(threads=threads)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"threads is .* a whole number from 1 to"):
        run_program(lower(plastic(1)), 1, threads=threads)  # type: ignore[arg-type]


def test_a_forked_child_runs_on_threads_too() -> None:
    circuit = plastic(1)
    expected = simulate(circuit, 50, on=Compiled(threads=2))
    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        assert pool.submit(_spikes, circuit).result(timeout=60) == expected.spike_count


def _spikes(circuit: Circuit) -> int:
    return simulate(circuit, 50, on=Compiled(threads=2)).spike_count


@pytest.mark.parametrize("shortest", [0, 1, 3])
def test_winners_sources_and_inputs_are_the_same_in_shares(shortest: int) -> None:
    """More neurons than a block, so that every share has some; one population stays whole."""
    rng = np.random.default_rng(1)
    delays = rng.integers(shortest, shortest + 3, 200 * 20) * DT
    random = Connections.fixed_in_degree(200, 200, 20, seed=1)
    circuit = Circuit(
        DT,
        [
            Population("a", 200, LIF_EXPONENTIAL, initial={"v": rng.uniform(-70e-3, -50e-3, 200)}),
            Population("b", 30, LIF_EXPONENTIAL, winners=Winners(2)),
        ],
        [
            Projection("aa", "a", "a", static_synapse(), random, {"w": rng.normal(1e-3, 1e-3, 4000)}, delays),
            Projection("ab", "a", "b", static_synapse(), Connections.all_to_all(200, 30), {"w": 20e-3}, 3 * DT),
            Projection("sa", "s", "a", static_synapse(), Connections.all_to_all(1, 200), {"w": 5e-3}, shortest * DT),
        ],
        [SpikeSource("s", 1, [5, 50], [0, 0]), CurrentInput("a", "I", rng.uniform(0, 60e-3, (3, 200)), every=100)],
        [Restart("a", [70])],
        probes=[Probe("a", "v", every=3)],
        seed=shortest,
    )
    alone = simulate(circuit, 250, on=Compiled(threads=1))
    assert min(len(alone.spikes[name]) for name in "ab") > 0
    for threads in (2, 5):
        together = simulate(circuit, 250, on=Compiled(threads=threads))
        assert together.mismatches(alone) == 0
        assert together.largest_difference(alone) == 0
