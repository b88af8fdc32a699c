"""Hippocampal memory: nearest cues, attention over them, Hebbian links for what lies further.

What people use of it is offered by :mod:`neuro.memories`.
"""

__all__: list[str] = []
