"""``spikeloom experiment``: table, JSON, plots, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neuro.analysis.plots import new_axes
from neuro.experiments import Experiment, Result, Row, at_least
from neuro.progress import Stages
from spikeloom.cli import main


def _result(value: float, seed: int) -> Result:
    return Result([Row("rate", value, "Hz", at_least(2.0))], (seed,), {"curve": lambda: new_axes(2, 2)})


def good(seed: int, stages: Stages) -> Result:
    with stages.stage("Run"):
        return _result(3.0, seed)


def bad(seed: int, stages: Stages) -> Result:
    with stages.stage("Run"):
        return _result(1.0, seed)


@pytest.fixture(autouse=True)
def _two_experiments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    two = (Experiment("good", "Goes well", "A (2000)", good), Experiment("bad", "Goes wrong", "B (2001)", bad))
    monkeypatch.setattr("neuro.experiments.catalogue.EXPERIMENTS", two)
    monkeypatch.chdir(tmp_path)


def test_it_prints_and_writes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["experiment", "good", "--seed", "7", "--json", "rows.json", "-o", "out"]) == 0
    shown = capsys.readouterr().out
    assert "good: Goes well" in shown
    assert "3 Hz" in shown
    written = json.loads((tmp_path / "rows.json").read_text())
    assert written["experiment"] == "good"
    assert written["seeds"] == [7]
    assert written["rows"][0]["met"] is True
    assert (tmp_path / "out" / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "out" / "result.json").read_bytes() == (tmp_path / "rows.json").read_bytes()


def test_a_missed_threshold_is_status_1_and_the_folder_is_left(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["experiment", "bad"]) == 1
    assert "Thresholds missed: rate" in capsys.readouterr().out
    assert (tmp_path / "runs" / "bad" / "result.json").is_file()


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment", "--list"]) == 0
    shown = capsys.readouterr().out
    assert "Goes well" in shown
    assert "B (2001)" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "which experiment?"),
        (["nothing"], "there is no experiment 'nothing'; there are good, bad"),
        (["good", "--seed", "-1"], "'--seed'"),
        (["good", "--json", "nowhere/a.json"], "lies in no folder that exists"),
        (["good", "-o", "full"], "not empty"),
    ],
)
def test_what_is_wrong_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert main(["experiment", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert message in shown.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]
