"""Exchange: values and models in the forms of other tools.

Brian2 both ways: :func:`from_brian2` reads a network that somebody wrote, :func:`to_brian2` writes one with units, its
groups and synapses by the names of the circuit (:class:`Brian2Network`). NIR in: :func:`from_nir`.
"""

from __future__ import annotations

from neuro.interop.brian2.network import Brian2Reading, from_brian2, read_brian2
from neuro.interop.nir import from_nir
from neuro.interop.quantity import quantity_dimension, quantity_from_si

__all__ = [
    "Brian2Reading",
    "from_brian2",
    "from_nir",
    "quantity_dimension",
    "quantity_from_si",
    "read_brian2",
]
