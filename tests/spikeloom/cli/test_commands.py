"""What the commands print, write and return when all is well, or when the answer is no."""

from __future__ import annotations

import inspect
import json
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from neuro.errors import ToolError
from neuro.storage import save_circuit, write_manifest
from rtl_export import Outcome, SimulatorResult, verify
from spikeloom.cli import main
from tests.storage.examples import everything

PASSED = SimulatorResult("One", Outcome.PASSED, 100, 20, 3000, 0)
FAILED = SimulatorResult("Two", Outcome.FAILED, 100, 20, 3000, 7, "tick 3: neuron 1")
ABSENT = SimulatorResult("Three", Outcome.NOT_FOUND, detail="not installed")


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(shown.count(f"  {command}  ") == 2 for command in ("demo", "export", "verify", "bench", "doctor"))
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"spikeloom {version('spikeloom')}\n"


def test_the_module_is_the_command() -> None:
    run = subprocess.run([sys.executable, "-m", "spikeloom", "nothing"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "spikeloom: No such command 'nothing'.\n"


def test_doctor_names_every_tool(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["doctor", "--json"]) == 0
    findings = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert {"python", "brian2", "pyosys", "C++ compiler", "iverilog"} <= set(findings)
    assert findings["numba"]["found"]
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "not found" in shown
    assert "apt-get install g++" in shown


def test_verify_gives_simulators_an_hour_or_what_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On one busy core the demo's own circuit takes Icarus more than ten minutes."""
    allowed: list[float] = []
    monkeypatch.setattr("rtl_export.verify", lambda *_, seconds, **__: allowed.append(seconds) or (PASSED,))
    assert main(["verify", str(tmp_path)]) == 0
    assert main(["verify", str(tmp_path), "--seconds", "9000"]) == 0
    assert main(["verify", str(tmp_path), "--seconds", "nan"]) == 2
    monkeypatch.undo()
    assert allowed == [inspect.signature(verify).parameters["seconds"].default, 9000.0]
    assert allowed[0] >= 3600


def test_verify_prints_and_writes_the_verdicts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rtl_export.verify", lambda *_, **__: (PASSED, ABSENT))
    assert main(["verify", str(tmp_path), "--json", str(tmp_path / "v.json")]) == 0
    shown = capsys.readouterr().out
    assert "One" in shown
    assert "not found" in shown
    written = json.loads((tmp_path / "v.json").read_text())
    assert [verdict["outcome"] for verdict in written] == ["passed", "not found"]
    assert written[0]["states"] == 3000


def test_mismatches_end_with_status_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rtl_export.verify", lambda *_, **__: (PASSED, FAILED))
    assert main(["verify", str(tmp_path), "--json", str(tmp_path / "v.json")]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Two: 7 mismatches in 100 ticks" in said
    assert json.loads((tmp_path / "v.json").read_text())[1]["mismatches"] == 7


def test_sigterm_leaves_nothing_half_written(tmp_path: Path) -> None:
    code = """
import os, signal, sys, spikeloom.cli.app as app
from pathlib import Path
from neuro.storage import output_folder

def demo() -> None:
    with output_folder(Path("run")) as folder:
        (folder / "file").write_text("half")
        os.kill(os.getpid(), signal.SIGTERM)

app._COMMANDS = {"demo": demo}
sys.exit(app.main(["demo"]))
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, timeout=60, check=False)
    assert ended.returncode == 143
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(ToolError("g++ failed:\nlog\n  line"), 2), (MemoryError("9 TiB"), 2), (KeyboardInterrupt(), 130)],
)
def test_every_error_is_one_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: int,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("rtl_export.verify", fail)
    assert main(["verify", str(tmp_path)]) == status
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    if isinstance(error, ToolError):
        assert said == "spikeloom: g++ failed: log line\n"


def test_export_names_the_next_command_as_a_shell_takes_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_circuit(everything(), tmp_path / "c.npz")
    core = SimpleNamespace(name="core", sources=(), ticks=1)
    monkeypatch.setattr("neuro.simulators.FixedPoint.quantise", lambda *_: SimpleNamespace(program=None))
    monkeypatch.setattr("rtl_export.export", lambda *_, **__: core)
    assert main(["export", str(tmp_path / "c.npz"), "-o", str(tmp_path / "my core")]) == 0
    assert shlex.split(capsys.readouterr().out.splitlines()[-1])[-1] == str(tmp_path / "my core")


def test_verify_of_a_demo_s_folder_names_the_core_inside(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "manifest.json").write_text("{}")
    write_manifest(tmp_path, "spikeloom demo")
    assert main(["verify", str(tmp_path)]) == 2
    assert capsys.readouterr().err.endswith(f"something else than an exported core; give {tmp_path / 'rtl'}\n")


def test_a_lean_install_says_what_the_demo_needs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spikeloom.demo.silicon.find_spec", lambda _: None)
    assert main(["demo", "-o", str(tmp_path / "demo")]) == 2
    assert "needs matplotlib and pyosys; pip install 'spikeloom[report,rtl]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_liberty_file_is_looked_at_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save_circuit(everything(), tmp_path / "c.npz")
    assert main(["demo", "-o", str(tmp_path / "demo"), "--liberty", str(tmp_path / "c.npz")]) == 2
    assert "is no cell library" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()
