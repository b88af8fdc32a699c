"""Tools: the one place that starts other programs, always with a time limit and never through a shell."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from neuro.errors import ToolError

_LOG_LINES = 12


def find(name: str) -> str | None:
    """The path of a program on PATH, or None."""
    return shutil.which(name)


def find_compiler() -> str | None:
    """A C++ compiler: ``$CXX`` where set, else the first of g++, c++ and clang++ on PATH, or None."""
    named = os.environ.get("CXX", "").split()
    return find(named[0]) if named else next(filter(None, map(find, ("g++", "c++", "clang++"))), None)


def run(
    step: str,
    command: Sequence[str],
    *,
    folder: Path,
    seconds: float,
    given: str = "",
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a program and return what it printed, standard output and error together.

    Args:
        step: what it is for, for messages.
        command: program and arguments.
        folder: working folder.
        seconds: time limit; the program and all it started end there.
        given: text for its standard input.
        environment: variables that it sees besides, or in place of, this process's own.

    Raises:
        ToolError: it is missing, failed or took too long; the message names the step and ends with the log's tail.
    """
    try:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=None if environment is None else {**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError(f"{step}: {command[0]} can't be started ({error.strerror}); install it or fix PATH") from None
    with process:
        try:
            log, _ = process.communicate(given, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise ToolError(f"{step}: {command[0]} took more than {seconds:g} s and was ended") from None
        finally:
            _end(process)
    if process.returncode != 0:
        tail = "\n".join(log.strip().splitlines()[-_LOG_LINES:])
        raise ToolError(f"{step}: {Path(command[0]).name} failed with status {process.returncode}:\n{tail}")
    return log


def _end(process: subprocess.Popen[str]) -> None:
    """End what is left of a program's session, also on Ctrl-C."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def python_module(module: str) -> list[str]:
    """The command that runs a module of this project with this Python."""
    return [sys.executable, "-m", module]
