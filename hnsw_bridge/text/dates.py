"""Dates that a text states, as spans of time: "7 May 2023", "2023-05-07", "in May 2023", "last week", "3 days ago".

All of them are read as UTC. What is relative, or lacks its year, is read as seen from a moment: the question's own, or
the moment at which a record was created; "in May" is then the last May that had begun.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hnsw_bridge.text.tokenizer import normalised

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR, _DAY = r"(?P<year>(?:1[6-9]|20)\d\d)", r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_NUMBERS = ("a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_UNIT_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_BEFORE_MONTH = "in|of|during|since|until|before|after|by|early|late|mid|this|last"


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
