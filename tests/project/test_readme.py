"""What the README shows works when it is pasted, from the top down."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from spikeloom.cli import main
from tests.project.structure import PACKAGES, ROOT

README = ROOT / "README.md"
FIRST_BLOCK_LINES = 15


def python_blocks(text: str) -> list[tuple[int, list[str]]]:
    """(first line's number, lines) of each ```python block."""
    blocks: list[tuple[int, list[str]]] = []
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if inside and line.strip() == "```":
            inside = False
        elif inside:
            blocks[-1][1].append(line)
        elif line.strip() == "```python":
            inside = True
            blocks.append((number + 1, []))
    return blocks


def as_script(text: str) -> str:
    """The blocks as one script, each line where it stands in the README: a traceback points there."""
    script = [""] * len(text.splitlines())
    for first, lines in python_blocks(text):
        script[first - 1 : first - 1 + len(lines)] = lines
    return "\n".join(script) + "\n"


def test_blocks_keep_their_line_numbers() -> None:
    text = "# A\n```python\nx = 1\n```\nwords\n```sh\nls\n```\n```python\nprint(x)\n```\n"
    assert python_blocks(text) == [(3, ["x = 1"]), (10, ["print(x)"])]
    assert as_script(text) == "\n\nx = 1\n\n\n\n\n\n\nprint(x)\n\n"


def test_the_first_example_is_short() -> None:
    blocks = python_blocks(README.read_text(encoding="utf-8"))
    assert blocks, "the README has no ```python block"
    assert len(blocks[0][1]) <= FIRST_BLOCK_LINES


def test_every_place_it_names_is_there() -> None:
    places = re.findall(rf"(?:{'|'.join(PACKAGES)}|examples|docs)/[\w./]*", README.read_text(encoding="utf-8"))
    assert len(places) > 20
    assert not [place for place in places if not (ROOT / place).exists()]


def test_every_command_it_shows_is_there() -> None:
    shown = re.findall(r"^\.venv/bin/spikeloom ([^#\n]*)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) > 5
    for line in shown:
        assert main([*shlex.split(line), "--help"]) == 0, line


def test_the_examples_run(tmp_path: Path) -> None:
    script = tmp_path / "README.py"
    script.write_text(as_script(README.read_text(encoding="utf-8")), encoding="utf-8")
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    run = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
