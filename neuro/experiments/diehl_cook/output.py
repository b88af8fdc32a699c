"""Output: the folder that a run leaves."""

from __future__ import annotations

from pathlib import Path

from neuro.experiments.diehl_cook.experiment import run
from neuro.experiments.diehl_cook.figures import plot_confusion, plot_receptive_fields
from neuro.experiments.diehl_cook.result import DiehlCookResult, metrics
from neuro.experiments.diehl_cook.settings import DiehlCookSettings
from neuro.experiments.stages import QuietStages, Stages
from neuro.plots import figure_of
from neuro.store import check_output_folder, is_untouched, output_folder, write_json, write_manifest

MADE_BY = "spikeloom diehl-cook"


def run_into(settings: DiehlCookSettings, folder: Path, progress: Stages | None = None) -> DiehlCookResult:
    """Run the experiment and leave a folder: metrics, receptive fields and confusion matrix as pictures.

    An earlier run's folder is replaced as long as nobody touched its files; the new one appears whole or not at all.

    Raises:
        InvalidInput: the folder holds something else or can't be written; nothing was done.
        ToolError: matplotlib is not installed.
    """
    stages = QuietStages() if progress is None else progress
    check_output_folder(folder, _ours)
    with output_folder(folder, _ours) as staging:
        result = run(settings, stages)
        with stages.stage("Draw the pictures"):
            _write(result, staging)
    return result


def _ours(folder: Path) -> bool:
    return is_untouched(folder, MADE_BY)


def _write(result: DiehlCookResult, folder: Path) -> None:
    write_json(folder / "metrics.json", metrics(result))
    for name, plot in (("receptive_fields", plot_receptive_fields), ("confusion", plot_confusion)):
        figure_of(plot(result)).savefig(
            folder / f"{name}.png", dpi=150, bbox_inches="tight", metadata={"Software": None}
        )
    write_manifest(folder, MADE_BY)
