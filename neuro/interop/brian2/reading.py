"""What the readers of a Brian2 network share: the clock, outside names, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, Quantity, Value
from neuro.errors import EquationError, UnsupportedByTarget
from neuro.interop.quantity import quantity_dimension

if TYPE_CHECKING:
    from brian2 import Function, Group, TimedArray
    from brian2.units.fundamentalunits import Dimension

    Namespace = Mapping[str, Value | Function | TimedArray]
    """What code may name: constants, functions and timed arrays, such as ``locals()``."""

BRIAN2_NAMES = frozenset({"dt", "t", "not_refractory", "lastspike", "lastupdate", "t_in_timesteps"})
"""Names that the lowering knows or refuses by itself."""


_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One reading of a network.

    Args:
        dt: length of a tick in seconds.
        start: ticks that the network has run already.
        namespace: outside names beside those of the groups.
        ticks: how long stimuli must last that are drawn or repeated beforehand; None: not known.
        rng: for what is drawn beforehand; None: not given.
        notes: one line for each thing that is left out.
        seed: the circuit's.
    """

    dt: float
    start: int
    namespace: Namespace
    ticks: int | None = None
    rng: np.random.Generator | None = None
    notes: list[str] = field(default_factory=list)
    seed: int = 0

    @property
    def clock_names(self) -> dict[str, str]:
        """What stands for Brian2's names of the time in a circuit, whose ticks count from here."""
        if not self.start:
            return {}
        tick, past = f"(t_in_timesteps + {self.start})", f"{self.start * self.dt!r}*second"
        return {"t": f"({tick} * dt)", "t_in_timesteps": tick, "lastspike": f"(lastspike + {past})"}

    @property
    def moving_clock_names(self) -> dict[str, str]:
        """The same where a method reads the time inside of a tick."""
        return self.clock_names | ({"t": f"(t + {self.start * self.dt!r}*second)"} if self.start else {})

    def ticks_of(self, seconds: float, what: str) -> int:
        """A time that must be a whole number of ticks, at least one."""
        every = round(seconds / self.dt)
        if every < 1 or abs(every * self.dt - seconds) > _ROUNDING * seconds:
            refuse(f"{what} every {seconds:g} s", f"take a whole multiple of {self.dt:g} s")
        return every


def refuse(feature: str, instead: str) -> NoReturn:
    """Say what can't be carried over, and what to do."""
    raise UnsupportedByTarget(feature, "from_brian2", instead)


def needed_ticks(reading: Reading, what: str) -> int:
    """The duration, where something needs one."""
    if reading.ticks is None:
        refuse(f"{what} without a duration", "give from_brian2(..., duration=...), the time you are going to run")
    return reading.ticks


def needed_generator(reading: Reading, what: str) -> np.random.Generator:
    """The random generator, where something is drawn."""
    if reading.rng is None:
        refuse(f"{what} without a seed", "give from_brian2(..., seed=...): its spikes are drawn beforehand")
    return reading.rng


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """Outside names of one group's code, by what they are."""

    constants: Mapping[str, Quantity]
    arrays: Mapping[str, TimedArray]


def outside_names(group: Group, names: Iterable[str], reading: Reading) -> Outside:
    """Resolve names that a group does not declare, by Brian2's own rules.

    Raises:
        EquationError: a name is nowhere.
        UnsupportedByTarget: a function of the user's own.
    """
    from brian2 import TimedArray
    from brian2.core.functions import DEFAULT_FUNCTIONS, Function
    from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS
    from brian2.units.fundamentalunits import Quantity as Brian2Quantity

    constants, arrays = {}, {}
    for name in sorted(set(names) - BRIAN2_NAMES):
        if name in DEFAULT_UNITS or name in DEFAULT_CONSTANTS or name == "xi" or name.startswith("xi_"):
            continue
        if name in group.variables:
            refuse(f"{name!r}, which {group.name!r} has outside its equations", "declare it in the equations")
        try:
            found = group._resolve_external(name, run_namespace=dict(reading.namespace), user_identifier=False)
        except KeyError:
            raise EquationError(
                f"the code of {group.name!r} reads {name!r}, which is not in the group's namespace; "
                "give from_brian2(..., namespace=locals()) where it is defined"
            ) from None
        if isinstance(found, TimedArray):
            arrays[name] = found
        elif isinstance(found, Function):
            if name not in DEFAULT_FUNCTIONS:
                refuse(f"the function {name!r} of your own in {group.name!r}", "write it out in the equations")
        else:
            constants[name] = Brian2Quantity(float(found.get_value()), dim=found.dim)
    return Outside(constants, arrays)


def parent(group: Group) -> Group:
    """The whole group of a subgroup."""
    return group.source if type(group).__name__ == "Subgroup" else group


def unit_values(names: Iterable[str]) -> dict[str, float]:
    """The values of those names that are Brian2's units or constants."""
    from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS

    return {name: float(DEFAULT_UNITS[name]) for name in names if name in DEFAULT_UNITS} | {
        name: float(DEFAULT_CONSTANTS[name].value) for name in names if name in DEFAULT_CONSTANTS
    }


def uniform_value(values: npt.ArrayLike) -> float | FloatArray:
    """One number where all are equal, else the float array."""
    array = np.array(values, dtype=np.float64).reshape(-1)
    if array.size and np.all(array == array[0]):
        return float(array[0])
    return array


def unit_text(dimension: Dimension) -> str:
    """A dimension as Brian2's equations accept it.

    >>> from brian2 import cm, siemens, uvolt
    >>> from brian2.units.fundamentalunits import DIMENSIONLESS
    >>> unit_text(DIMENSIONLESS), unit_text(uvolt.dim), unit_text((siemens / cm).dim)
    ('1', 'volt', 'metre ** -3 * kilogram ** -1 * second ** 3 * amp ** 2')
    """
    from brian2.units.fundamentalunits import get_unit

    unit = get_unit(dimension)
    if dimension.is_dimensionless:
        return "1"
    if repr(unit).isalpha():
        return repr(unit)
    exponents = quantity_dimension(unit) or ()
    names = ("metre", "kilogram", "second", "amp", "kelvin", "mole", "candela")
    return " * ".join(f"{name} ** {exponent:g}" for name, exponent in zip(names, exponents, strict=True) if exponent)
