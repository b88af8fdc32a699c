"""Exchange: values and models in the forms of other tools."""

from __future__ import annotations

from neuro.exchange.brian2_target import brian2_on_numpy
from neuro.exchange.quantity import quantity_dimension, quantity_from_si

__all__ = ["brian2_on_numpy", "quantity_dimension", "quantity_from_si"]
