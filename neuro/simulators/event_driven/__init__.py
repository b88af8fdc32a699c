"""The event-driven simulator: queries over one population, at a cost that depends on their activity."""

from __future__ import annotations

from neuro.simulators.event_driven.kernel_source import FINISHED, FULL, SHORT
from neuro.simulators.event_driven.program import EventLayer, EventProgram, event_program
from neuro.simulators.event_driven.run import EventRun, LastingStates, QueryRuns, joined
from neuro.spikes import QuerySpikes

__all__ = [
    "EventLayer",
    "EventProgram",
    "EventRun",
    "FINISHED",
    "FULL",
    "LastingStates",
    "QueryRuns",
    "QuerySpikes",
    "SHORT",
    "event_program",
    "joined",
]
