"""Integer intervals: how large a value can become, and so how many bits a wire needs.

Every wire of the generated Verilog is as wide as its interval asks for, so no intermediate value ever wraps.
Bounds are Python integers and unlimited.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from neuro.errors import InvalidInput


def signed_width(low: int, high: int) -> int:
    """Bits of the smallest two's complement number that holds ``low`` to ``high``, sign included; at least 1."""
    return max((value if value >= 0 else ~value).bit_length() + 1 for value in (low, high))


def unsigned_width(high: int) -> int:
    """Bits of the smallest unsigned number that holds 0 to ``high``; at least 1."""
    return max(high.bit_length(), 1)


@dataclass(frozen=True, slots=True)
class Interval:
    """All integers from ``low`` to ``high``, both included.

    Raises:
        InvalidInput: ``low`` is above ``high``.
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise InvalidInput(f"an interval from {self.low} to {self.high} holds nothing; low <= high is allowed")

    @classmethod
    def of(cls, values: Iterable[int]) -> Interval:
        """The smallest interval that holds all of the values; there must be one at least."""
        listed = [int(value) for value in values]
        return cls(min(listed), max(listed))

    @property
    def width(self) -> int:
        """Bits of a signed wire that holds the interval."""
        return signed_width(self.low, self.high)

    def holds(self, other: Interval) -> bool:
        """Whether every value of ``other`` lies inside."""
        return self.low <= other.low and other.high <= self.high

    def hull(self, other: Interval) -> Interval:
        """The smallest interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __mul__(self, other: Interval) -> Interval:
        return Interval.of(a * b for a in (self.low, self.high) for b in (other.low, other.high))

    def __abs__(self) -> Interval:
        if self.low >= 0:
            return self
        return -self if self.high <= 0 else Interval(0, max(-self.low, self.high))

    def minimum(self, other: Interval) -> Interval:
        """Where ``min(a, b)`` lies."""
        return Interval(min(self.low, other.low), min(self.high, other.high))

    def maximum(self, other: Interval) -> Interval:
        """Where ``max(a, b)`` lies."""
        return Interval(max(self.low, other.low), max(self.high, other.high))

    def rounded(self, bits: int) -> Interval:
        """Where ``floor(x / 2**bits + 1/2)`` lies."""
        half = 1 << (bits - 1)
        return Interval((self.low + half) >> bits, (self.high + half) >> bits)

    def times(self, count: int) -> Interval:
        """Where the sum of up to ``count`` such values lies (none of them may come)."""
        return Interval(count * min(self.low, 0), count * max(self.high, 0))


BOOLEAN = Interval(0, 1)
"""Where a truth value lies when it is used as a number."""
