"""What an experiment is: rows, thresholds, results, what is written and how it is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neuro.errors import InvalidInput
from neuro.experiments import Experiment, Published, Result, Row, at_least, at_most
from neuro.experiments.catalogue import EXPERIMENTS, find_experiment
from neuro.experiments.experiment import cells, run_to_folder
from neuro.progress import QuietStages, Stages


def small(seed: int, stages: Stages) -> Result:
    def draw():  # type: ignore[no-untyped-def]
        from neuro.analysis.plots import new_axes

        return new_axes(2, 2)

    with stages.stage("Think", 1) as advance:
        advance(1)
    rows = [
        Row("rate", 37.5, "Hz", at_most(40), Published(37.7, "Brunel (2000)"), {"each": [37.0, 38.0]}, "mean"),
        Row("gap", float("nan"), "", at_least(0)),
        Row("seen", 4.0),
    ]
    return Result(rows, (seed,), {"one": draw})


SMALL = Experiment("small", "A small one", "Nobody (2000)", small)


def test_a_row_is_judged_by_its_threshold_and_nan_reaches_none() -> None:
    result = small(3, QuietStages())
    assert [row.met for row in result.rows] == [True, False, None]
    assert result.missed == ("gap",)
    assert result.row("seen").value == 4
    assert at_least(1).met(1)
    assert at_most(1).met(1)
    assert not at_most(1).met(1.001)
    with pytest.raises(InvalidInput, match="there is no row 'rates'; there are rate, gap, seen"):
        result.row("rates")
    with pytest.raises(InvalidInput, match="share a name"):
        Result([Row("a", 1.0), Row("a", 2.0)], (0,))


def test_a_run_leaves_its_rows_and_plots(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    _, report = run_to_folder(SMALL, 3, folder, QuietStages())
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "one.png", "result.json"]
    assert (folder / "one.png").read_bytes().startswith(b"\x89PNG")
    written = json.loads((folder / "result.json").read_text())
    assert written == json.loads(json.dumps(report))
    assert written["seeds"] == [3]
    assert set(written["rows"][0]) == {
        *("name", "value", "unit", "bar", "better", "met", "published", "samples", "note"),
    }
    assert written["rows"][0]["published"] == {"value": 37.7, "source": "Brunel (2000)"}
    assert written["rows"][1]["value"] is None
    run_to_folder(SMALL, 4, folder, QuietStages())  # its own, untouched output is replaced
    (folder / "note.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="not empty"):
        run_to_folder(SMALL, 4, folder, QuietStages())


def test_the_table_marks_what_was_missed() -> None:
    assert cells(small(0, QuietStages())) == [
        ("rate", "37.5 Hz", "<= 40", "yes", "37.7", "Brunel (2000)"),
        ("gap", "nan", ">= 0", "NO", "", ""),
        ("seen", "4", "", "", "", ""),
    ]


def test_the_catalogue_finds_by_name() -> None:
    names = [experiment.name for experiment in EXPERIMENTS]
    assert len(set(names)) == len(names)
    assert all(find_experiment(name).name == name for name in names)
    assert all(experiment.summary and experiment.source for experiment in EXPERIMENTS)
    with pytest.raises(InvalidInput, match=r"there is no experiment 'nothing'; there are lif_fi"):
        find_experiment("nothing")
