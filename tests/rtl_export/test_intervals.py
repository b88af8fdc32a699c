"""Intervals hold exactly what their operations can give, and widths are the smallest that hold them."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.errors import InvalidInput
from rtl_export.core.intervals import Interval, signed_width, unsigned_width

small = st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(lambda pair: Interval(min(pair), max(pair)))


def members(interval: Interval) -> range:
    return range(interval.low, interval.high + 1)


@pytest.mark.parametrize(
    ("of_intervals", "of_numbers"),
    [
        (operator.add, operator.add),
        (operator.sub, operator.sub),
        (operator.mul, operator.mul),
        (Interval.minimum, min),
        (Interval.maximum, max),
    ],
)
@settings(max_examples=30)
@given(left=small, right=small)
def test_bounds_of_two_are_exact(
    of_intervals: Callable[..., Interval], of_numbers: Callable[..., int], left: Interval, right: Interval
) -> None:
    results = [of_numbers(a, b) for a in members(left) for b in members(right)]
    assert of_intervals(left, right) == Interval(min(results), max(results))


@given(interval=small, bits=st.integers(1, 5))
def test_bounds_of_one_are_exact(interval: Interval, bits: int) -> None:
    assert -interval == Interval.of(-value for value in members(interval))
    assert abs(interval) == Interval.of(abs(value) for value in members(interval))
    assert interval.rounded(bits) == Interval.of((value + 2 ** (bits - 1)) // 2**bits for value in members(interval))


@given(interval=small, count=st.integers(0, 5))
def test_a_sum_of_some_events_stays_inside(interval: Interval, count: int) -> None:
    assert interval.times(count) == Interval(count * min(interval.low, 0), count * max(interval.high, 0))


@given(st.integers(-(2**70), 2**70))
def test_widths_are_smallest(value: int) -> None:
    width = signed_width(value, value)
    assert -(2 ** (width - 1)) <= value < 2 ** (width - 1)
    assert width == 1 or not -(2 ** (width - 2)) <= value < 2 ** (width - 2)
    if value >= 0:
        assert value < 2 ** unsigned_width(value)
        assert unsigned_width(value) == 1 or value >= 2 ** (unsigned_width(value) - 1)


def test_widths_that_matter() -> None:
    assert [signed_width(value, value) for value in (0, -1, 1, -2, 127, -128, 128)] == [1, 1, 2, 2, 8, 8, 9]
    assert [unsigned_width(value) for value in (0, 1, 2, 255, 256)] == [1, 1, 2, 8, 9]


def test_an_empty_interval_is_refused() -> None:
    with pytest.raises(InvalidInput, match="an interval from 2 to 1 holds nothing; low <= high is allowed"):
        Interval(2, 1)
