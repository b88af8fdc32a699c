"""Projects: what takes an exported core up elsewhere: FuseSoC's ``.core``, LibreLane's ``config.json``, an SDC.

LibreLane checks the variables and OpenSTA the constraints; FuseSoC runs its targets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neuro.errors import ToolError
from rtl_export import tools
from rtl_export.core.core import CoreNetlist
from rtl_export.emit.folder import ExportedCore
from rtl_export.flows.linting import VERILATOR_OPTIONS
from rtl_export.simulate import verilator

_SECONDS = 600.0

PERIOD_NS = 20.0
"""The clock that the constraints ask for; wires and memory macros still come."""


def project_files(core: CoreNetlist, sources: Sequence[str]) -> dict[str, bytes]:
    """Path in the export -> contents; ``sources`` are the files in ``rtl/``."""
    config = librelane_config(core, sources)
    return {
        # FuseSoC takes files only from the folder of its file, and below.
        f"{core.name}.core": _fusesoc(core, sources).encode("ascii"),
        "flows/config.json": (json.dumps(config, indent=2) + "\n").encode("ascii"),
        f"flows/{core.name}.sdc": _sdc().encode("ascii"),
    }


def librelane_config(core: CoreNetlist, sources: Sequence[str]) -> Mapping[str, Any]:
    """LibreLane's variables; memories are mapped to flip-flops there unless macros are given."""
    return {
        "meta": {"version": 2},
        "DESIGN_NAME": core.name,
        "VERILOG_FILES": [f"dir::../rtl/{name}" for name in sorted(sources)],
        "CLOCK_PORT": "clk",
        "CLOCK_PERIOD": PERIOD_NS,
        "PNR_SDC_FILE": f"dir::{core.name}.sdc",
        "SIGNOFF_SDC_FILE": f"dir::{core.name}.sdc",
        "FP_CORE_UTIL": 40,
    }


def check_librelane(folder: Path | str) -> tuple[str, ...]:
    """What LibreLane says against an export's ``flows/config.json``, judged by its own variables; nothing is run.

    Raises:
        ToolError: LibreLane is missing, or does not answer.
    """
    step = "LibreLane's check of config.json"
    program = Path(tools.require(step, "librelane", "pip install librelane==3.0.17, in an environment of its own"))
    python = program.with_name("python")
    config = Path(folder).resolve() / "flows" / "config.json"
    # A script, not a module of this package: LibreLane's Python need not have Spikeloom.
    script = Path(__file__).with_name("librelane_check.py")
    try:
        tools.run_tool(step, [str(python), str(script), str(config)], folder=config.parent, seconds=_SECONDS)
    except ToolError as error:
        lines = str(error).splitlines()
        start = next((k for k, line in enumerate(lines) if line.endswith("variables checked")), None)
        if start is None:
            raise
        return tuple(lines[start + 1 :])
    return ()


def run_fusesoc(core: ExportedCore, target: str, scratch: Path, *, seconds: float = _SECONDS) -> str:
    """Run a target of the export's ``.core`` in FuseSoC, ``sim`` or ``lint``, and return its log.

    Args:
        core: the export.
        target: of the ``.core`` file.
        scratch: an empty folder for what FuseSoC builds.
        seconds: time limit.

    Raises:
        ToolError: FuseSoC is missing, or the target failed.
    """
    step = f"FuseSoC, {target}"
    program = tools.require(step, "fusesoc", "pip install 'spikeloom[rtl]'")
    environment = {"HOME": str(scratch)}
    if (place := verilator.root()) is not None:
        environment |= verilator.environment(place)
    command = [program, "--cores-root", str(core.folder.resolve()), "run", "--target", target, _vlnv(core.name)]
    return tools.run_tool(step, command, folder=scratch, seconds=seconds, environment=environment)


def _vlnv(name: str) -> str:
    return f"spikeloom:cores:{name}:0.1.0"


def _fusesoc(core: CoreNetlist, sources: Sequence[str]) -> str:
    lines = ["CAPI=2:", f"name: {_vlnv(core.name)}", f"description: {core.name}, made by Spikeloom"]
    lines += ["filesets:", "  rtl:", "    files:", *(f"      - rtl/{name}" for name in sorted(sources))]
    lines += ["    file_type: verilogSource-2005", "  tb:", "    files:"]
    lines += ["      - tb/testbench.v: {file_type: verilogSource-2005}"]
    lines += ["      - tb/commands.txt: {file_type: user, copyto: commands.txt}"]
    lines += ["parameters:", "  commands:", "    datatype: str", "    paramtype: plusarg", "    default: commands.txt"]
    lines += ["targets:", "  default:", "    filesets: [rtl]"]
    lines += [f"    toplevel: {core.name}", "  sim:", "    default_tool: icarus", "    filesets: [rtl, tb]"]
    lines += ["    parameters: [commands]"]
    lines += ["    toplevel: testbench", "    tools:", "      icarus:", "        iverilog_options: [-g2005]"]
    lines += ["  lint:", "    default_tool: verilator", "    filesets: [rtl]", f"    toplevel: {core.name}"]
    lines += ["    tools:", "      verilator:", "        mode: lint-only"]
    lines += [f"        verilator_options: [{', '.join(VERILATOR_OPTIONS)}]"]
    return "\n".join([*lines, ""])


def _sdc() -> str:
    lines = [
        f"create_clock -name clk -period {PERIOD_NS:g} [get_ports clk]",
        "set_clock_uncertainty 0.25 [get_clocks clk]",
    ]
    lines += ["set data_inputs [lsearch -inline -all -not -exact [all_inputs] [get_ports clk]]"]
    lines += [f"set_input_delay {0.2 * PERIOD_NS:g} -clock clk $data_inputs"]
    return "\n".join([*lines, f"set_output_delay {0.2 * PERIOD_NS:g} -clock clk [all_outputs]", ""])
