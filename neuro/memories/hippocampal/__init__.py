"""Hippocampal memory: nearest cues, attention over them, Hebbian links for what lies further."""

from __future__ import annotations

from neuro.memories.hippocampal.cue_index import CueIndex, ExactCues
from neuro.memories.hippocampal.hippocampal import HippocampalMemory, HippocampalSettings
from neuro.memories.hippocampal.links import MemoryLinks

__all__ = ["CueIndex", "ExactCues", "HippocampalMemory", "HippocampalSettings", "MemoryLinks"]
