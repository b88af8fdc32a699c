"""The door outside of the checkout: what type checkers see of it, and what the wheel brings."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.project.structure import PACKAGES, ROOT

RIGHT = "import spikeloom\nfrom spikeloom import simulate\nprint(spikeloom.Circuit, simulate)\n"
WRONG = "import spikeloom\nfrom spikeloom import simulat\nprint(spikeloom.Circiut, simulat)\n"

FIVE_LINES = """
from spikeloom import LIF_DELTA, Circuit, Connections, Population, Projection, SpikeSource, simulate, static_synapse
source, cells = SpikeSource("source", 2, [0, 3], [0, 1]), Population("cells", 2, LIF_DELTA)
links = Projection("links", "source", "cells", static_synapse("v"), Connections.one_to_one(2), {"w": 30e-3})
run = simulate(Circuit(1e-3, [cells], [links], [source]), 6)
print(*run.spikes["cells"].ticks)
"""
WHERE = "import spikeloom, sys; print(spikeloom.__file__, *sys.path)"


def run(*command: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, check=False)


def test_strict_mypy_sees_the_names_and_refuses_a_misspelt_one(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    # What the names stand for is left out: `make check` reads it, and it takes a minute.
    options = ("--strict", "--follow-imports=skip", f"--cache-dir={tmp_path}", "--config-file=")
    files = (ROOT / "spikeloom" / "__init__.py", "right.py", "wrong.py")
    checked = run(sys.executable, "-m", "mypy", *options, *files, folder=tmp_path, MYPYPATH=str(ROOT))
    found = [line for line in checked.stdout.splitlines() if "error" in line and not line.startswith("Found")]
    assert len(found) == 2, checked.stdout + checked.stderr
    assert found[0].startswith('wrong.py:2: error: Module "spikeloom" has no attribute "simulat"')
    assert found[1].startswith('wrong.py:3: error: Module has no attribute "Circiut"')


@pytest.mark.slow
def test_the_wheel_holds_the_door(tmp_path: Path) -> None:
    build = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, folder=ROOT)
    assert build.returncode == 0, build.stdout + build.stderr
    (wheel,) = tmp_path.glob("*.whl")
    tracked = run("git", "ls-files", *PACKAGES, folder=ROOT).stdout.split()
    with ZipFile(wheel) as packed:
        assert not set(tracked) - set(packed.namelist())
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(tracked)

    target, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    pip = (
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--no-deps",
        "--no-index",
        "--target",
        target,
        wheel,
    )
    installed = run(*pip, folder=empty)
    assert installed.returncode == 0, installed.stderr
    # -S: the path files of an editable install are not read, so that the checkout is nowhere on the path.
    path = os.pathsep.join((str(target), *sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})))
    where = run(sys.executable, "-S", "-c", WHERE, folder=empty, PYTHONPATH=path).stdout.split()
    assert where[0] == str(target / "spikeloom" / "__init__.py")
    assert str(ROOT) not in where
    ran = run(sys.executable, "-S", "-c", FIVE_LINES, folder=empty, PYTHONPATH=path)
    assert ran.stdout.split() == ["1", "4"], ran.stdout + ran.stderr
    helped = run(sys.executable, "-S", target / "bin" / "spikeloom", "--help", folder=empty, PYTHONPATH=path)
    assert helped.stdout.startswith("Usage: spikeloom [OPTIONS] COMMAND"), helped.stdout + helped.stderr
