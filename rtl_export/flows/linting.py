"""Lint: emitted Verilog under Verilator and slang, with warnings as errors.

Two of Verilator's classes are off. WIDTHEXPAND: signed arithmetic here relies on Verilog's own sign extension; a sum is
as wide as its result, its parts are not. UNUSEDSIGNAL: one module serves every core, so a port may be wider than one
user needs (the host's data bus), and a rounding shift drops the bits that it has rounded away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neuro.errors import ToolError
from rtl_export import tools
from rtl_export.simulate import verilator

_SECONDS = 300.0
VERILATOR_OPTIONS = ("-Wall", "-Wno-WIDTHEXPAND", "-Wno-UNUSEDSIGNAL", "--language", "1364-2005")
"""What Verilator is told; every warning that is left is an error."""
_SLANG = ("-Wextra", "-Werror", "--std", "1364-2005")


@dataclass(frozen=True, slots=True)
class LintResult:
    """One linter's verdict.

    Args:
        linter: its name.
        found: whether it is installed; one that is not has not passed.
        complaints: its warnings and errors.
    """

    linter: str
    found: bool
    complaints: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether it ran and had nothing to say."""
        return self.found and not self.complaints


def lint(sources: Sequence[Path], top: str) -> tuple[LintResult, ...]:
    """What Verilator and slang say of the modules under ``top``.

    Raises:
        ToolError: a linter crashed or hung.
    """
    return _with_verilator(sources, top), _with_slang(sources, top)


def _with_verilator(sources: Sequence[Path], top: str) -> LintResult:
    place = verilator.root()
    if place is None:
        return LintResult("Verilator", found=False)
    command = [str(place / "bin" / "verilator_bin"), "--lint-only", *VERILATOR_OPTIONS, "--top-module", top]
    log = _log("lint with Verilator", [*command, *map(str, sources)], {"VERILATOR_ROOT": str(place)}, "%")
    return LintResult("Verilator", found=True, complaints=log)


def _with_slang(sources: Sequence[Path], top: str) -> LintResult:
    if tools.find_package("pyslang") is None:
        return LintResult("slang", found=False)
    command = [*tools.python_module("rtl_export.flows.slang"), *_SLANG, "--top", top]
    log = _log("lint with slang", [*command, *map(str, sources)], {}, "")
    return LintResult("slang", found=True, complaints=log)


def _log(step: str, command: Sequence[str], environment: dict[str, str], prefix: str) -> tuple[str, ...]:
    """A linter's complaints; none where it ended well."""
    root = Path(__file__).resolve().parents[2]
    try:
        tools.run_tool(step, command, folder=root, seconds=_SECONDS, environment=environment)
    except ToolError as error:
        lines = tuple(line for line in str(error).splitlines()[1:] if line.startswith(prefix))
        if not lines:
            raise
        return lines
    return ()
