"""Moments as users give them, and dates that a text states, as spans of time.

Stated are "7 May 2023", "2023-05-07", "in May 2023", "last week", "3 days ago".

All of them are read as UTC. What is relative, or lacks its year, is read as seen from a moment: the question's own, or
the moment at which a record was created; "in May" is then the last May that had begun.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hnsw_bridge.text.tokenizer import normalised
from neuro.errors import InvalidInput

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR, _DAY = r"(?P<year>(?:1[6-9]|20)\d\d)", r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_NUMBERS = ("a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_UNIT_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_BEFORE_MONTH = "in|of|during|since|until|before|after|by|early|late|mid|this|last"


Moment = float | str | datetime
"""Seconds since 1970, an ISO date or time, or a datetime; one without a time zone is UTC."""


def timestamp(moment: Moment, what: str = "created") -> float:
    """A moment in seconds since 1970, below 0 before that.

    Raises:
        InvalidInput: no ISO date, or a number that is not finite or more than 30,000 years away.

    >>> timestamp("1969-12-31T23:59:00Z")
    -60.0
    """
    if isinstance(moment, str):
        given = moment[:40]
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            raise InvalidInput(f"{what} is {given!r}; an ISO date such as 2026-03-01T12:00:00Z goes") from None
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not isinstance(moment, int | float) or isinstance(moment, bool) or not abs(moment) < 1e12:
        raise InvalidInput(f"{what} is {moment!r}; seconds since 1970 or an ISO date are allowed")
    return float(moment)


def iso_date(moment: float) -> str:
    """Seconds since 1970 as an ISO date and time in UTC; outside the years 1 to 9999 the number itself as text.

    >>> iso_date(-60.0)
    '1969-12-31T23:59:00+00:00'
    """
    try:
        return datetime.fromtimestamp(moment, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return repr(moment)


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time: seconds since 1970, the end not included."""

    start: float
    end: float

    def meets(self, other: Span) -> bool:
        """Whether the two have a moment in common."""
        return self.start < other.end and other.start < self.end

    def holds(self, moment: float) -> bool:
        """Whether a moment lies in it."""
        return self.start <= moment < self.end


def stated_dates(text: str, seen_from: float) -> tuple[Span, ...]:
    """The spans that a text states, in the order of their kinds; no day that the calendar lacks.

    Args:
        text: any.
        seen_from: seconds since 1970; what "yesterday" is yesterday of.
    """
    try:
        now = datetime.fromtimestamp(seen_from, UTC)
    except (OverflowError, OSError, ValueError):
        return ()
    return tuple(dict.fromkeys(_spans(normalised(text), now)))


def _spans(text: str, now: datetime) -> Iterator[Span]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rest = text
    for pattern, read in _KINDS:
        for found in pattern.finditer(rest):
            yield from read(found.groupdict(), midnight)
        # What was read as a day is not read as a month again.
        rest = pattern.sub(" ; ", rest)


def _date(parts: Mapping[str, str | None], midnight: datetime) -> Iterator[Span]:
    name, year, day = parts.get("month"), parts.get("year"), parts.get("day")
    if name is None:
        return _calendar(int(year or 0), 1, None, months=12)
    month = int(name) if name.isdecimal() else _MONTHS.index(name[:3]) + 1
    return _calendar(int(year) if year else midnight.year - (month > midnight.month), month, int(day) if day else None)


def _nearby(parts: Mapping[str, str | None], midnight: datetime) -> Iterator[Span]:
    which, unit = (parts["nearby"] or "").split(" ")[0], (parts["nearby"] or "").split(" ")[-1]
    if unit in _UNIT_DAYS:
        return _around(midnight, -_UNIT_DAYS[unit] if which == "last" else 0, _UNIT_DAYS[unit])
    return _around(midnight, -1 if unit in ("yesterday", "night") else 0, 0)


def _ago(parts: Mapping[str, str | None], midnight: datetime) -> Iterator[Span]:
    count, days = parts["count"] or "", _UNIT_DAYS[parts["unit"] or ""]
    number = int(count) if count.isdecimal() else 1 + (_NUMBERS.index(count) if count in _NUMBERS else 0)
    return _around(midnight, -number * days, days if days > 1 else 0)


def _around(midnight: datetime, offset: int, blur: int) -> Iterator[Span]:
    """The day at an offset, and half of ``blur`` days on both sides of it."""
    try:
        middle = midnight + timedelta(days=offset)
        yield _between(middle - timedelta(days=blur / 2), middle + timedelta(days=1 + blur / 2))
    except OverflowError:
        return


def _calendar(year: int, month: int, day: int | None, months: int = 1) -> Iterator[Span]:
    try:
        start = datetime(year, month, 1 if day is None else day, tzinfo=UTC)
        last = month + months
        end = datetime(year + (last - 1) // 12, (last - 1) % 12 + 1, 1, tzinfo=UTC)
        yield _between(start, end if day is None else start + timedelta(days=1))
    except (OverflowError, ValueError):
        return


def _between(start: datetime, end: datetime) -> Span:
    return Span(start.timestamp(), end.timestamp())


_Reader = Callable[[Mapping[str, str | None], datetime], Iterator[Span]]
_KINDS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (re.compile(r"\b(?P<year>\d{4})-(?P<month>\d\d)(?:-(?P<day>\d\d))?\b"), _date),
    (re.compile(rf"\b{_DAY}(?: of)? {_MONTH}\b\.?(?:,? {_YEAR}\b)?"), _date),
    (re.compile(rf"\b{_MONTH}\.? {_DAY}\b(?:,? {_YEAR}\b)?"), _date),
    (re.compile(rf"\b{_MONTH}\.?,? {_YEAR}\b"), _date),
    (re.compile(rf"\b(?:{_BEFORE_MONTH}) {_MONTH}\b"), _date),
    (re.compile(rf"\b(?:in|during|of) {_YEAR}\b"), _date),
    (re.compile(r"\b(?P<nearby>today|tonight|yesterday|last night|(?:this|last) (?:week|month|year))\b"), _nearby),
    (re.compile(rf"\b(?P<count>\d{{1,3}}|{'|'.join(_NUMBERS)}|an) (?P<unit>day|week|month|year)s? ago\b"), _ago),
)
"""Ways to state a date, the most exact first, with what reads them."""
