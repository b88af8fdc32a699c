"""Projects: what takes an exported core up elsewhere: FuseSoC's ``.core``, LibreLane's ``config.json``, an SDC.

``tests/rtl_export/test_projects.py`` lets LibreLane check the variables, OpenSTA the constraints, FuseSoC its targets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rtl_export.core.core import Core
from rtl_export.flows.linting import VERILATOR_OPTIONS

PERIOD_NS = 20.0
"""The clock that the constraints ask for; wires and memory macros still come."""


def project_files(core: Core, sources: Sequence[str]) -> dict[str, bytes]:
    """Path in the export -> contents; ``sources`` are the files in ``rtl/``."""
    config = librelane_config(core, sources)
    return {
        # FuseSoC takes files only from the folder of its file, and below.
        f"{core.name}.core": _fusesoc(core, sources).encode("ascii"),
        "flows/config.json": (json.dumps(config, indent=2) + "\n").encode("ascii"),
        f"flows/{core.name}.sdc": _sdc().encode("ascii"),
    }


def librelane_config(core: Core, sources: Sequence[str]) -> Mapping[str, str | float | list[str] | dict[str, int]]:
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


def _fusesoc(core: Core, sources: Sequence[str]) -> str:
    lines = ["CAPI=2:", f"name: spikeloom:cores:{core.name}:0.1.0", f"description: {core.name}, made by Spikeloom"]
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
