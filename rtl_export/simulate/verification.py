"""Verify: run an exported core in every simulator there is and compare it with its golden vectors."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

from neuro.errors import InvalidInput, ToolError, VerificationError
from rtl_export.emit.folder import ExportedCore, read_core
from rtl_export.simulate import cxxrtl, icarus, verilator
from rtl_export.simulate.result import Outcome, SimulatorResult

_SECONDS = 3600.0
"""Ends a simulator that hangs; on a busy machine one that does not may take a quarter of an hour."""

Simulate = Callable[[ExportedCore, int, Path, float], SimulatorResult]


class RTLSimulator(Enum):
    """A Verilog simulator that runs exported cores."""

    CXXRTL = cxxrtl.CXXRTL
    ICARUS = icarus.ICARUS
    VERILATOR = verilator.VERILATOR


def verify(
    folder: Path | str,
    *,
    ticks: int | None = None,
    simulators: Sequence[RTLSimulator] = tuple(RTLSimulator),
    seconds: float = _SECONDS,
) -> tuple[SimulatorResult, ...]:
    """Run what is in the folder, changed or not, and report each simulator's verdict.

    Args:
        folder: an exported core.
        ticks: how many ticks, 1 to as many as the vectors hold; default all.
        simulators: which ones; default all that Spikeloom knows.
        seconds: limit for one simulator's run.

    Returns:
        One result for each simulator; those that are not installed say so and have not passed.

    Raises:
        InvalidInput: no exported core is there, or it has not as many ticks.
        ToolError: no simulator is installed, or one failed to compile or to end.
    """
    core = read_core(Path(folder))
    if ticks is None:
        ticks = core.ticks
    if isinstance(ticks, bool) or not isinstance(ticks, int) or not 1 <= ticks <= core.ticks:
        raise InvalidInput(f"ticks is {ticks!r}; the vectors in {core.folder} allow 1 to {core.ticks}")
    results = tuple(_run(simulator, core, ticks, seconds) for simulator in simulators)
    if all(result.outcome is Outcome.NOT_FOUND for result in results):
        raise ToolError("no Verilog simulator was found: " + "; ".join(result.detail for result in results))
    return results


def _run(simulator: RTLSimulator, core: ExportedCore, ticks: int, seconds: float) -> SimulatorResult:
    engines: dict[RTLSimulator, Simulate] = {
        RTLSimulator.CXXRTL: cxxrtl.simulate_cxxrtl,
        RTLSimulator.ICARUS: icarus.simulate_icarus,
        RTLSimulator.VERILATOR: verilator.simulate_verilator,
    }
    with tempfile.TemporaryDirectory(prefix="spikeloom_") as scratch:
        return engines[simulator](core, ticks, Path(scratch), seconds)


def require_equal(results: Sequence[SimulatorResult]) -> None:
    """Return quietly if every simulator that was found agreed with the golden vectors.

    Raises:
        VerificationError: one found a difference; the message names it, its ticks and the first mismatches.
    """
    for result in results:
        if result.outcome is Outcome.FAILED:
            raise VerificationError(
                f"{result.simulator}: {result.mismatches} mismatches in {result.ticks} ticks and {result.states} "
                f"registers compared\n{result.detail}"
            )
