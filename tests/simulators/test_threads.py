"""Threads change nothing: spikes and learned weights are the same to the last bit, whatever their number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from neuro import Compiled, Probe, simulate
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput
from neuro.simulators.compiled.simulator import run_program
from tests.conformance.circuits import plastic


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


@pytest.mark.parametrize("threads", [0, -1, 1.5, True])
def test_bad_thread_counts_are_refused(threads: object) -> None:
    with pytest.raises(InvalidInput, match=r"threads is .* a whole number from 1 to"):
        Compiled(threads=threads)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"threads is .* a whole number from 1 to"):
        run_program(lower(plastic(1)), 1, threads=threads)  # type: ignore[arg-type]
