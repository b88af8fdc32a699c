"""A circuit is a spiking model as frozen data; what one tick of it does stands in :mod:`neuro.circuit.circuit`."""

from __future__ import annotations

from neuro.arrays import Value
from neuro.circuit.circuit import (
    Circuit,
    CurrentInput,
    Link,
    Operation,
    PastSpikes,
    Population,
    Probe,
    Projection,
    Restart,
    SpikeSource,
    Stimulus,
    Winners,
)
from neuro.circuit.composition import compose, prefixed, teacher_projection
from neuro.circuit.connections import Connections, gaussian_delays
from neuro.circuit.draws import Normal, Uniform

__all__ = [
    "Circuit",
    "Connections",
    "CurrentInput",
    "Link",
    "Normal",
    "Operation",
    "PastSpikes",
    "Population",
    "Probe",
    "Projection",
    "Restart",
    "SpikeSource",
    "Stimulus",
    "Uniform",
    "Value",
    "Winners",
    "compose",
    "gaussian_delays",
    "prefixed",
    "teacher_projection",
]
