"""Output: the folder that a run leaves."""

from __future__ import annotations

from pathlib import Path

from neuro.experiments.digits_to_verilog.pipeline import run_stages
from neuro.experiments.digits_to_verilog.result import DigitsResult, metrics
from neuro.experiments.digits_to_verilog.settings import DigitsSettings
from neuro.experiments.digits_to_verilog.silicon import check_liberty, check_tools
from neuro.experiments.stages import Stages
from neuro.store import (
    check_output_folder,
    is_untouched,
    output_folder,
    save_circuit,
    write_json,
    write_manifest,
)

MADE_BY = "spikeloom demo"


def run_demo(settings: DigitsSettings, folder: Path, stages: Stages, liberty: Path | None = None) -> DigitsResult:
    """Run the experiment and leave a folder: report, metrics, times, Verilog and circuit.

    An earlier run's folder is replaced as long as nobody touched its files; the new one appears whole or not at all.

    Raises:
        InvalidInput: the folder holds something else or can't be written, or no cell library; nothing was done.
        ToolError: an optional package or a tool is missing or failed.
    """
    check_tools()
    check_liberty(liberty)
    check_output_folder(folder, _ours)
    with output_folder(folder, _ours) as staging:
        result = run_stages(settings, staging / "rtl", stages, liberty)
        with stages.stage("Write the report"):
            _write(result, staging, stages)
    return result


def _ours(folder: Path) -> bool:
    return is_untouched(folder, MADE_BY)


def _write(result: DigitsResult, folder: Path, stages: Stages) -> None:
    from neuro.experiments.digits_to_verilog.report import build_page
    from neuro.report import render_page

    figures = metrics(result)
    save_circuit(result.silicon.circuit, folder / "circuit.npz")
    write_json(folder / "metrics.json", figures)
    page = render_page(build_page(result, figures, stages.elapsed))
    (folder / "report.html").write_text(page, encoding="utf-8")
    times = {
        "stages": {stage: round(took, 3) for stage, took in stages.seconds.items()},
        "whole": round(stages.elapsed, 3),
    }
    write_json(folder / "times.json", times)
    write_manifest(folder, MADE_BY)
