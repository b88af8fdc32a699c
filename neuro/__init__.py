"""Spikeloom: from embeddings to spikes, memories and proven Verilog.

The names below are the everyday ones; everything else lives in the submodules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuro.circuit.circuit import (
        Circuit,
        CurrentInput,
        Operation,
        Population,
        Probe,
        Projection,
        Restart,
        SpikeSource,
        Winners,
    )
    from neuro.circuit.composition import compose, prefixed
    from neuro.circuit.connections import Connections, gaussian_delays
    from neuro.models.base import Method, NeuronModel, SynapseModel
    from neuro.simulators import (
        Brian2Lowered,
        Brian2Reference,
        Checkpoint,
        Compiled,
        FixedPoint,
        Simulation,
        simulate,
        simulate_batch,
    )
    from neuro.spikes import Recording, Spikes

__all__ = [
    "Brian2Lowered",
    "Brian2Reference",
    "Checkpoint",
    "Circuit",
    "Compiled",
    "Connections",
    "CurrentInput",
    "FixedPoint",
    "Method",
    "NeuronModel",
    "Operation",
    "Population",
    "Probe",
    "Projection",
    "Recording",
    "Restart",
    "Simulation",
    "SpikeSource",
    "Spikes",
    "SynapseModel",
    "Winners",
    "compose",
    "gaussian_delays",
    "prefixed",
    "simulate",
    "simulate_batch",
]

_HOME = {
    **dict.fromkeys(("compose", "prefixed"), "neuro.circuit.composition"),
    **dict.fromkeys(("Connections", "gaussian_delays"), "neuro.circuit.connections"),
    **dict.fromkeys(
        (
            "Brian2Lowered",
            "Brian2Reference",
            "Checkpoint",
            "Compiled",
            "FixedPoint",
            "Simulation",
            "simulate",
            "simulate_batch",
        ),
        "neuro.simulators",
    ),
    **dict.fromkeys(("Method", "NeuronModel", "SynapseModel"), "neuro.models.base"),
    **dict.fromkeys(("Recording", "Spikes"), "neuro.spikes"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import neuro`` stays quick."""
    if name not in __all__:
        raise AttributeError(f"module 'neuro' has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "neuro.circuit.circuit")), name)


def __dir__() -> list[str]:
    return __all__
