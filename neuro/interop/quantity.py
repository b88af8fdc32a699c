"""Brian2 quantities as plain numbers: SI values and the exponents of the seven base units, and back."""

from __future__ import annotations

from neuro.arrays import Quantity, Value

Exponents = tuple[float, float, float, float, float, float, float]
"""Of metre, kilogram, second, ampere, kelvin, mole and candela, in Brian2's order."""


def quantity_dimension(value: Value) -> Exponents | None:
    """The dimension of a Brian2 quantity (``20*ms``: 1 in third place); None for plain numbers, arrays."""
    if not hasattr(value, "dim"):
        return None  # Brian2 is not even imported for these.
    from brian2.units.fundamentalunits import get_dimensions

    dimension = get_dimensions(value)
    names = ("length", "mass", "time", "current", "temperature", "substance", "luminosity")
    metre, kilogram, second, ampere, kelvin, mole, candela = (float(dimension.get_dimension(name)) for name in names)
    return metre, kilogram, second, ampere, kelvin, mole, candela


def quantity_from_si(values: Value, exponents: Exponents) -> Quantity:
    """The Brian2 quantity of an SI value (number or array) with the given dimension."""
    from brian2.units.fundamentalunits import Quantity as Brian2Quantity
    from brian2.units.fundamentalunits import get_or_create_dimension

    quantity: Quantity = Brian2Quantity(values, dim=get_or_create_dimension(list(exponents)))
    return quantity
