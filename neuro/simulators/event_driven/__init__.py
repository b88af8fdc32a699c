"""The event-driven simulator: queries over one population, at a cost that depends on their activity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuro.deferred import deferred_names as _deferred_names

if TYPE_CHECKING:
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

if not TYPE_CHECKING:
    __getattr__, __dir__ = _deferred_names(__name__, __file__)
