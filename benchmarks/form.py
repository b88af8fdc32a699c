"""The form of a bench: rows that measure, thresholds that judge, apart from each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neuro.errors import VerificationError
from neuro.experiments.experiment import Better, MetricThreshold
from neuro.experiments.experiment import number_text as figure
from neuro.progress import Stages

__all__ = ["Bench", "Better", "Measured", "Row", "MetricThreshold", "checked", "figure"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a row found.

    Args:
        value: the metric, in ``unit``.
        equal: the equality that was checked before anything was measured.
        samples: all repeats behind the value, by what was run, in the unit that the note names.
        peer, peer_value: whom it is held against, and its metric in the same unit.
        note: how it was measured.
    """

    value: float
    unit: str
    equal: str
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    peer: str | None = None
    peer_value: float | None = None
    note: str = ""


Row = Callable[[Any], Measured]


@dataclass(frozen=True, slots=True)
class Bench:
    """A bench: rows by name, over one shared preparation.

    Args:
        name: for the command line.
        prepare: makes what the rows share, given the stages to report to.
        rows: name -> what measures it; each takes what ``prepare`` made.
        seeds: that the rows use.
        needs: row -> the environment variable that it can't do without; unset, the row is not run.
    """

    name: str
    prepare: Callable[[Stages], Any]
    rows: Mapping[str, Row]
    seeds: tuple[int, ...]
    needs: Mapping[str, str] = field(default_factory=dict)


def checked(equal: bool, what: str) -> str:
    """The statement, if it holds; a bench never times two things that are not the same.

    Raises:
        VerificationError: it does not hold.
    """
    if not equal:
        raise VerificationError(f"a bench compares unequal things: not so that {what}")
    return what
