"""Every error that Spikeloom raises on purpose.

The tree::

    SpikeloomError
    ├── InvalidInput (also ValueError)   what the caller gave can't be used
    │   ├── CircuitError                 a circuit contradicts itself
    │   └── EquationError                an equation is outside the supported language
    ├── UnsupportedByTarget              right, but this target can't do it
    ├── NumericalError                   a state stopped being a number
    ├── ToolError                        an outside program is missing, failed or hung
    └── VerificationError                two targets that must be equal differ

Each message says what was given, what is allowed and what to try.
"""

from __future__ import annotations


class SpikeloomError(Exception):
    """Base of all errors of this project."""


class InvalidInput(SpikeloomError, ValueError):
    """What the caller gave can't be used; nothing was changed."""


class CircuitError(InvalidInput):
    """A circuit description contradicts itself."""


class EquationError(InvalidInput):
    """An equation, statement or unit is outside the supported language."""


class UnsupportedByTarget(SpikeloomError):
    """A circuit is right, but one target can't run a feature of it.

    Args:
        feature: what the circuit asks for, e.g. ``"function exp in population 'a'"``.
        target: who can't do it, e.g. ``"fixed point"``.
        instead: what to do about it.
    """

    def __init__(self, feature: str, target: str, instead: str) -> None:
        self.feature = feature
        self.target = target
        self.instead = instead
        super().__init__(f"{target} does not support {feature}; {instead}")


class NumericalError(SpikeloomError):
    """A state became NaN or infinite; the message names neuron and tick."""


class ToolError(SpikeloomError):
    """An outside program is missing, failed or hung."""


class VerificationError(SpikeloomError):
    """Two targets that must be equal differ."""
