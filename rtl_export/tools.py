"""Tools: the one place that starts other programs, always with a time limit and never through a shell."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Event

from neuro.errors import ToolError

_LOG_LINES = 12
_GLANCE = 0.2
_STOP: ContextVar[Event | None] = ContextVar("stop", default=None)


def find(name: str) -> str | None:
    """The path of a program on PATH or beside this Python, where packages put theirs; None where it is not."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def require(step: str, name: str, install: str) -> str:
    """The path of a program.

    Raises:
        ToolError: it is not installed; the message names the step and how to install it.
    """
    found = find(name)
    if found is None:
        raise ToolError(f"{step}: {name} is not installed; {install}")
    return found


def find_package(name: str) -> Path | None:
    """The folder of a Python package that is installed, or None; nothing is imported."""
    spec = importlib.util.find_spec(name)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def find_compiler() -> str | None:
    """A C++ compiler: ``$CXX`` where set, else the first of g++, c++ and clang++ on PATH, or None."""
    named = os.environ.get("CXX", "").split()
    return find(named[0]) if named else next(filter(None, map(find, ("g++", "c++", "clang++"))), None)


@contextmanager
def ended_by(stop: Event) -> Iterator[None]:
    """Programs that this thread starts in the block end soon after ``stop`` is set, by whichever thread."""
    before = _STOP.set(stop)
    try:
        yield
    finally:
        _STOP.reset(before)


def run_tool(
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
        ToolError: it is missing, failed, took too long or was stopped (:func:`ended_by`); the message names the
            step, the file that keeps the whole log, and ends with the log's tail.
    """
    # A file, not a pipe: a pipe's rest would have to be written between two glances at whether to stop.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as source:
        source.write(given)
        source.seek(0)
        try:
            process = subprocess.Popen(
                list(command),
                cwd=folder,
                env=None if environment is None else {**os.environ, **environment},
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise ToolError(
                f"{step}: {command[0]} can't be started ({error.strerror}); install it or fix PATH"
            ) from None
    with process:
        try:
            log, why = _wait(process, seconds)
        finally:
            _end(process)
    if why:
        raise ToolError(f"{step}: {command[0]} {why}; log {_keep(log)}")
    if process.returncode != 0:
        tail = "\n".join(log.strip().splitlines()[-_LOG_LINES:])
        name = Path(command[0]).name
        raise ToolError(f"{step}: {name} failed with status {process.returncode}; log {_keep(log)}:\n{tail}")
    return log


def _wait(process: subprocess.Popen[str], seconds: float) -> tuple[str, str]:
    """What a program printed until its end, or until its time was up or it was to stop, and then why."""
    stop, last = _STOP.get(), time.monotonic() + seconds
    while True:
        left = last - time.monotonic()
        try:
            return process.communicate(timeout=left if stop is None else min(left, _GLANCE))[0], ""
        except subprocess.TimeoutExpired:
            stopped = stop is not None and stop.is_set()
            if stopped or time.monotonic() >= last:
                _end(process)
                return process.communicate()[0], _why(stopped, seconds)


def _why(stopped: bool, seconds: float) -> str:
    if stopped:
        return "was told to stop and was ended"
    return f"took more than {seconds:g} s and was ended: allow it more seconds, or give it less to do"


def _keep(log: str) -> str:
    """Keep a failed program's whole log in a file; its path."""
    with tempfile.NamedTemporaryFile("w", prefix="spikeloom_", suffix=".log", delete=False, encoding="utf-8") as file:
        file.write(log)
    return file.name


def _end(process: subprocess.Popen[str]) -> None:
    """End what is left of a program's session, also on Ctrl-C."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def python_module(module: str) -> list[str]:
    """The command that runs a module of this project with this Python."""
    return [sys.executable, "-m", module]
