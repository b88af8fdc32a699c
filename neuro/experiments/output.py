"""What an experiment leaves: a folder with its figures and its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from neuro.experiments.form import Experiment, Result, figure
from neuro.experiments.stages import Stages
from neuro.store import check_output_folder, is_untouched, output_folder, write_json, write_manifest

MADE_BY = "spikeloom experiment"
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
    from neuro.plots import new_axes

    new_axes()  # Says at once, not after the run, that there is no matplotlib.
    check_output_folder(folder, _ours)
    result = experiment.run(seed, stages)
    report = record(experiment, result, stages.seconds)
    with output_folder(folder, _ours) as staging, stages.stage("Draw the pictures"):
        write_json(staging / FIGURES, report)
        save_pictures(result, staging)
        write_manifest(staging, MADE_BY)
    return result, report


def save_pictures(result: Result, folder: Path) -> list[Path]:
    """Draw every picture of a result as PNG into a folder that exists."""
    from neuro.plots import figure_of

    saved = []
    for name, draw in result.pictures.items():
        path = folder / f"{name}.png"
        figure_of(draw()).savefig(path, dpi=_DPI)
        saved.append(path)
    return saved


def record(experiment: Experiment, result: Result, seconds: Mapping[str, float]) -> dict[str, Any]:
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
    return is_untouched(folder, MADE_BY)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
