"""Findings: one figure of an experiment, with its bar and what was published."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Side(Enum):
    """Which side of a bar is good."""

    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure of an experiment.

    Args:
        name: words joined by hyphens, unique in the result.
        value: in ``unit``; NaN where it is not defined, which reaches no bar.
        unit: e.g. ``"Hz"``; ``""`` for none.
        bar: what it has to reach, stated before the run; None where it is only reported.
        better: the good side of the bar.
        published: the same figure in the literature; None where there is none.
        source: of the published figure, or of the effect.
        note: how it was measured.
    """

    name: str
    value: float
    unit: str = ""
    bar: float | None = None
    better: Side = Side.AT_LEAST
    published: float | None = None
    source: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the value reaches the bar; None without one."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.better is Side.AT_LEAST else self.value <= self.bar
