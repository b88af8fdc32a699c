"""Dates in texts, held against the calendar of the standard library."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnsw_bridge.text.dates import Span, stated_dates

NOW = datetime(2023, 5, 8, 12, tzinfo=UTC).timestamp()


def days(span: Span) -> tuple[date, date]:
    """The first day and the last."""
    first, end = (datetime.fromtimestamp(moment, UTC) for moment in (span.start, span.end))
    return first.date(), (end - timedelta(seconds=1)).date()


@given(
    st.dates(date(1600, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d of %b %Y"]),
)
def test_a_day_is_read_in_every_form(day: date, form: str) -> None:
    assert [days(span) for span in stated_dates(f"It was on {day.strftime(form)}.", NOW)] == [(day, day)]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("in May 2022", date(2022, 5, 1), date(2022, 5, 31)),
        ("in May", date(2023, 5, 1), date(2023, 5, 31)),
        ("during June", date(2022, 6, 1), date(2022, 6, 30)),
        ("in 1999", date(1999, 1, 1), date(1999, 12, 31)),
        ("since December 2020", date(2020, 12, 1), date(2020, 12, 31)),
        ("yesterday", date(2023, 5, 7), date(2023, 5, 7)),
        ("3 days ago", date(2023, 5, 5), date(2023, 5, 5)),
        ("In \uff2d\uff41\uff59 2022", date(2022, 5, 1), date(2022, 5, 31)),
        ("May 1st", date(2023, 5, 1), date(2023, 5, 1)),
        ("born 4 March 1931, before 1970", date(1931, 3, 4), date(1931, 3, 4)),
    ],
)
def test_spans(text: str, first: date, last: date) -> None:
    assert days(stated_dates(text, NOW)[0]) == (first, last)


@pytest.mark.parametrize(
    "text", ["what may happen", "30 February 2023", "2023-13-45", "room 2023", "9999-12-31", "march on", ""]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert stated_dates(text, NOW) == ()
    assert stated_dates("yesterday", 1e300) == ()


def test_spans_meet() -> None:
    (may,), (day,) = stated_dates("in May 2023", NOW), stated_dates("2023-05-31", NOW)
    assert may.meets(day)
    assert may.holds(day.start)
    assert not may.holds(may.end)
    assert not may.meets(Span(may.end, may.end + 1))
