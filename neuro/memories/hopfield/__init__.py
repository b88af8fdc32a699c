"""Modern Hopfield memory: attention over stored patterns, its capacity and its circuit.

What people use of it is offered by :mod:`neuro.memories`.
"""

__all__: list[str] = []
