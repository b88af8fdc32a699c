"""Whatever is wrong with a command: one line on standard error, exit status 2, and nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neuro import Circuit, NeuronModel, Population
from neuro.storage import save_circuit
from spikeloom.cli import main
from tests.storage.examples import everything, rewritten


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> str:
    """Run a command that must be refused, and return what it says."""
    before = sorted(folder.rglob("*"))
    assert main(list(arguments)) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert shown.err.startswith("spikeloom: ")
    assert sorted(folder.rglob("*")) == before
    return shown.err


USAGE = [
    (["nothing"], "No such command 'nothing'"),
    (["demo", "--colour"], "No such option: --colour"),
    (["demo", "--seed", "x"], "'--seed'"),
    (["demo", "--seed", "-1"], "seed is -1: Input should be greater than or equal to 0"),
    (["export", "c.npz"], "Missing option '--output'"),
    (["export"], "Missing argument 'circuit'"),
    (["export", "missing.npz", "-o", "out"], "missing.npz can't be read (No such file or directory)"),
    (["export", "c.npz", "-o", "out", "--ticks", "0"], "'--ticks'"),
    (["explore", "c.npz", "-o", "out", "--widths", "x"], "--widths is 'x'; give whole numbers"),
    (["explore", "c.npz", "-o", "out", "--liberty", "missing.lib"], "the cell library missing.lib can't be read"),
    (["explore", "c.npz", "-o", "/dev/null/out"], "can't be made: /dev/null is no folder"),
    (["explore", "c.npz", "-o", "/dev/null"], "the output folder /dev/null is no folder"),
    (["verify", "missing"], "missing holds no exported core"),
    (["verify", ".", "--json", "nowhere/v.json"], "lies in no folder that exists"),
    (["verify", "m\udcff"], "the argument 'm\\udcff' is no UTF-8; give another name"),
    (["bench", "nothing"], "there is no bench 'nothing'; there are learning, main"),
    (["bench", "main", "--rows", "nothing"], "no such rows: nothing; it has encode-against-numpy"),
    (["bench", "main", "--rows", ","], "no such rows: none"),
    (["bench", "main", "--json", "nowhere/v.json"], "lies in no folder that exists"),
    (["demo", "--config", "missing.json"], "missing.json can't be read"),
    (["demo", "--liberty", "missing.lib"], "missing.lib"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=[" ".join(case[0]) for case in USAGE])
def test_usage(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refused(capsys, tmp_path, *arguments)


SETTINGS = [
    ({"colour": 1}, "unknown option 'colour'; known are active, icarus_ticks, items"),
    ({"memory": {"size": 1}}, "unknown option 'memory'; known are active"),
    ({"units": 10, "active": 11}, "active is 11; 1 to 10 is allowed"),
    ({"silicon_queries": 0}, "silicon_queries is 0"),
    ({"stored_fraction": 1.0}, "stored_fraction is 1.0"),
    ({"items": 0}, "items is 0"),
    ({"seed": 1.5}, "seed is 1.5"),
    ({"seed": True}, "seed is True"),
    ({"noise": []}, "noise"),
    ({"noise": [2.0]}, "noise.0 is 2.0"),
    ({"passes": 2.5}, "passes is 2.5"),
    ([], "holds a list; an object of options is allowed"),
]


@pytest.mark.parametrize(("settings", "message"), SETTINGS)
def test_settings(capsys: pytest.CaptureFixture[str], tmp_path: Path, settings: object, message: str) -> None:
    (tmp_path / "s.json").write_text(json.dumps(settings))
    given = ["--config", str(tmp_path / "s.json"), "-o", str(tmp_path / "out")]
    assert message in refused(capsys, tmp_path, "demo", *given)


def test_settings_that_are_no_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"seed": NaN')
    assert "is no JSON" in refused(capsys, tmp_path, "demo", "--config", str(tmp_path / "s.json"))


@pytest.mark.parametrize("command", ["demo", "export"])
def test_output_folders(capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str) -> None:
    save_circuit(everything(), tmp_path / "c.npz")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    first = [command] if command == "demo" else [command, str(tmp_path / "c.npz")]
    for place, message in (
        (tmp_path / "full", "exists and is not empty"),
        (tmp_path / "c.npz", "is no folder"),
        (tmp_path / "c.npz" / "below", "can't be made|is no folder"),
        (Path("/proc/spikeloom"), "not writable"),
    ):
        said = refused(capsys, tmp_path, *first, "-o", str(place))
        assert any(part in said for part in message.split("|"))
    assert (tmp_path / "full" / "thesis.txt").read_text() == "mine"


def test_a_demo_that_was_touched_is_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "metrics.json").write_text("{}")
    (tmp_path / "demo" / "manifest.json").write_text('{"made_by": "spikeloom demo", "sha256": {}}')
    assert "exists and is not empty" in refused(capsys, tmp_path, "demo", "-o", str(tmp_path / "demo"))


def model(equations: str, threshold: str = "v > 1*mV") -> Callable[[], Circuit]:
    return lambda: Circuit(1e-3, [Population("a", 2, NeuronModel(equations, threshold=threshold, reset="v = 0*mV"))])


CIRCUITS = [
    (model("dv/dt = -v**3 / (10*ms*mV**2) : volt"), ""),
    (model("dv/dt = (mV - v) / (10*ms) : volt\nw = nothing : volt"), "nothing"),
    (model("dv/dt = xi*mV*(10*ms)**-0.5 : volt"), ""),
    (model("dv/dt = -v / (10*mV) : volt"), ""),
    (model("dv/dt = (mV - v) / (10*ms) : volt", "v"), ""),
]


@pytest.mark.parametrize(("circuit", "message"), CIRCUITS)
def test_equations_outside_the_language(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, circuit: Callable[[], Circuit], message: str
) -> None:
    save_circuit(circuit(), tmp_path / "c.npz")
    assert message in refused(capsys, tmp_path, "export", str(tmp_path / "c.npz"), "-o", str(tmp_path / "out"))


def test_what_verilog_does_not_carry(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save_circuit(everything(), tmp_path / "c.npz")
    said = refused(capsys, tmp_path, "export", str(tmp_path / "c.npz"), "-o", str(tmp_path / "out"), "--ticks", "30")
    assert "Verilog does not support" in said


def not_a_number(members: dict[str, bytes]) -> None:
    # An array of circuit.npz ends with its numbers.
    name = max(members, key=lambda member: len(members[member]) if members[member].startswith(b"\x93NUMPY") else 0)
    members[name] = members[name][:-8] + np.array([np.nan]).tobytes()


def renamed(members: dict[str, bytes]) -> None:
    members["circuit.json"] = members["circuit.json"].replace(b'"name": "feed"', b'"name": "1 feed"')


def too_many_winners(members: dict[str, bytes]) -> None:
    members["circuit.json"] = members["circuit.json"].replace(b'"quota": 2', b'"quota": 3')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (renamed, "is named '1 feed'; use letters, digits and _"),
        (too_many_winners, "has Winners(max_winners=3); 1 to 2 is allowed"),
        (not_a_number, "does not describe a circuit"),
    ],
)
def test_circuit_files(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    change: Callable[[dict[str, bytes]], None],
    message: str,
) -> None:
    path = rewritten(tmp_path / "c.npz", change)
    assert message in refused(capsys, tmp_path, "export", str(path), "-o", str(tmp_path / "out"))
