"""Swarm memory: decaying associations between the elements of sets."""

from __future__ import annotations

from neuro.memories.swarm.parameters import RhoRule, SwarmParameters
from neuro.memories.swarm.swarm import Gate, SwarmCompletion, SwarmMemory

__all__ = ["Gate", "RhoRule", "SwarmCompletion", "SwarmMemory", "SwarmParameters"]
