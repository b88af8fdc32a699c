"""What the tests of the motifs share."""

from __future__ import annotations

from neuro.circuit.circuit import Circuit
from neuro.simulators import Brian2Reference, simulate
from neuro.spikes import Recording


def same_in_brian2(circuit: Circuit, ticks: int) -> Recording:
    """The compiled recording, after a check that Brian2 fires the same spikes and that there are some."""
    compiled = simulate(circuit, ticks)
    brian2 = simulate(circuit, ticks, on=Brian2Reference())
    assert compiled.mismatches(brian2) == 0
    assert compiled.spike_count > 0
    assert all(len(compiled.spikes[population.name]) for population in circuit.populations), "a population is silent"
    return compiled
