"""Hebbian memories over sparse codes, and their circuits.

What people use of it is offered by :mod:`neuro.memories`.
"""

__all__: list[str] = []
