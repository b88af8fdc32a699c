"""Synaptic operations: how many synapses the spikes of a run reached, the usual measure of a spiking circuit's work."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuro.circuit import Circuit
from neuro.errors import InvalidInput
from neuro.spikes import Recording


def synaptic_operations(circuit: Circuit, recording: Recording) -> Mapping[str, int]:
    """Spikes times synapses of the neuron that fired, projection by projection.

    Spikes that were still under way at the end of the run count too.

    Args:
        circuit: what was run.
        recording: the run, from tick 0.

    Raises:
        InvalidInput: a population of the circuit is not in the recording.

    Source: Merolla et al., Science 345 (2014), who count a chip's work so.
    """
    fired = {name: spikes.counts() for name, spikes in recording.spikes.items()}
    for source in circuit.sources:
        shown = np.asarray(source.indices)[np.asarray(source.ticks) < recording.ticks]
        fired[source.name] = np.bincount(shown, minlength=source.size)
    missing = sorted({projection.source for projection in circuit.projections} - fired.keys())
    if missing:
        raise InvalidInput(f"no spikes of {missing[0]!r}; the recording has {sorted(recording.spikes)}")
    return {
        projection.name: int(fired[projection.source] @ np.diff(np.asarray(projection.connections.row_start)))
        for projection in circuit.projections
    }
