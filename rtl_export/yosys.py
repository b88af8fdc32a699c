"""Yosys: the adapter to pyosys, run in a process of its own.

Yosys ends its whole process on an error in the Verilog and prints its log to standard output; a child process
turns both into a ToolError and a text. ``python -m rtl_export.yosys`` reads one pass a line from standard input, or
runs a script for SymbiYosys.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from neuro.errors import ToolError
from rtl_export import tools


def yosys_available() -> bool:
    """Whether pyosys is installed."""
    return tools.find_package("pyosys") is not None


def abc() -> Path | None:
    """ABC, which pyosys brings; None where it is not."""
    folder = tools.find_package("pyosys")
    program = None if folder is None else folder / "yosys-abc"
    return program if program is not None and program.is_file() else None


def include_folder() -> Path:
    """Where the headers are that CXXRTL's output needs.

    Raises:
        ToolError: pyosys is not installed.
    """
    folder = tools.find_package("pyosys")
    if folder is None:
        raise ToolError("pyosys is not installed; pip install 'spikeloom[rtl]'")
    return folder / "share" / "include" / "backends" / "cxxrtl" / "runtime"


def run_passes(step: str, passes: Sequence[str], *, seconds: float) -> str:
    """Run Yosys passes on one design, one after the other, and return the log.

    Args:
        step: what it is for, for messages.
        passes: Yosys commands; paths in them are absolute and quoted by :func:`quoted`.
        seconds: time limit.

    Raises:
        ToolError: pyosys is missing, a pass failed, or it took too long.
    """
    if not yosys_available():
        raise ToolError(f"{step}: pyosys is not installed; pip install 'spikeloom[rtl]'")
    command = tools.python_module("rtl_export.yosys")
    # The folder that holds the package: so the child finds it, installed or not.
    folder = Path(__file__).resolve().parents[1]
    return tools.run_tool(step, command, folder=folder, seconds=seconds, given="\n".join(passes) + "\n")


def quoted(path: Path) -> str:
    """An absolute path as a word of a Yosys command.

    Raises:
        ToolError: the path holds a character that a Yosys command can't.
    """
    text = str(path.resolve())
    if any(character in text for character in '"\\\n\r'):
        raise ToolError(f"Yosys can't read {text!r}; use a folder without quotes, backslashes and line breaks")
    return f'"{text}"'


def run_script() -> None:
    """Run the passes that standard input lists, or a script: ``-ql LOG SCRIPT``, as SymbiYosys calls Yosys."""
    from pyosys import libyosys

    design = libyosys.Design()
    match sys.argv[1:]:
        case []:
            for line in sys.stdin:
                libyosys.run_pass(line.rstrip("\n"), design)
        case ["-ql", log, script]:
            libyosys.run_pass(f"tee -q -o {log} script {script}", design)
        case others:
            raise SystemExit(f"arguments are {others}; none or -ql LOG SCRIPT are allowed")


if __name__ == "__main__":
    run_script()
