"""Importing and asking for help are quick: what is heavy is imported where it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from spikeloom.cli.app import _COMMANDS, _MEMORY_COMMANDS

REPEATS = 9
HEAVY = {"brian2", "torch", "matplotlib", "sympy", "numba", "sklearn"}

# Processor time of the whole process, not the clock's: a busy machine must not make it look slow.
IMPORT = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"
HELP = "import time; from spikeloom.cli import main; main({!r}); print(time.process_time())"
LOADED = "\nimport sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"


def check(code: str, limit: float, heavy: set[str]) -> None:
    """One run of several within the limit, and nothing heavy loaded."""
    best = float("inf")
    for _ in range(REPEATS):
        run = subprocess.run([sys.executable, "-c", code + LOADED], capture_output=True, text=True, check=True)
        *_, seconds, names = run.stdout.splitlines()
        loaded = sorted(heavy & set(names.split()))
        assert not loaded, f"{code!r} loads {loaded}: import them in the function that uses them"
        best = min(best, float(seconds))
        if best <= limit:
            return
    pytest.fail(f"{code!r} takes {best:.3f} s of processor time; it must be {limit} s at most")


def test_importing_the_door_is_quick() -> None:
    check(IMPORT.format("spikeloom"), 0.1, HEAVY | {"numpy", "neuro", "typer"})


def test_importing_neuro_is_quick() -> None:
    check(IMPORT.format("neuro"), 0.3, HEAVY)


COMMAND_LINES = [[], *([name] for name in _COMMANDS), *(["memory", name] for name in ["", *_MEMORY_COMMANDS])]


@pytest.mark.parametrize("words", COMMAND_LINES, ids=" ".join)
def test_help_is_quick(words: list[str]) -> None:
    limit = 0.5 if words else 0.3
    check(HELP.format([*filter(None, words), "--help"]), limit, HEAVY | {"numpy", "pydantic", "rich"})
