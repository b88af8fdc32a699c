"""Starting programs: logs come back, failures name the step, nothing outlives its time."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from threading import Event, Timer

import pytest

from neuro.errors import ToolError
from rtl_export import tools, yosys


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_the_log_holds_both_streams_and_input_arrives(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), input()); sys.stdout.flush(); print('oh', file=sys.stderr)"
    log = tools.run_tool("a step", python(code), folder=tmp_path, seconds=20, given="hello\n")
    assert log == f"{tmp_path} hello\noh\n"


def test_a_failure_names_the_step_and_shows_the_end_of_the_log(tmp_path: Path) -> None:
    code = "print('\\n'.join(map(str, range(100)))); raise SystemExit(3)"
    with pytest.raises(ToolError, match=r"(?s)^a step: python\S* failed with status 3; log \S+:\n88\n.*99$") as found:
        tools.run_tool("a step", python(code), folder=tmp_path, seconds=20)
    kept = Path(re.search(r"log (\S+):\n", str(found.value)).group(1))  # type: ignore[union-attr]
    assert kept.read_text().splitlines() == [str(number) for number in range(100)]
    kept.unlink()


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="a step: no-such-program can't be started"):
        tools.run_tool("a step", ["no-such-program"], folder=tmp_path, seconds=20)


def test_a_program_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', "
        "'import time, pathlib; time.sleep(1.5); pathlib.Path(\"alive\").touch()']); time.sleep(60)"
    )
    start = time.monotonic()
    with pytest.raises(ToolError, match=r"took more than 0.7 s and was ended: allow it more seconds"):
        tools.run_tool("a step", python(code), folder=tmp_path, seconds=0.7)
    assert time.monotonic() - start < 20
    time.sleep(1)
    assert not (tmp_path / "alive").exists()


def test_a_slow_reader_gets_its_whole_input_while_it_may_be_stopped(tmp_path: Path) -> None:
    """More than a pipe holds, read after several glances at whether to stop."""
    code = "import sys, time; time.sleep(0.9); print(len(sys.stdin.read()))"
    with tools.ended_by(Event()):
        log = tools.run_tool("a step", python(code), folder=tmp_path, seconds=60, given="x" * 300_000)
    assert log == "300000\n"


def test_a_program_ends_when_another_thread_says_stop(tmp_path: Path) -> None:
    stop = Event()
    Timer(0.3, stop.set).start()
    start = time.monotonic()
    with tools.ended_by(stop), pytest.raises(ToolError, match=r"a step: \S+ was told to stop and was ended"):
        tools.run_tool("a step", python("import time; time.sleep(60)"), folder=tmp_path, seconds=60)
    assert time.monotonic() - start < 20
    with tools.ended_by(Event()):
        assert (
            tools.run_tool("a step", python("import time; time.sleep(0.5); print(1)"), folder=tmp_path, seconds=60)
            == "1\n"
        )


def test_a_compiler_is_found_through_cxx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", f"{sys.executable} -O2")
    assert tools.find_compiler() == sys.executable
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert tools.find_compiler() is None


def test_an_error_in_yosys_is_an_exception(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.v").write_text("module bad(input a, output b) assign b = a; endmodule\n")
    with pytest.raises(ToolError, match=r"(?s)reading: python\S* failed with status 1; log .*syntax error"):
        yosys.run_passes("reading", [f"read_verilog {yosys.quoted(tmp_path / 'bad.v')}"], seconds=60)
    assert capfd.readouterr() == ("", "")


def test_a_path_that_yosys_can_not_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="use a folder without quotes, backslashes and line breaks"):
        yosys.quoted(tmp_path / 'a"b.v')
