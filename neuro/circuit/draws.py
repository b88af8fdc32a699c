"""Numbers drawn for every synapse, from a seed: weights and delays that are kept as a rule until somebody reads them.

``Projection(..., parameters={"w": Normal(87e-12, 9e-12, seed=1)})`` draws one number a synapse: the number of synapse
s is a function of the seed and of s, the same on every target.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, FloatArray
from neuro.checks import is_number, is_whole
from neuro.counter_hash import stream_seed
from neuro.errors import CircuitError

if TYPE_CHECKING:
    from neuro.arrays import Value

_LEAST_SHARE = 1e-3
_FARTHEST = 8.6
"""Standard deviations that a normal number from 53 random bits stays below."""


@dataclass(frozen=True, slots=True)
class Uniform:
    """Numbers of equal probability between two.

    Args:
        low, high: the ends, SI numbers.
        step: numbers are rounded to whole multiples of it; 0 for none. Delays take the circuit's dt.
        seed: of the draw.

    Raises:
        CircuitError: ends that are no numbers or out of order, a negative step or seed.
    """

    low: float
    high: float
    step: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        _check(self, self.step, self.seed, low=self.low, high=self.high)
        if self.low > self.high:
            raise CircuitError(f"{self} has low above high; give the lower end first")

    @property
    def code(self) -> FloatArray:
        """What the compiled draw takes: kind, two numbers of the distribution, bounds, step."""
        return np.array([0.0, self.low, self.high, self.low, self.high, self.step])

    def __array__(self) -> AnyArray:
        raise _unbound(self)


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal numbers; what lies outside the bounds is drawn again.

    Args:
        mean, deviation: of the distribution before it is cut, SI numbers.
        low, high: the bounds.
        step: numbers are rounded to whole multiples of it, before the bounds are looked at; 0 for none. Delays take
            the circuit's dt.
        seed: of the draw.

    Raises:
        CircuitError: no numbers, a negative deviation, step or seed, or bounds that hold less than a thousandth of
            the distribution.
    """

    mean: float
    deviation: float
    low: float = -math.inf
    high: float = math.inf
    step: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        _check(self, self.step, self.seed, mean=self.mean, deviation=self.deviation)
        if self.deviation < 0:
            raise CircuitError(f"{self} has a negative deviation; 0 or above is allowed")
        below = (self.low - self.step / 2, self.high + self.step / 2)
        share = _normal_share(below[0], below[1], self.mean, self.deviation)
        if not share >= _LEAST_SHARE:
            raise CircuitError(f"{self} has bounds that hold {share:.2g} of the distribution; widen them")

    @property
    def code(self) -> FloatArray:
        """What the compiled draw takes: kind, two numbers of the distribution, bounds, step."""
        reach = _FARTHEST * self.deviation
        low, high = max(self.low, self.mean - reach), min(self.high, self.mean + reach)
        return np.array([1.0, self.mean, self.deviation, low, high, self.step])

    def __array__(self) -> AnyArray:
        raise _unbound(self)


Distribution = Uniform | Normal


def _check(draw: Distribution, step: float, seed: int, **numbers: float) -> None:
    for name, value in numbers.items():
        if not is_number(value):
            raise CircuitError(f"{type(draw).__name__} has {name} {value!r}; a finite number is allowed")
    if not is_number(step) or step < 0:
        raise CircuitError(f"{type(draw).__name__} has step {step!r}; a number >= 0 is allowed")
    if not is_whole(seed, 0):
        raise CircuitError(f"{type(draw).__name__} has seed {seed!r}; a whole number >= 0 is allowed")


def _unbound(draw: Distribution) -> CircuitError:
    return CircuitError(f"{draw} is a rule for synapses; give it to a Projection, as a parameter or the delay")


def _normal_share(low: float, high: float, mean: float, deviation: float) -> float:
    if deviation == 0:
        return float(low <= mean <= high)
    ends = (math.erf((end - mean) / (deviation * math.sqrt(2.0))) for end in (high, low))
    return 0.5 * (next(ends) - next(ends))


@dataclass(frozen=True, slots=True, eq=False)
class DrawnValues:
    """The numbers of a draw for so many synapses; an array to whoever asks for one.

    >>> np.asarray(DrawnValues(Normal(1.0, 0.0), 2)).tolist()
    [1.0, 1.0]
    """

    draw: Distribution
    size: int

    @property
    def shape(self) -> tuple[int]:
        """Of the array."""
        return (self.size,)

    @property
    def ndim(self) -> int:
        """Of the array."""
        return 1

    @property
    def stream(self) -> np.uint64:
        """The words that the draw uses."""
        return np.uint64(stream_seed(self.draw.seed, "draw") << 32 | stream_seed(self.draw.seed, "values"))

    @property
    def bounds(self) -> tuple[float, float]:
        """No number lies outside."""
        low, high = self.draw.code[3:5].tolist()
        return low, high

    @property
    def typical(self) -> float:
        """A number that may be drawn."""
        middle = float(self.draw.code[1])
        low, high = self.bounds
        value = min(max(middle, low), high)
        return round(value / self.draw.step) * self.draw.step if self.draw.step > 0 else value

    def __len__(self) -> int:
        return self.size

    def __array__(self, dtype: npt.DTypeLike = None, copy: bool | None = None) -> AnyArray:
        del copy
        values = self.fill(np.empty(self.size))
        if self.draw.step > 0:
            values *= self.draw.step
        return values if dtype is None else values.astype(dtype)

    def fill(self, out: AnyArray) -> AnyArray:
        """The numbers into an array of any dtype; counted in steps, where the draw has steps."""
        from neuro.circuit import _kernels

        _kernels.draw(self.draw.code, self.stream, out)
        return out


def drawn(value: Value, size: int) -> Value:
    """The value itself, or the numbers of a draw for so many synapses."""
    return DrawnValues(value, size) if isinstance(value, Uniform | Normal) else value


def check_grid(delays: DrawnValues, dt: float, what: str) -> None:
    """Raise CircuitError unless drawn delays are whole ticks and not negative."""
    ratio = delays.draw.step / dt
    if not ratio > 0 or abs(ratio - round(ratio)) > 1e-6:
        raise CircuitError(f"{what} is {delays.draw}, not whole ticks of {dt:g} s; give step={dt:g}")
    if delays.bounds[0] < 0:
        raise CircuitError(f"{what} is {delays.draw}, which may be negative; give low=0")
