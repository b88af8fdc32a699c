"""Networks of resonators: layers of undisturbed oscillators that spike, trained by torch (extra ``train``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuro.resonance.cascade import CascadeReport, CascadeTrainer, TierReport
    from neuro.resonance.episodes import EpisodicMemory
    from neuro.resonance.factories import (
        SIZES,
        Size,
        create_classifier,
        create_long_context_model,
        create_resonance_model,
        estimate_resources,
        parameter_count,
        size_named,
    )
    from neuro.resonance.heads import LongContextResonanceNet, ResonanceClassifier, ResonanceLanguageModel
    from neuro.resonance.layer import ResonantLayer
    from neuro.resonance.methods import Fft, ResonanceMethod, ResonantState, ResonatorStep, Scan
    from neuro.resonance.network import ResonanceConfig, ResonanceNet
    from neuro.resonance.phasor_stream import PhasorStream
    from neuro.resonance.trainer import ResonanceReport, ResonanceTrainer

__all__ = [
    "CascadeReport",
    "CascadeTrainer",
    "EpisodicMemory",
    "Fft",
    "LongContextResonanceNet",
    "PhasorStream",
    "ResonanceClassifier",
    "ResonanceConfig",
    "ResonanceLanguageModel",
    "ResonanceMethod",
    "ResonanceNet",
    "ResonanceReport",
    "ResonanceTrainer",
    "ResonantLayer",
    "ResonantState",
    "ResonatorStep",
    "SIZES",
    "Scan",
    "Size",
    "TierReport",
    "create_classifier",
    "create_long_context_model",
    "create_resonance_model",
    "estimate_resources",
    "parameter_count",
    "size_named",
]

if not TYPE_CHECKING:
    from importlib import import_module

    _HOMES = {
        "cascade": "CascadeReport CascadeTrainer TierReport",
        "episodes": "EpisodicMemory",
        "factories": "SIZES Size create_classifier create_long_context_model create_resonance_model "
        "estimate_resources parameter_count size_named",
        "heads": "LongContextResonanceNet ResonanceClassifier ResonanceLanguageModel",
        "layer": "ResonantLayer",
        "methods": "Fft ResonanceMethod ResonantState ResonatorStep Scan",
        "network": "ResonanceConfig ResonanceNet",
        "phasor_stream": "PhasorStream",
        "trainer": "ResonanceReport ResonanceTrainer",
    }
    _HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

    def __getattr__(name):
        """Import a public name, and with it torch, when it is first used."""
        if name not in _HOME:
            raise AttributeError(f"module 'neuro.resonance' has no attribute {name!r}")
        return getattr(import_module(f"neuro.resonance.{_HOME[name]}"), name)

    def __dir__():
        return __all__
