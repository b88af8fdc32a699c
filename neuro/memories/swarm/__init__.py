"""Swarm memory: decaying associations between the elements of sets.

What people use of it is offered by :mod:`neuro.memories`.
"""

__all__: list[str] = []
