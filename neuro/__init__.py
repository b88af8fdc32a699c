"""Spikeloom: from embeddings to spikes, memories and proven Verilog.

The names below are the everyday ones; everything else lives in the submodules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    from neuro.circuit.draws import Normal, Uniform
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
    "Normal",
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
    "Uniform",
    "Winners",
    "compose",
    "gaussian_delays",
    "prefixed",
    "simulate",
    "simulate_batch",
]

if not TYPE_CHECKING:
    from importlib import import_module

    _HOMES = {
        "neuro.circuit.circuit": "Circuit CurrentInput Operation Population Probe Projection Restart SpikeSource "
        "Winners",
        "neuro.circuit.composition": "compose prefixed",
        "neuro.circuit.connections": "Connections gaussian_delays",
        "neuro.circuit.draws": "Normal Uniform",
        "neuro.models.base": "Method NeuronModel SynapseModel",
        "neuro.simulators": "Brian2Lowered Brian2Reference Checkpoint Compiled FixedPoint Simulation simulate "
        "simulate_batch",
        "neuro.spikes": "Recording Spikes",
    }
    _HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

    def __getattr__(name: str):
        """Import a public name when it is first used, so that ``import neuro`` stays quick."""
        if name not in _HOME:
            raise AttributeError(f"module 'neuro' has no attribute {name!r}")
        return getattr(import_module(_HOME[name]), name)

    def __dir__():
        return __all__
