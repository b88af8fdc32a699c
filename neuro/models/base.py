"""What a neuron or synapse model is: Brian2 equation text and parameters, as frozen data.

A new model is one new file beside this one that holds nothing but such a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from neuro.arrays import FrozenMapping, Value


class Method(Enum):
    """How differential equations are integrated over one tick.

    EXACT: matrix exponential of a linear system. EULER: x + dt f(x), forward; with noise Euler-Maruyama (Ito).
    EXPONENTIAL_EULER: exact in each variable while the others stand still, for equations linear in their own
    variable (Hodgkin-Huxley). RK2: midpoint. RK4: the classical one. HEUN: Euler, noise by Heun (Stratonovich).
    MILSTEIN: Euler, noise by Milstein's derivative-free method (Stratonovich), one xi of its own in each equation.
    The names and formulas are Brian2's.
    """

    EXACT = "exact"
    EULER = "euler"
    EXPONENTIAL_EULER = "exponential_euler"
    RK2 = "rk2"
    RK4 = "rk4"
    HEUN = "heun"
    MILSTEIN = "milstein"


@dataclass(frozen=True, slots=True, eq=False)
class NeuronModel:
    """A neuron, in Brian2's equation language.

    Args:
        equations: differential equations, subexpressions and parameters with their units. A parameter flagged
            ``(constant)`` is a number of the model (shared or per neuron); one without is a variable that
            synapses and inputs may write. ``(unless refractory)`` holds a variable while refractory.
        threshold: a condition such as ``"v > v_threshold"`` or ``"v >= 1 and u < 2"``; None for a population that never
            fires. A population with :class:`~neuro.circuit.circuit.Winners` needs the form ``"left > right"``.
        reset: statements run on the neurons that fired; ``""`` for none.
        refractory: seconds (number or Brian2 quantity), or None; or a text: a condition such as ``"v > 20*mV"``, which
            holds a neuron from its spike on until it is false, or a time that is worked out anew at every tick.
        method: integration method.
        every_tick: statements run on every neuron at the end of each tick, after the resets.
        parameters: defaults, name -> number in SI units or Brian2 quantity.
        initial: default start values of states, the same forms or the name of a parameter.
    """

    equations: str
    threshold: str | None = None
    reset: str = ""
    refractory: Value | str | None = None
    method: Method = Method.EXACT
    every_tick: str = ""
    parameters: Mapping[str, Value] = field(default_factory=dict)
    initial: Mapping[str, Value | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", FrozenMapping(self.parameters))
        object.__setattr__(self, "initial", FrozenMapping(self.initial))


@dataclass(frozen=True, slots=True, eq=False)
class SynapseModel:
    """A synapse, in Brian2's equation language.

    Args:
        equations: synaptic variables and parameters with their units, e.g. ``"w : volt"``.
        on_pre: statements for each arriving presynaptic spike, e.g. ``"g_post += w"``.
        on_post: statements for each postsynaptic spike, at its tick, e.g. ``"w = clip(w + trace, 0, 1)"``.
        method: integration method of ``(clock-driven)`` equations; ``(event-driven)`` ones are linear, and exact.
        parameters: defaults, name -> number in SI units or Brian2 quantity.
    """

    equations: str
    on_pre: str = ""
    on_post: str = ""
    parameters: Mapping[str, Value] = field(default_factory=dict)
    method: Method = Method.EXACT

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", FrozenMapping(self.parameters))
