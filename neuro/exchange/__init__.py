"""Exchange: values and models in the forms of other tools."""

from __future__ import annotations

from neuro.exchange.quantity import quantity_dimension, quantity_from_si

__all__ = ["quantity_dimension", "quantity_from_si"]
