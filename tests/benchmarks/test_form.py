"""Benches write the common form, judge by thresholds that stand apart, and renew their own section of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from benchmarks.form import Bench, Better, Measured, MetricThreshold, Row, checked
from benchmarks.page import renew_section
from benchmarks.registry import BENCHES
from benchmarks.run import COLUMNS, cells, check_request, run_bench
from benchmarks.thresholds import THRESHOLDS
from benchmarks.timing import interleaved, ratio
from neuro.errors import InvalidInput, VerificationError
from neuro.progress import QuietStages
from spikeloom.cli import main

KEYS = {"name", "value", "unit", "bar", "better", "met", "samples", "peer", "peer_value", "equal", "note"}

TINY = Bench(
    "tiny",
    lambda _: 4,
    MappingProxyType(
        {
            "good": lambda lab: Measured(lab, "x", "equal", {"a": [1.0, 2.0]}, "peer", 2.0, "note"),
            "bad": lambda _: Measured(9, "ms", "equal"),
            "open": lambda _: Measured(0.5, "", "equal"),
        }
    ),
    (0,),
)
TINY_THRESHOLDS = {"tiny": {"good": MetricThreshold(3, Better.AT_LEAST), "bad": MetricThreshold(3, Better.AT_MOST)}}


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.run.BENCHES", (TINY,))
    monkeypatch.setattr("benchmarks.run.THRESHOLDS", TINY_THRESHOLDS)


@pytest.mark.usefixtures("tiny")
def test_a_report_has_the_common_form() -> None:
    report = run_bench("tiny", None, QuietStages())
    assert set(report) == {"bench", "commit", "machine", "versions", "seeds", "rows"}
    assert all(len(report["machine"][load]) == 3 for load in ("load_before", "load_after"))
    assert all(set(row) == KEYS for row in report["rows"])
    assert [row["met"] for row in report["rows"]] == [True, False, None]
    assert [row["better"] for row in report["rows"]] == [">=", "<=", None]
    assert report["rows"][0]["samples"] == {"a": [1.0, 2.0]}
    json.dumps(report, allow_nan=False)
    assert cells(report)[0] == ("good", "4 x", ">= 3", "yes", "peer", "2")
    assert len(COLUMNS) == len(cells(report)[0])


@pytest.mark.usefixtures("tiny")
def test_rows_are_chosen_and_unknown_names_refused() -> None:
    assert [row["name"] for row in run_bench("tiny", ["open"], QuietStages())["rows"]] == ["open"]
    with pytest.raises(InvalidInput, match="there is no bench 'big'; there are tiny"):
        check_request("big", None)
    with pytest.raises(InvalidInput, match="no such rows: ugly; it has good, bad, open"):
        check_request("tiny", ["good", "ugly"])


@pytest.mark.usefixtures("tiny")
def test_the_command_writes_json_and_page_and_names_missed_thresholds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, page = tmp_path / "tiny.json", tmp_path / "performance.md"
    assert main(["bench", "tiny", "--json", str(target), "--page", str(page)]) == 1
    assert "Thresholds missed: bad" in capsys.readouterr().out
    assert json.loads(target.read_text())["bench"] == "tiny"
    assert "| good | 4 x | >= 3 (met) | peer: 2 | equal | note |" in page.read_text()
    assert main(["bench", "tiny", "--rows", "good,open"]) == 0


def run_rows(monkeypatch: pytest.MonkeyPatch, rows: Mapping[str, Row], *options: str) -> int:
    """The exit status of a bench of these rows; a row named ``judged`` has to reach 1."""
    monkeypatch.setattr("benchmarks.run.BENCHES", (Bench("rows", lambda _: None, rows, (0,)),))
    monkeypatch.setattr("benchmarks.run.THRESHOLDS", {"rows": {"judged": MetricThreshold(1, Better.AT_LEAST)}})
    return main(["bench", "rows", *options])


def test_numbers_of_numpy_are_written_as_plain_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = tmp_path / "rows.json"
    floats, ints, bools = np.array([0.5, 2.0], dtype=np.float32), (np.int64(3),), [np.bool_(True)]
    samples = {"floats": floats, "ints": ints, "bools": bools, "grid": np.eye(2)}
    values = {"judged": np.float64(2), "bool": np.bool_(False), "int": np.int32(7), "float": np.float32(0.5)}
    rows = {
        name: lambda _, value=value: Measured(value, "", "equal", samples, peer_value=value)
        for name, value in values.items()
    }
    assert run_rows(monkeypatch, rows, "--json", str(target)) == 0
    written = json.loads(target.read_text())["rows"]
    assert [row["value"] for row in written] == [row["peer_value"] for row in written] == [2.0, False, 7, 0.5]
    assert [row["met"] for row in written] == [True, None, None, None]
    assert written[0]["samples"] == {
        "floats": [0.5, 2.0],
        "ints": [3],
        "bools": [True],
        "grid": [[1.0, 0.0], [0.0, 1.0]],
    }


def test_the_file_holds_every_row_that_was_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = tmp_path / "rows.json"
    seen = []

    def second(_: object) -> Measured:
        seen.append(json.loads(target.read_text()))
        raise KeyboardInterrupt

    rows = {"first": lambda _: Measured(1, "", "equal"), "second": second}
    assert run_rows(monkeypatch, rows, "--json", str(target)) != 0
    left = json.loads(target.read_text())
    assert seen == [left]
    assert set(left) == {"bench", "commit", "machine", "versions", "seeds", "rows"}
    assert [row["name"] for row in left["rows"]] == ["first"]
    assert [path.name for path in tmp_path.iterdir()] == ["rows.json"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "not JSON compliant"),
        (np.array([1.0, np.inf]), "not JSON compliant"),
        (1j, "complex is no JSON"),
        ({1, 2}, "set is no JSON"),
        (np.array([b"a"]), "bytes is no JSON"),
        (np.longdouble(1), "recursion"),
    ],
)
def test_what_is_not_json_is_refused_when_its_row_was_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], value: Any, said: str
) -> None:
    target = tmp_path / "rows.json"
    rows = {
        "first": lambda _: Measured(1, "", "equal"),
        "wrong": lambda _: Measured(1, "", "equal", {"a": value}),
        "never": lambda _: pytest.fail("measured after a row that was refused"),
    }
    assert run_rows(monkeypatch, rows, "--json", str(target)) == 2
    error = capsys.readouterr().err
    assert "row 'wrong' can't be written as JSON" in error
    assert said in error
    assert [row["name"] for row in json.loads(target.read_text())["rows"]] == ["first"]


@pytest.mark.usefixtures("tiny")
def test_a_page_keeps_what_others_wrote(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n\n<!-- bench tiny: begin -->\nstale\n<!-- bench tiny: end -->\nafter\n")
    renew_section(page, run_bench("tiny", ["open"], QuietStages()))
    text = page.read_text()
    assert text.startswith("before\n\n<!-- bench tiny: begin -->\n## tiny\n")
    assert text.endswith("<!-- bench tiny: end -->\nafter\n")
    assert "stale" not in text
    page.write_text("<!-- bench tiny: begin -->")
    with pytest.raises(InvalidInput, match="broken markers of bench 'tiny'"):
        renew_section(page, run_bench("tiny", ["open"], QuietStages()))


def test_every_threshold_belongs_to_a_row() -> None:
    rows = {bench.name: set(bench.rows) for bench in BENCHES}
    assert set(THRESHOLDS) <= set(rows)
    for bench, thresholds in THRESHOLDS.items():
        assert set(thresholds) <= rows[bench]


def test_unequal_things_are_not_timed() -> None:
    assert checked(True, "so it is") == "so it is"
    with pytest.raises(VerificationError, match="not so that it is"):
        checked(False, "it is")


def test_functions_take_turns() -> None:
    calls: list[str] = []
    samples = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, repeats=2)
    assert calls == ["a", "b", "a", "b", "a", "b"]
    assert [len(values) for values in samples.values()] == [2, 2]
    assert ratio({"a": [4.0, 1.0, 2.0], "b": [1.0, 9.0, 1.0]}, "a", "b") == 2.0


def test_a_wheel_without_a_checkout_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("spikeloom.cli.runs.__file__", str(tmp_path / "spikeloom" / "cli" / "runs.py"))
    assert main(["bench", "main"]) == 2
    assert "benches need a checkout of Spikeloom; clone the repository" in capsys.readouterr().err


def test_a_path_without_benches_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("spikeloom.cli.runs.importlib.util.find_spec", lambda _: None)
    assert main(["bench", "main"]) == 2
    assert "benches need a checkout of Spikeloom; clone the repository" in capsys.readouterr().err
