"""Monitors -> probes, or a note why none is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuro.circuit.circuit import Probe
from neuro.interop.brian2.reading import Reading, parent, refuse

if TYPE_CHECKING:
    from brian2 import EventMonitor, PopulationRateMonitor, StateMonitor


def read_monitor(monitor: StateMonitor | EventMonitor | PopulationRateMonitor, reading: Reading) -> list[Probe]:
    """The probes of a StateMonitor; a recording holds the spikes and rates that the other monitors see.

    A probe reads at the end of a tick and the whole group; a StateMonitor by default at the start of it, and the
    neurons it was told to.
    """
    kind, name = type(monitor).__name__, monitor.name
    if kind == "EventMonitor" and monitor.event != "spike":
        refuse(f"EventMonitor {name!r} of {monitor.event!r}", "watch spikes")
    if kind != "StateMonitor":
        reading.notes.append(f"{kind} {name!r}: a recording holds every spike; rates follow from them")
        return []
    if not monitor.active:
        reading.notes.append(f"StateMonitor {name!r} is not active")
        return []
    source = parent(monitor.source)
    every = round(monitor.clock.dt_ / reading.dt)
    if every < 1 or abs(every * reading.dt - monitor.clock.dt_) > 1e-9 * monitor.clock.dt_:
        refuse(f"StateMonitor {name!r} every {monitor.clock.dt}", f"record every whole multiple of {reading.dt:g} s")
    equations = getattr(source, "user_equations", None)
    if equations is None:
        equations = getattr(source, "equations", {})
    probes = []
    for variable in monitor.record_variables:
        item = equations.get(variable)
        if item is None or item.type == "subexpression" or "constant" in item.flags:
            reading.notes.append(f"StateMonitor {name!r}, {variable!r}: only states are probed")
        else:
            probes.append(Probe(source.name, variable, every))
    if probes and monitor.when not in ("end", "after_end"):
        reading.notes.append(f"StateMonitor {name!r} reads in the slot {monitor.when!r}: the probe reads at the end")
    return probes
