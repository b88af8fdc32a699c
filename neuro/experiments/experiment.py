"""What an experiment is and what it leaves: a run from a seed, rows that thresholds judge, plots, and their folder.

A threshold is stated with the experiment, before the run, and never handed to the code it judges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from neuro.arrays import JSONValue
from neuro.errors import InvalidInput
from neuro.progress import Stages
from neuro.storage import check_output_folder, is_untouched, output_folder, write_json, write_manifest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = ("Row", "Value ", "Threshold ", "Met", "Published ", "Source")
_MADE_BY = "spikeloom experiment"
_ROWS = "result.json"
_PACKAGES = ("spikeloom", "brian2", "numba", "numpy")
_DPI = 120


class Better(Enum):
    """Which side of a threshold is good."""

    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class MetricThreshold:
    """What a row has to reach."""

    value: float
    better: Better

    def met(self, value: float) -> bool:
        """Whether a value reaches the threshold; NaN reaches none."""
        return value >= self.value if self.better is Better.AT_LEAST else value <= self.value


def at_least(value: float) -> MetricThreshold:
    """A threshold that a row has to reach or pass."""
    return MetricThreshold(value, Better.AT_LEAST)


def at_most(value: float) -> MetricThreshold:
    """A threshold that a row must not pass."""
    return MetricThreshold(value, Better.AT_MOST)


@dataclass(frozen=True, slots=True)
class Published:
    """A figure from the literature, in the unit of its row, and where it stands."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of an experiment.

    Args:
        name: words joined by hyphens, unique in the result.
        value: in ``unit``; NaN where it is not defined, which misses every threshold.
        unit: e.g. ``"Hz"``; ``""`` for none.
        threshold: what it has to reach; None where it is only reported.
        published: the same metric in the literature.
        samples: the numbers behind the value, by what was measured.
        note: how it was measured.
    """

    name: str
    value: float
    unit: str = ""
    threshold: MetricThreshold | None = None
    published: Published | None = None
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the value reaches the threshold; None without one."""
        return None if self.threshold is None else self.threshold.met(self.value)

    def record(self) -> dict[str, JSONValue]:
        """The row as a bench writes it, with what was published; None stands for a number that is not finite."""
        threshold, published = self.threshold, self.published
        return {
            "name": self.name,
            "value": _finite(self.value),
            "unit": self.unit,
            "bar": None if threshold is None else threshold.value,
            "better": None if threshold is None else threshold.better.value,
            "met": self.met,
            "published": None if published is None else {"value": published.value, "source": published.source},
            "samples": {what: [_finite(value) for value in values] for what, values in self.samples.items()},
            "note": self.note,
        }


Plot = Callable[[], "Axes"]
"""Draws a plot with :mod:`neuro.analysis.plots` and returns (some of) its axes."""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What an experiment found.

    Args:
        rows: in the order to show them.
        seeds: that it used.
        plots: name -> what draws it; the name becomes that of the file.

    Raises:
        InvalidInput: two rows have one name.
    """

    rows: Sequence[Row]
    seeds: Sequence[int]
    plots: Mapping[str, Plot] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(self.rows))
        object.__setattr__(self, "seeds", tuple(self.seeds))
        object.__setattr__(self, "plots", MappingProxyType(dict(self.plots)))
        names = [row.name for row in self.rows]
        if len(set(names)) < len(names):
            raise InvalidInput(f"rows {names} of a result share a name; give each row its own")

    @property
    def missed(self) -> tuple[str, ...]:
        """Names of the rows that do not reach their threshold."""
        return tuple(row.name for row in self.rows if row.met is False)

    def row(self, name: str) -> Row:
        """The row of that name.

        Raises:
            InvalidInput: there is none.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise InvalidInput(f"there is no row {name!r}; there are {', '.join(row.name for row in self.rows)}")


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment from the literature.

    Args:
        name: for the command line.
        summary: one sentence.
        source: the paper.
        run: takes the seed of everything random and the stages to report to.
    """

    name: str
    summary: str
    source: str
    run: Callable[[int, Stages], Result]


def run_to_folder(
    experiment: Experiment, seed: int, folder: Path, stages: Stages
) -> tuple[Result, dict[str, JSONValue]]:
    """Run an experiment and leave a folder with ``result.json`` and one PNG a plot; gives the result and its record.

    An earlier run's folder is replaced as long as nobody touched its files; the new one appears whole or not at all.

    Raises:
        InvalidInput: the folder holds something else or can't be written; nothing was run.
        ToolError: matplotlib is not installed; nothing was run.
    """
    from neuro.analysis.plots import new_axes

    new_axes()  # Says at once, not after the run, that there is no matplotlib.
    check_output_folder(folder, _ours)
    result = experiment.run(seed, stages)
    report: dict[str, JSONValue] = {
        "experiment": experiment.name,
        "summary": experiment.summary,
        "source": experiment.source,
        "seeds": list(result.seeds),
        "versions": {name: _version(name) for name in _PACKAGES},
        "seconds": {stage: round(took, 3) for stage, took in stages.seconds.items()},
        "rows": [row.record() for row in result.rows],
    }
    with output_folder(folder, _ours) as staging, stages.stage("Draw the plots"):
        write_json(staging / _ROWS, report)
        save_plots(result, staging)
        write_manifest(staging, _MADE_BY)
    return result, report


def save_plots(result: Result, folder: Path) -> list[Path]:
    """Draw every plot of a result as PNG into a folder that exists."""
    from neuro.analysis.plots import figure_of

    saved = []
    for name, draw in result.plots.items():
        path = folder / f"{name}.png"
        figure_of(draw()).savefig(path, dpi=_DPI)
        saved.append(path)
    return saved


def cells(result: Result) -> list[tuple[str, ...]]:
    """The rows as text, for :data:`COLUMNS`."""
    marks = {True: "yes", False: "NO", None: ""}
    return [
        (
            row.name,
            f"{number_text(row.value)} {row.unit}".strip(),
            "" if row.threshold is None else f"{row.threshold.better.value} {row.threshold.value:g}",
            marks[row.met],
            "" if row.published is None else number_text(row.published.value),
            "" if row.published is None else row.published.source,
        )
        for row in result.rows
    ]


def number_text(value: float) -> str:
    """A number for people: whole ones in full, others to four digits."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def _finite(value: float) -> float | None:
    """A plain number that JSON can hold."""
    return float(value) if math.isfinite(value) else None


def _ours(folder: Path) -> bool:
    return is_untouched(folder, _MADE_BY)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
