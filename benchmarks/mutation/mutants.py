"""Mutants: single changes of exported cores' Verilog, made blindly, and whether the verification finds them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import numpy as np

from benchmarks.mutation.equivalence import equivalent, instantiated
from benchmarks.mutation.mutated_circuits import STORM
from neuro.errors import ToolError
from rtl_export import ExportedCore, Outcome
from rtl_export.simulate import icarus

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
)
_NOT = re.compile(r"!(?!=)")
_NUMBER = re.compile(r"\d+'s?d(\d+)")
_SKIPPED = re.compile(r"^\s*(//|module|parameter|localparam \[|input|output|reg |endmodule|\.)")
_SECONDS = 900.0
_REHEARSALS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Mutant:
    """One change: the cores that use the file, its name in their ``rtl/``, the line, and what it reads instead."""

    cores: tuple[ExportedCore, ...]
    file: str
    line: int
    text: str

    @property
    def place(self) -> str:
        """File, line and the new text, for a report."""
        return f"{self.file}:{self.line + 1} {self.text.strip()}"


class Verdict(Enum):
    """What became of a mutant: the vectors found it or missed it, it changes nothing, or it does not compile."""

    FOUND = "found"
    MISSED = "missed"
    EQUIVALENT = "equivalent"
    INVALID = "not compiled"


@dataclass(frozen=True, slots=True)
class Score:
    """Every mutant with its verdict. Only those found and missed count."""

    judged: tuple[tuple[Mutant, Verdict], ...]

    def those(self, verdict: Verdict) -> tuple[Mutant, ...]:
        """The mutants with that verdict."""
        return tuple(mutant for mutant, found in self.judged if found is verdict)

    @property
    def counted(self) -> int:
        """Mutants that compile and compute something else."""
        return len(self.those(Verdict.FOUND)) + len(self.those(Verdict.MISSED))

    @property
    def share(self) -> float:
        """Found of those that count, in per cent."""
        return 100.0 * len(self.those(Verdict.FOUND)) / self.counted


def mutants(cores: Sequence[ExportedCore], seed: int) -> Iterator[Mutant]:
    """Every change in a random order, the modules in turn, but those of :func:`stressed`; shared modules come once."""
    rng = np.random.default_rng(seed)
    waiting: dict[str, list[Mutant]] = {}
    uses: dict[str, list[ExportedCore]] = {}
    for number, core in enumerate(cores):
        for path in instantiated(core):
            own = path.name.startswith(("pop_", "proj_"))
            uses.setdefault(f"{number} {path.name}" if own else path.name, []).append(core)
    for module, users in uses.items():
        file = module.split()[-1]
        if not file.startswith(STORM):
            found = list(_of_file(tuple(users), file))
            waiting[module] = [found[k] for k in rng.permutation(len(found))]
    while any(waiting.values()):
        for changes in waiting.values():
            if changes:
                yield changes.pop()


def judge(
    cores: Sequence[ExportedCore], count: int, seed: int, folder: Path, advance: Callable[[int], object]
) -> Score:
    """Judge mutants until ``count`` of them count, or none is left.

    Args:
        cores: exported, with golden vectors; together they should use every feature.
        count: how many have to compile and to compute something else.
        seed: of the order.
        folder: for what is made; emptied again.
        advance: called with the number of those that count.
    """
    judged: dict[Mutant, Verdict] = {}
    checked = set[Mutant]()
    for mutant in mutants(cores, seed):
        judged[mutant] = _verdict(mutant, folder)
        score = Score(tuple(judged.items()))
        advance(score.counted)
        if score.counted < count:
            continue
        # Proofs take longer than runs, so the few that are needed come together.
        for missed in set(score.those(Verdict.MISSED)) - checked:
            checked.add(missed)
            if _changes_nothing(missed, folder):
                judged[missed] = Verdict.EQUIVALENT
        if Score(tuple(judged.items())).counted >= count:
            break
    return Score(tuple(judged.items()))


def _verdict(mutant: Mutant, scratch: Path) -> Verdict:
    for original in mutant.cores:
        with _changed(mutant, original, scratch) as core:
            try:
                program = icarus.build_icarus(core, scratch)
            except ToolError:
                return Verdict.INVALID
            if _found(program, core):
                return Verdict.FOUND
    return Verdict.MISSED


def _changes_nothing(mutant: Mutant, scratch: Path) -> bool:
    for original in mutant.cores:
        with _changed(mutant, original, scratch) as core:
            if not equivalent(original, core, mutant.file):
                return False
    return True


@contextmanager
def _changed(mutant: Mutant, original: ExportedCore, scratch: Path) -> Iterator[ExportedCore]:
    """One of the mutant's cores, on disk as long as the context lasts."""
    core = replace(original, folder=scratch / "mutant")
    shutil.copytree(original.folder, core.folder)
    try:
        path = core.rtl / mutant.file
        lines = path.read_text(encoding="ascii").splitlines()
        lines[mutant.line] = mutant.text
        path.write_text("\n".join([*lines, ""]), encoding="ascii")
        yield core
    finally:
        shutil.rmtree(core.folder)


def _found(program: Path, core: ExportedCore) -> bool:
    """Whether the test bench complains; a simulation that stands still (a loop of wires) is found by its time limit.

    The limit is a hundred times what a run takes, so that a busy machine finds nothing.
    """
    try:
        return (
            icarus.run_icarus(program, core, core.ticks, _SECONDS, stop=True, rehearsals=_REHEARSALS).outcome
            is Outcome.FAILED
        )
    except ToolError:
        return True


def _of_file(cores: tuple[ExportedCore, ...], file: str) -> Iterator[Mutant]:
    for number, line in enumerate((cores[0].rtl / file).read_text(encoding="ascii").splitlines()):
        code = line.split("//")[0]
        if _SKIPPED.match(code) or not code.strip():
            continue
        for old, new in _SWAPS:
            for place in range(code.count(old)):
                parts = code.split(old)
                changed = old.join(parts[: place + 1]) + new + old.join(parts[place + 1 :])
                yield Mutant(cores, file, number, changed)
        for match in _NOT.finditer(code):
            yield Mutant(cores, file, number, code[: match.start()] + code[match.end() :])
        for match in _NUMBER.finditer(code):
            value = int(match.group(1))
            start, end = match.span(1)
            yield Mutant(cores, file, number, f"{code[:start]}{value + 1 if value == 0 else value - 1}{code[end:]}")
