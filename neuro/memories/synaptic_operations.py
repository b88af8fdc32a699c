"""Synaptic operations: how many synapses the spikes of a run reached, the usual measure of a spiking circuit's work."""

from __future__ import annotations

import numpy as np

from neuro.circuit import Circuit
from neuro.spikes import Recording


def synaptic_operations(circuit: Circuit, recording: Recording) -> int:
    """Sum over all projections and spikes of the synapses that a spike reaches.

    Args:
        circuit: what was run.
        recording: the run, from tick 0.

    Source: Merolla et al., Science 345 (2014), who count a chip's work so.
    """
    fired = {name: spikes.counts() for name, spikes in recording.spikes.items()}
    for source in circuit.sources:
        shown = np.asarray(source.indices)[np.asarray(source.ticks) < recording.ticks]
        fired[source.name] = np.bincount(shown, minlength=source.size)
    return sum(
        int(fired[projection.source] @ np.diff(np.asarray(projection.connections.row_start)))
        for projection in circuit.projections
    )
