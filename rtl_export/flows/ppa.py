"""PPA: power, performance and area of an exported core before any layout, from one reproducible run of open tools."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from neuro.errors import InvalidInput, ToolError, VerificationError
from rtl_export.emit.folder import read_core
from rtl_export.flows.activity import Activity, Cell, read_activity, read_cells, watcher
from rtl_export.flows.gates import MEMORY, cell_models, map_core, simulate_netlist
from rtl_export.flows.mapping import Library
from rtl_export.flows.memories import Macro, MemoryInstance, memory_liberty, timing_netlist
from rtl_export.flows.timing import power_of_netlist, time_netlist
from rtl_export.simulate.result import Outcome

PRE_LAYOUT = "pre-layout: mapped cells, no placement, no wires, no clock tree, one corner"


@dataclass(frozen=True, slots=True)
class PpaReport:
    """Power, performance, area. Everything is pre-layout; what ``memory_`` begins is an estimate from one macro.

    Args:
        core: name.
        stage: what kind of figures these are.
        liberty, liberty_sha256: the standard cells.
        macro, macro_sha256: the SRAM macro behind memories.
        cells, area_um2: logic without memories.
        memories, memory_bits, memory_macros, memory_area_um2: what the memories fill.
        period_ns: the clock asked for.
        fmax_mhz: with set-up times and memory access, by OpenSTA.
        netlist_mismatches: of the netlist against the golden vectors.
        clocks, events: simulated stretch, and synaptic events in it.
        logic_pj_per_event: from the simulated activity of every net.
        memory_pj_per_event: accesses simulated, the macro's energy for each.
        activity_sha256: of the VCD file.
    """

    core: str
    stage: str
    liberty: str
    liberty_sha256: str
    macro: str
    macro_sha256: str
    cells: int
    area_um2: float
    memories: int
    memory_bits: int
    memory_macros: int
    memory_area_um2: float
    period_ns: float
    fmax_mhz: float
    netlist_mismatches: int
    ticks: int
    most_clocks_per_tick: int
    clocks: float
    events: int
    logic_power_w: float
    logic_pj_per_event: float
    memory_pj_per_event: float
    activity_sha256: str

    def json(self) -> str:
        """The report as JSON, one key a line."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


def measure_ppa(
    folder: Path | str,
    *,
    liberty: Path | str,
    macro: Path | str,
    events: int,
    ticks: tuple[int, int],
    period_ns: float = 1e3 / 150.0,
    seconds: float = 3600.0,
) -> PpaReport:
    """Map a core, run the netlist against its vectors, time it and weigh its simulated activity.

    Args:
        folder: an exported core.
        liberty: the standard cells.
        macro: one SRAM macro of the same process.
        events: synaptic events in ``ticks`` (the golden run knows).
        ticks: first and last tick of the stretch whose activity is weighed.
        period_ns: the clock.
        seconds: limit of the netlist's simulation.

    Raises:
        InvalidInput: no core or library is there, or the ticks are not in its vectors.
        ToolError: a tool is missing, failed or took too long; the message names the step and its log.
        VerificationError: the netlist differs from the golden vectors.
    """
    core, library, memory = read_core(Path(folder)), Library.read(liberty), Macro.read(macro)
    first, last = ticks
    if not 0 <= first <= last < core.ticks or events < 1:
        raise InvalidInput(
            f"ticks {first} to {last} with {events} events; the vectors hold ticks 0 to {core.ticks - 1}, events >= 1"
        )
    with tempfile.TemporaryDirectory(prefix="spikeloom_") as name:
        scratch = Path(name)
        mapped = map_core(core, library, scratch, period_ns=period_ns)
        nets, cells = read_cells(mapped)
        source, vcd = watcher(scratch, first, last)
        models = cell_models(library, scratch)
        result = simulate_netlist(core, mapped, models, scratch, ticks=core.ticks, seconds=seconds, watcher=source)
        if result.outcome is Outcome.NOT_FOUND:
            raise ToolError(f"{result.simulator} is not installed; {result.detail}")
        if result.outcome is not Outcome.PASSED:
            raise VerificationError(f"{result.simulator}: {result.mismatches} mismatches\n{result.detail}")
        activity = read_activity(vcd, nets)
        text, memories = timing_netlist(mapped.verilog.read_text(encoding="utf-8"))
        timed, shapes = scratch / "timed.v", scratch / "memories.lib"
        timed.write_text(text, encoding="utf-8")
        shapes.write_text(memory_liberty(memories, memory), encoding="ascii")
        libraries = [library, *([Library.read(shapes)] if memories else [])]
        timing = time_netlist(timed, core.name, libraries, clock="clk", period_ns=period_ns, scratch=scratch)
        pins = _pins(cells, activity, {part.instance: part.name for part in memories})
        power = power_of_netlist(timed, core.name, libraries, pins, clock="clk", period_ns=period_ns, scratch=scratch)
    span_s = activity.clocks * period_ns * 1e-9
    return PpaReport(
        core.name,
        PRE_LAYOUT,
        str(library.path),
        library.sha256,
        str(memory.library.path),
        memory.library.sha256,
        mapped.cells,
        mapped.area_um2,
        len(memories),
        sum(part.words * part.bits for part in memories),
        sum(part.macros(memory) for part in memories),
        sum(part.macros(memory) for part in memories) * memory.area_um2,
        period_ns,
        timing.fmax_mhz,
        result.mismatches,
        result.ticks,
        result.most_clocks,
        activity.clocks,
        events,
        power.total_w,
        power.total_w * span_s * 1e12 / events,
        _accesses_pj(cells, activity, memory, memories) / events,
        activity.sha256,
    )


def _pins(cells: Mapping[str, Cell], activity: Activity, names: Mapping[str, str]) -> dict[str, tuple[float, float]]:
    """The activity of every output of a cell, by OpenSTA's name of the pin."""
    pins: dict[str, tuple[float, float]] = {}
    for name, cell in cells.items():
        memory = cell["type"] == MEMORY
        for port, bits in cell["connections"].items():
            if memory and port == "rdata":
                pins |= {f"{names[name]}/rdata\\[{k}\\]": activity.of(bit) for k, bit in enumerate(bits)}
            elif not memory and cell["port_directions"].get(port) == "output":
                pins[f"{name}/{port}"] = activity.of(bits[0])
    return pins


def _accesses_pj(
    cells: Mapping[str, Cell], activity: Activity, macro: Macro, memories: tuple[MemoryInstance, ...]
) -> float:
    """Energy of all reads and writes, each of as many macros as hold one word."""
    total = 0.0
    for part in memories:
        ports = cells[part.instance]["connections"]
        enabled, writing = (activity.of(ports[port][0])[1] for port in ("enable", "write"))
        writes = min(enabled, writing)
        side_by_side = -(-part.bits // macro.bits)
        share = (enabled - writes) * macro.read_pj + writes * macro.write_pj
        total += share * activity.clocks * side_by_side
    return total
