"""Mutants: single changes of an exported core's Verilog, made blindly, and whether the verification finds them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from neuro.errors import ToolError
from rtl_export import ExportedCore, Outcome, icarus

_SWAPS = (
    (" + ", " - "),
    (" - ", " + "),
    (" * ", " + "),
    (" && ", " || "),
    (" || ", " && "),
    (" == ", " != "),
    (" != ", " == "),
    (" < ", " <= "),
    (" > ", " >= "),
    (" ? ", " && 1'b0 ? "),
    ("1'b1;", "1'b0;"),
    ("1'b0;", "1'b1;"),
    ("!", ""),
)
_FIRST = 8
_NUMBER = re.compile(r"\d+'s?d(\d+)")
_SKIPPED = re.compile(r"^\s*(//|module|parameter|localparam \[|input|output|reg |endmodule|\.)")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the file in ``rtl/``, its line, and what the line reads instead."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """Mutants that the verification found, and those that it did not."""

    found: tuple[Mutant, ...]
    missed: tuple[Mutant, ...]

    @property
    def share(self) -> float:
        """Found of all, in per cent."""
        return 100.0 * len(self.found) / (len(self.found) + len(self.missed))


def mutants(core: ExportedCore, count: int, seed: int) -> tuple[Mutant, ...]:
    """``count`` different changes drawn at random, no more than a fair share from any one file."""
    rng = np.random.default_rng(seed)
    by_file: dict[str, list[Mutant]] = {}
    for path in core.sources:
        found = list(_of_file(path))
        rng.shuffle(found)
        by_file[path.name] = found
    chosen: list[Mutant] = []
    while len(chosen) < count and any(by_file.values()):
        for waiting in by_file.values():
            if waiting and len(chosen) < count:
                chosen.append(waiting.pop())
    return tuple(chosen)


def score(core: ExportedCore, changes: tuple[Mutant, ...], folder: Path, advance: Callable[[], object]) -> Score:
    """Run every mutant against the core's vectors in Icarus; what does not compile or hangs is found as well."""
    found: list[Mutant] = []
    missed: list[Mutant] = []
    for number, change in enumerate(changes):
        mutant = replace(core, folder=folder / f"m{number}")
        shutil.copytree(core.folder, mutant.folder)
        path = mutant.rtl / change.file
        lines = path.read_text(encoding="ascii").splitlines()
        lines[change.line] = change.text
        path.write_text("\n".join([*lines, ""]), encoding="ascii")
        (found if _caught(mutant, folder) else missed).append(change)
        shutil.rmtree(mutant.folder)
        advance()
    return Score(tuple(found), tuple(missed))


def _caught(mutant: ExportedCore, scratch: Path) -> bool:
    """Compiled once; most are found in the first ticks, the others run to the end."""
    try:
        program = icarus.build(mutant, scratch)
        few = min(_FIRST, mutant.ticks)
        return any(icarus.run(program, mutant, ticks, 120.0).outcome is Outcome.FAILED for ticks in (few, mutant.ticks))
    except ToolError:
        return True


def _of_file(path: Path) -> Iterator[Mutant]:
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines()):
        code = line.split("//")[0]
        if _SKIPPED.match(code) or not code.strip():
            continue
        for old, new in _SWAPS:
            for place in range(code.count(old)):
                parts = code.split(old)
                changed = old.join(parts[: place + 1]) + new + old.join(parts[place + 1 :])
                yield Mutant(path.name, number, changed)
        for match in _NUMBER.finditer(code):
            value = int(match.group(1))
            start, end = match.span(1)
            yield Mutant(path.name, number, f"{code[:start]}{value + 1 if value == 0 else value - 1}{code[end:]}")
