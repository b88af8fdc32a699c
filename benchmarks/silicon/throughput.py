"""Rows of bench ``silicon``: how many synaptic events and neuron updates a core does in a clock, counted inside it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.form import Measured, checked
from benchmarks.silicon.circuits import competing_network, integers
from benchmarks.silicon.lab import SEED, Lab
from benchmarks.silicon.neurons import published_size
from neuro.compiler.ir import ProjectionProgram
from neuro.spikes import Spikes
from rtl_export import ExportedCore, Outcome, RTLSimulator, build_core, export, tools
from rtl_export.exporter import record_run
from rtl_export.simulate import icarus
from rtl_export.simulate.result import read_result

_TICKS, _NEURONS, _SECONDS = 12, 256, 600.0
_LINE = re.compile(r"^PACE tick=(\d+) clocks=(\d+) events=(\d+) walk=(\d+) updates=(\d+) pass=(\d+)$", re.MULTILINE)
_MONITOR = """
// monitor: counts in every tick what the core does, and the clocks from the first to the last of it.
module monitor;
    integer clock = 0, tick = 0, start, events, first_event, last_event, updates, first_update, last_update;
    reg running = 1'b0;

    always @(posedge testbench.clk) begin
        clock = clock + 1;
        if (testbench.start && testbench.ready) begin
            running = 1'b1;
            start   = clock;
            events  = 0;
            updates = 0;
        end
        if (running && testbench.core.{synapses}.event_valid) begin
            if (events == 0)
                first_event = clock;
            last_event = clock;
            events     = events + 1;
        end
        if (running && testbench.core.{neurons}.write) begin
            if (updates == 0)
                first_update = clock;
            last_update = clock;
            updates     = updates + 1;
        end
        if (running && testbench.done) begin
            running = 1'b0;
            $display("PACE tick=%0d clocks=%0d events=%0d walk=%0d updates=%0d pass=%0d", tick, clock - start + 1,
                     events, events == 0 ? 0 : last_event - first_event + 1, updates, last_update - first_update + 1);
            tick = tick + 1;
        end
    end
endmodule
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """What happened in one tick: events and updates, the clocks from the first to the last of each, all clocks."""

    clocks: int
    events: int
    walk: int
    updates: int
    sweep: int


def events_per_cycle(lab: Lab) -> Measured:
    """Synaptic events a clock while a tick's spikes are walked, with 256 neurons and 65,536 synapses of 4 bits."""
    paces = [pace for pace in _counted(lab) if pace.events]
    events, clocks = (sum(getattr(pace, name) for pace in paces) for name in ("events", "clocks"))
    busiest = max(paces, key=lambda pace: pace.events)
    checked(busiest.events > _NEURONS, "several rows follow one another in a tick")
    note = (
        f"from the first to the last event of a tick, rows one after the other, {events:,} events; over whole ticks, "
        f"updates and sending included, {events / clocks:.3f} ({busiest.events / busiest.clocks:.3f} in the busiest "
        f"tick: {busiest.events // _NEURONS} spikes, {busiest.clocks:,} clocks)"
    )
    return Measured(events / sum(pace.walk for pace in paces), "a clock", _SAME, note=note)


def updates_per_cycle(lab: Lab) -> Measured:
    """Neuron updates a clock in that core's pass over its neurons."""
    paces = _counted(lab)
    updates = sum(pace.updates for pace in paces)
    note = f"from the first to the last update of a tick, {updates:,} updates"
    return Measured(updates / sum(pace.sweep for pace in paces), "a clock", _SAME, note=note)


def competing_cycles(lab: Lab) -> Measured:
    """Cycles of an E/I network with winners over its synaptic events, neurons and spikes sent."""
    ticks = 40
    program = integers(competing_network(ticks, SEED), ticks)
    golden = record_run(program, ticks, ticks)
    neurons = sum(part.size for part in program.populations)
    events = sum(_delivered(part, golden.spikes[part.source], ticks) for part in program.projections)
    checked(golden.spike_count > ticks, f"{golden.spike_count:,} spikes were sent")
    proof = lab.prove("an E/I network with winners", program, ticks, (RTLSimulator.ICARUS,), every=ticks, golden=golden)
    checked(proof.mismatches == 0, "spikes and states are those of the fixed-point model")
    cycles, needed = proof.results[0].clocks, events + neurons * ticks + golden.spike_count
    note = (
        f"cycles over (events + neurons x ticks + sends): {cycles:,} / ({events:,} + {neurons * ticks:,} + "
        f"{golden.spike_count:,}); {cycles / ticks:.0f} cycles a tick"
    )
    return Measured(cycles / needed, "", _SAME, note=note)


def _delivered(part: ProjectionProgram, spikes: Spikes, ticks: int) -> int:
    """Synaptic events of a projection whose synapses have one delay."""
    due = spikes.indices[spikes.ticks + part.delay < ticks]
    return int(np.diff(part.row_start)[due].sum())


_SAME = "spikes and states as in the fixed-point model; Icarus Verilog, counted inside the core"


def _counted(lab: Lab) -> Sequence[Pace]:
    """Every tick of the core in Icarus, with counters beside it."""
    program = published_size(_TICKS, _NEURONS)
    core = build_core(program)
    synapses, neurons = core.projection("aa").module, core.population("a").module
    with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
        folder = Path(scratch)
        exported = export(program, folder / "core", ticks=_TICKS, every=_TICKS)
        monitor = folder / "monitor.v"
        text = _MONITOR.replace("{synapses}", f"{synapses}__synapses").replace("{neurons}", f"{neurons}__neurons")
        monitor.write_text(text, encoding="ascii")
        with lab.stages.stage("Count events in Icarus"):
            log = _run(exported, monitor, folder)
    paces = [Pace(*map(int, found)) for _, *found in _LINE.findall(log)]
    checked(len(paces) == _TICKS, f"all {_TICKS} ticks were counted")
    return paces


def _run(core: ExportedCore, monitor: Path, folder: Path) -> str:
    program = icarus.build_icarus(core, folder, beside=(monitor,))
    command = ["vvp", "-n", str(program), "+rehearsals=0", "+calm"]
    log = tools.run_tool("counting events", command, folder=core.rtl, seconds=_SECONDS)
    checked(read_result(icarus.ICARUS, log, core.ticks).outcome is Outcome.PASSED, "the core agrees with the model")
    return log
