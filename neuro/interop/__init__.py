"""Models and values in the forms of other tools: Brian2 networks in and out, NIR networks in, quantities as numbers."""

from __future__ import annotations

from neuro.interop.brian2 import Brian2Reading, from_brian2, read_brian2
from neuro.interop.nir import from_nir
from neuro.interop.quantity import quantity_dimension, quantity_from_si
from neuro.simulators.brian2.recorder import Brian2Network
from neuro.simulators.brian2.reference import to_brian2

__all__ = [
    "Brian2Network",
    "Brian2Reading",
    "from_brian2",
    "from_nir",
    "quantity_dimension",
    "quantity_from_si",
    "read_brian2",
    "to_brian2",
]
