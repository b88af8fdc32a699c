"""The reader of Brian2 networks carries a network that somebody wrote over into a circuit, or refuses it by name."""

from __future__ import annotations

from neuro.interop.brian2.network import Brian2Reading, from_brian2, read_brian2

__all__ = ["Brian2Reading", "from_brian2", "read_brian2"]
