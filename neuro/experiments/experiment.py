"""The form of an experiment: a run from a seed, rows that bars judge, and pictures.

A bar is stated with the experiment, before the run, and never handed to the code it judges.

What an experiment leaves: a folder with its figures and its pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from neuro.errors import InvalidInput
from neuro.progress import Stages
from neuro.storage import check_output_folder, is_untouched, output_folder, write_json, write_manifest

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Better(Enum):
    """Which side of a bar is good."""

    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Bar:
    """What a row has to reach."""

    value: float
    better: Better

    def met(self, value: float) -> bool:
        """Whether a value reaches the bar; NaN reaches none."""
        return value >= self.value if self.better is Better.AT_LEAST else value <= self.value


def at_least(value: float) -> Bar:
    """A bar that a row has to reach or pass."""
    return Bar(value, Better.AT_LEAST)


def at_most(value: float) -> Bar:
    """A bar that a row must not pass."""
    return Bar(value, Better.AT_MOST)


@dataclass(frozen=True, slots=True)
class Published:
    """A figure from the literature, in the unit of its row, and where it stands."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of an experiment.

    Args:
        name: words joined by hyphens, unique in the result.
        value: in ``unit``; NaN where it is not defined, which misses every bar.
        unit: e.g. ``"Hz"``; ``""`` for none.
        bar: what it has to reach; None where it is only reported.
        published: the same figure in the literature.
        samples: the numbers behind the value, by what was measured.
        note: how it was measured.
    """

    name: str
    value: float
    unit: str = ""
    bar: Bar | None = None
    published: Published | None = None
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the value reaches the bar; None without one."""
        return None if self.bar is None else self.bar.met(self.value)

    def record(self) -> dict[str, Any]:
        """The row as a bench writes it, with what was published; None stands for a number that is not finite."""
        return {
            "name": self.name,
            "value": _finite(self.value),
            "unit": self.unit,
            "bar": None if self.bar is None else self.bar.value,
            "better": None if self.bar is None else self.bar.better.value,
            "met": self.met,
            "published": None
            if self.published is None
            else {"value": self.published.value, "source": self.published.source},
            "samples": {what: [_finite(value) for value in values] for what, values in self.samples.items()},
            "note": self.note,
        }


def judged(
    name: str,
    value: float,
    unit: str = "",
    bar: float | None = None,
    better: Better = Better.AT_LEAST,
    *,
    published: float | None = None,
    source: str = "",
    note: str = "",
) -> Row:
    """A row from plain values; a source without a published figure goes into the note."""
    return Row(
        name,
        value,
        unit,
        None if bar is None else Bar(bar, better),
        None if published is None else Published(published, source),
        note=note if published is not None or not source else f"{note}; {source}" if note else source,
    )


Picture = Callable[[], "Axes"]
"""Draws a picture with :mod:`neuro.analysis.plots` and returns (some of) its axes."""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What an experiment found.

    Args:
        rows: in the order to show them.
        seeds: that it used.
        pictures: name -> what draws it; the name becomes that of the file.

    Raises:
        InvalidInput: two rows have one name.
    """

    rows: Sequence[Row]
    seeds: Sequence[int]
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(self.rows))
        object.__setattr__(self, "seeds", tuple(self.seeds))
        object.__setattr__(self, "pictures", MappingProxyType(dict(self.pictures)))
        names = [row.name for row in self.rows]
        if len(set(names)) < len(names):
            raise InvalidInput(f"rows {names} of a result share a name; give each row its own")

    @property
    def missed(self) -> tuple[str, ...]:
        """Names of the rows that do not reach their bar."""
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


def figure(value: float) -> str:
    """A number for people: whole ones in full, others to four digits."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def _finite(value: float) -> float | None:
    """A plain number that JSON can hold."""
    return float(value) if math.isfinite(value) else None


EXPERIMENT_MADE_BY = "spikeloom experiment"
COLUMNS = ("Row", "Value ", "Bar ", "Met", "Published ", "Source")
FIGURES = "result.json"
"""The file of the folder that holds the rows."""
_PACKAGES = ("spikeloom", "brian2", "numba", "numpy")
_DPI = 120


def run_to_folder(experiment: Experiment, seed: int, folder: Path, stages: Stages) -> tuple[Result, dict[str, Any]]:
    """Run an experiment and leave a folder with ``result.json`` and one PNG a picture; gives the result and its record.

    An earlier run's folder is replaced as long as nobody touched its files; the new one appears whole or not at all.

    Raises:
        InvalidInput: the folder holds something else or can't be written; nothing was run.
        ToolError: matplotlib is not installed; nothing was run.
    """
    from neuro.analysis.plots import new_axes

    new_axes()  # Says at once, not after the run, that there is no matplotlib.
    check_output_folder(folder, _ours)
    result = experiment.run(seed, stages)
    report = result_record(experiment, result, stages.seconds)
    with output_folder(folder, _ours) as staging, stages.stage("Draw the pictures"):
        write_json(staging / FIGURES, report)
        save_pictures(result, staging)
        write_manifest(staging, EXPERIMENT_MADE_BY)
    return result, report


def save_pictures(result: Result, folder: Path) -> list[Path]:
    """Draw every picture of a result as PNG into a folder that exists."""
    from neuro.analysis.plots import figure_of

    saved = []
    for name, draw in result.pictures.items():
        path = folder / f"{name}.png"
        figure_of(draw()).savefig(path, dpi=_DPI)
        saved.append(path)
    return saved


def result_record(experiment: Experiment, result: Result, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Everything that a result says, ready for JSON."""
    return {
        "experiment": experiment.name,
        "summary": experiment.summary,
        "source": experiment.source,
        "seeds": list(result.seeds),
        "versions": {name: _version(name) for name in _PACKAGES},
        "seconds": {stage: round(took, 3) for stage, took in seconds.items()},
        "rows": [row.record() for row in result.rows],
    }


def cells(result: Result) -> list[tuple[str, ...]]:
    """The rows as text, for :data:`COLUMNS`."""
    marks = {True: "yes", False: "NO", None: ""}
    return [
        (
            row.name,
            f"{figure(row.value)} {row.unit}".strip(),
            "" if row.bar is None else f"{row.bar.better.value} {row.bar.value:g}",
            marks[row.met],
            "" if row.published is None else figure(row.published.value),
            "" if row.published is None else row.published.source,
        )
        for row in result.rows
    ]


def _ours(folder: Path) -> bool:
    return is_untouched(folder, EXPERIMENT_MADE_BY)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
