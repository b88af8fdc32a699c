"""Spike pairing experiments: chosen presynaptic and, through a teacher, chosen postsynaptic spikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.composition import teacher_projection
from neuro.circuit.connections import Connections
from neuro.compiler.lower_circuit import lower
from neuro.models.base import NeuronModel, SynapseModel
from neuro.spikes import Recording
from tests.oracle import interpret

DT = 1e-3
OBEDIENT = NeuronModel(equations="v : 1\ng : 1", threshold="v > 1", reset="v = 0")
"""Fires one tick after each spike of its teacher and never else; ``g`` only adds up what plastic synapses deliver."""

Trains = Sequence[Sequence[int]]


def pairing(
    rules: Mapping[str, tuple[SynapseModel, Mapping[str, Any]]], pre: Trains, post: Trains, *, delay: Any = 0.0
) -> Circuit:
    """Pair i has presynaptic spikes at the ticks ``pre[i]`` and postsynaptic ones at ``post[i]`` (each >= 1).

    Every rule gets a projection of its own between the same spikes.
    """
    size = len(pre)
    joined = Connections.one_to_one(size)
    return Circuit(
        DT,
        [Population("a", size, OBEDIENT)],
        [
            *(
                Projection(name, "s", "a", model, joined, parameters, delay)
                for name, (model, parameters) in rules.items()
            ),
            teacher_projection("force", "t", "a", size, 2.0, unit="1"),
        ],
        [_source("s", pre), _source("t", [[tick - 1 for tick in train] for train in post])],
    )


def run(circuit: Circuit, ticks: int) -> Recording:
    """Run by the plain interpreter, which the conformance suite holds equal to the other targets."""
    return interpret(lower(circuit), ticks)


def _source(name: str, trains: Trains) -> SpikeSource:
    ticks = np.concatenate([np.asarray(train, dtype=np.int64) for train in trains])
    indices = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
    order = np.lexsort((indices, ticks))
    return SpikeSource(name, len(trains), ticks[order], indices[order])
