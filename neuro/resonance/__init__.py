"""Networks of resonators: layers of undisturbed oscillators that spike, trained by torch (extra ``train``)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuro.resonance.cascade import CascadeTrainer
    from neuro.resonance.factories import create_classifier, create_resonance_model, estimate_resources
    from neuro.resonance.heads import LongContextResonanceNet, ResonanceClassifier, ResonanceLanguageModel
    from neuro.resonance.layer import ResonantLayer
    from neuro.resonance.methods import Fft, ResonatorStep, Scan
    from neuro.resonance.network import ResonanceConfig
    from neuro.resonance.phasor_stream import PhasorStream
    from neuro.resonance.trainer import ResonanceTrainer

__all__ = [
    "CascadeTrainer",
    "Fft",
    "LongContextResonanceNet",
    "PhasorStream",
    "ResonanceClassifier",
    "ResonanceConfig",
    "ResonanceLanguageModel",
    "ResonanceTrainer",
    "ResonantLayer",
    "ResonatorStep",
    "Scan",
    "create_classifier",
    "create_resonance_model",
    "estimate_resources",
]

_HOME = {
    **dict.fromkeys(("create_classifier", "create_resonance_model", "estimate_resources"), "factories"),
    **dict.fromkeys(("LongContextResonanceNet", "ResonanceClassifier", "ResonanceLanguageModel"), "heads"),
    **dict.fromkeys(("Fft", "ResonatorStep", "Scan"), "methods"),
    "CascadeTrainer": "cascade",
    "PhasorStream": "phasor_stream",
    "ResonanceConfig": "network",
    "ResonanceTrainer": "trainer",
    "ResonantLayer": "layer",
}

if not TYPE_CHECKING:

    def __getattr__(name):
        """Import a public name, and with it torch, when it is first used."""
        if name not in _HOME:
            raise AttributeError(f"module 'neuro.resonance' has no attribute {name!r}")
        return getattr(import_module(f"neuro.resonance.{_HOME[name]}"), name)

    def __dir__():
        return __all__
