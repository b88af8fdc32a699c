"""Result: what one simulator found when it ran an exported core against its golden vectors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from neuro.errors import InvalidInput, ToolError

_LINE = re.compile(r"^SPIKELOOM ticks=(\d+) spikes=(\d+) states=(\d+) mismatches=(\d+) hung=([01])$", re.MULTILINE)
_CLOCKS = re.compile(r"^CLOCKS most=(\d+) bound=\d+ total=(\d+)$", re.MULTILINE)
_EARLY = re.compile(r"^tick (\d+): commands.txt ends early$", re.MULTILINE)


class Outcome(Enum):
    """PASSED: every word equal. FAILED: some differ, or the core hung. NOT_FOUND: the simulator is not installed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class SimulatorResult:
    """One simulator's verdict.

    Args:
        simulator: its name.
        outcome: a simulator that was not found has not passed.
        ticks: ticks that ran to their end.
        spikes: spikes that the core sent.
        states: registers compared.
        mismatches: words (neuron, tick) that differ, and spikes that came twice.
        detail: the first mismatches, or why there is no result.
        most_clocks: that any tick took.
        clocks: of all ticks together.
    """

    simulator: str
    outcome: Outcome
    ticks: int = 0
    spikes: int = 0
    states: int = 0
    mismatches: int = 0
    detail: str = ""
    most_clocks: int = 0
    clocks: int = 0


def read_result(simulator: str, log: str, ticks: int) -> SimulatorResult:
    """The verdict in a test bench's log.

    Raises:
        InvalidInput: the file of vectors was cut; whatever differed before says nothing of the core.
        ToolError: the log ends without one.
    """
    early = _EARLY.search(log)
    if early is not None:
        raise InvalidInput(
            f"{simulator}: the vectors in tb/commands.txt end early, at tick {early.group(1)}: the file is damaged; "
            "export the core again"
        )
    found = _LINE.search(log)
    if found is None:
        raise ToolError(f"{simulator}: the test bench ended without a result:\n{log[-1000:].strip()}")
    ran, spikes, states, mismatches, hung = map(int, found.groups())
    passed = mismatches == 0 and not hung and ran == ticks
    clocks = _CLOCKS.search(log)
    outcome = Outcome.PASSED if passed else Outcome.FAILED
    detail = log[: found.start()].strip()
    most, total = map(int, clocks.groups()) if clocks else (0, 0)
    return SimulatorResult(simulator, outcome, ran, spikes, states, mismatches, "" if passed else detail, most, total)
