"""Gates: a whole core as a netlist of standard cells, simulated against the core's own golden vectors.

The memories (module ``sram``) stay what they are: macros in silicon, the template in simulation. The cells' models are
made from the functions that the Liberty library states.
"""

from __future__ import annotations

import re
from pathlib import Path

from rtl_export import tools, yosys
from rtl_export.emit.folder import ExportedCore
from rtl_export.flows.mapping import Library, Mapped, map_to_cells
from rtl_export.simulate.result import Outcome, SimulatorResult, read_result

GATES = "netlist in Icarus Verilog"
MEMORY = "sram"
_SECONDS = 600.0
_REGISTER = re.compile(r"^(\s*reg \w+);$", re.MULTILINE)


def map_core(core: ExportedCore, library: Library, scratch: Path, *, period_ns: float) -> Mapped:
    """The core in cells; its memories stay black boxes.

    Raises:
        ToolError: pyosys is missing, a pass failed or it took too long.
    """
    return map_to_cells(core.sources, core.name, library, scratch, period_ns=period_ns, keep=(MEMORY,))


def cell_models(library: Library, scratch: Path) -> Path:
    """The library's cells in Verilog; flip-flops start at 0, as silicon does at either level.

    Raises:
        ToolError: pyosys is missing or can't read the library.
    """
    models = scratch / "cells.v"
    passes = [f"read_liberty -ignore_miss_func -ignore_miss_dir {yosys.quoted(library.path)}"]
    yosys.run_passes("models of cells", [*passes, f"write_verilog -noattr {yosys.quoted(models)}"], seconds=_SECONDS)
    # A cell with Q and Q_N has two registers here; both must start, or x stays in what only gates hold.
    models.write_text(_REGISTER.sub(r"\1 = 1'b0;", models.read_text(encoding="utf-8")), encoding="utf-8")
    return models


def powered_up(memory: str) -> str:
    """The memory's Verilog for a simulation, with bits as after power-up: unknown to the core, but 0 or 1.

    Gates know only values: an x that a word never written holds would go through them and stay, where a multiplexer
    of the source leaves it out. So random bits stand in for it; what depends on them is a mismatch.
    """
    start = """
    integer place;
    initial begin
        for (place = 0; place < (1 << ADDRESS_WIDTH); place = place + 1)
            words[place] = {(WIDTH + 31) / 32{$random}};
        rdata = {(WIDTH + 31) / 32{$random}};
    end
endmodule
"""
    whole = memory.replace("words [0:DEPTH-1]", "words [0:(1<<ADDRESS_WIDTH)-1]")
    return whole.rpartition("endmodule")[0] + start


def simulate_netlist(
    core: ExportedCore,
    mapped: Mapped,
    models: Path,
    scratch: Path,
    *,
    ticks: int,
    seconds: float,
    watcher: Path | None = None,
) -> SimulatorResult:
    """Run the netlist against the core's golden vectors.

    Args:
        core: exported.
        mapped: its netlist.
        models: of the cells.
        scratch: folder for what is made.
        ticks: how many.
        seconds: limit of the run.
        watcher: a file with one more top module ``watcher``, which may look into the test bench.

    Raises:
        ToolError: the netlist does not compile, or the run took too long.
    """
    if tools.find("iverilog") is None or tools.find("vvp") is None:
        return SimulatorResult(GATES, Outcome.NOT_FOUND, detail="apt-get install iverilog")
    program, memory = scratch / "netlist.vvp", scratch / f"{MEMORY}.v"
    memory.write_text(powered_up((core.rtl / f"{MEMORY}.v").read_text(encoding="utf-8")), encoding="utf-8")
    sources = [core.tb / "testbench.v", mapped.verilog, models, memory]
    tops = ["-s", "testbench"]
    if watcher is not None:
        sources, tops = [*sources, watcher], [*tops, "-s", "watcher"]
    command = ["iverilog", "-g2005", *tops, "-o", str(program), *(str(path.resolve()) for path in sources)]
    tools.run_tool(f"{GATES}, compiling", command, folder=scratch, seconds=_SECONDS)
    # Activity is weighed of what the vectors ask for, without noise on idle inputs.
    run = ["vvp", "-n", str(program), f"+ticks={ticks}", "+rehearsals=0", *(["+calm"] if watcher else [])]
    log = tools.run_tool(f"{GATES}, running", run, folder=core.rtl, seconds=seconds)
    return read_result(GATES, log, ticks)
