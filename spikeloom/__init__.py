"""Spikeloom: from embeddings to spikes, memories and proven Verilog.

The names that people use most, each imported from its own package when it is first used; everything else lives in
`neuro`, `hnsw_bridge` and `rtl_export`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hnsw_bridge import (
        NeuromorphicSearch,
        RecallSettings,
        SpikeIndex,
        TextMemory,
        build_index,
        build_search,
        find_embedder,
        load_index,
        save_index,
        spreading_circuit,
    )
    from hnsw_bridge.text.records import NewRecord
    from neuro.circuit import (
        Circuit,
        Connections,
        CurrentInput,
        Operation,
        Population,
        Probe,
        Projection,
        Restart,
        SpikeSource,
        Winners,
        compose,
    )
    from neuro.encoders import KWTAEncoder, LearnedEncoder, codes_from_spikes
    from neuro.errors import (
        CircuitError,
        InvalidInput,
        NumericalError,
        SpikeloomError,
        ToolError,
        UnsupportedByTarget,
        VerificationError,
    )
    from neuro.interop import from_brian2, from_nir
    from neuro.memories import HebbianMemory, HippocampalMemory, ModernHopfield, SwarmMemory
    from neuro.models import (
        ADAPTIVE_LIF,
        LIF_DELTA,
        LIF_EXPONENTIAL,
        Method,
        NeuronModel,
        SynapseModel,
        pair_stdp,
        static_synapse,
    )
    from neuro.motifs import winner_take_all
    from neuro.quantise import quantise
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
    from neuro.simulators.brian2.reference import to_brian2
    from neuro.spikes import Recording, Spikes
    from neuro.storage import load_circuit, load_memory, save_circuit, save_memory
    from neuro.training import ContrastiveEncoderTrainer, KWTATransformer, train_encoder
    from rtl_export import export, synthesise, verify
    from rtl_export.exploration import explore

__all__ = [
    "ADAPTIVE_LIF",
    "Brian2Lowered",
    "Brian2Reference",
    "Checkpoint",
    "Circuit",
    "CircuitError",
    "Compiled",
    "Connections",
    "ContrastiveEncoderTrainer",
    "CurrentInput",
    "FixedPoint",
    "HebbianMemory",
    "HippocampalMemory",
    "InvalidInput",
    "KWTAEncoder",
    "KWTATransformer",
    "LIF_DELTA",
    "LIF_EXPONENTIAL",
    "LearnedEncoder",
    "Method",
    "ModernHopfield",
    "NeuromorphicSearch",
    "NeuronModel",
    "NewRecord",
    "NumericalError",
    "Operation",
    "Population",
    "Probe",
    "Projection",
    "RecallSettings",
    "Recording",
    "Restart",
    "Simulation",
    "SpikeIndex",
    "SpikeSource",
    "SpikeloomError",
    "Spikes",
    "SwarmMemory",
    "SynapseModel",
    "TextMemory",
    "ToolError",
    "UnsupportedByTarget",
    "VerificationError",
    "Winners",
    "build_index",
    "build_search",
    "codes_from_spikes",
    "compose",
    "explore",
    "export",
    "find_embedder",
    "from_brian2",
    "from_nir",
    "load_circuit",
    "load_index",
    "load_memory",
    "pair_stdp",
    "quantise",
    "save_circuit",
    "save_index",
    "save_memory",
    "simulate",
    "simulate_batch",
    "spreading_circuit",
    "static_synapse",
    "synthesise",
    "to_brian2",
    "train_encoder",
    "verify",
    "winner_take_all",
]

if not TYPE_CHECKING:
    from importlib import import_module

    _HOMES = {
        "hnsw_bridge": "NeuromorphicSearch RecallSettings SpikeIndex TextMemory build_index build_search "
        "find_embedder load_index save_index spreading_circuit",
        "hnsw_bridge.text.records": "NewRecord",
        "neuro.circuit": "Circuit Connections CurrentInput Operation Population Probe "
        "Projection Restart SpikeSource Winners compose",
        "neuro.encoders": "KWTAEncoder LearnedEncoder codes_from_spikes",
        "neuro.errors": "CircuitError InvalidInput NumericalError SpikeloomError "
        "ToolError UnsupportedByTarget VerificationError",
        "neuro.interop": "from_brian2 from_nir",
        "neuro.memories": "HebbianMemory HippocampalMemory ModernHopfield SwarmMemory",
        "neuro.models": "ADAPTIVE_LIF LIF_DELTA LIF_EXPONENTIAL Method NeuronModel "
        "SynapseModel pair_stdp static_synapse",
        "neuro.motifs": "winner_take_all",
        "neuro.quantise": "quantise",
        "neuro.simulators": "Brian2Lowered Brian2Reference Checkpoint Compiled FixedPoint "
        "Simulation simulate simulate_batch",
        "neuro.simulators.brian2.reference": "to_brian2",
        "neuro.spikes": "Recording Spikes",
        "neuro.storage": "load_circuit load_memory save_circuit save_memory",
        "neuro.training": "ContrastiveEncoderTrainer KWTATransformer train_encoder",
        "rtl_export": "export synthesise verify",
        "rtl_export.exploration": "explore",
    }
    _HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

    def __getattr__(name: str):
        """Import a public name when it is first used: the door itself loads nothing."""
        if name not in _HOME:
            from difflib import get_close_matches

            near = "".join(f"; did you mean {known!r}?" for known in get_close_matches(name, __all__, 1))
            raise AttributeError(f"module 'spikeloom' has no attribute {name!r}{near}")
        value = globals()[name] = getattr(import_module(_HOME[name]), name)
        return value

    def __dir__():
        return __all__
