"""Timing and power of a mapped netlist, by OpenSTA. Pre-layout: no wires, no clock tree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuro.errors import ToolError
from rtl_export import tools
from rtl_export.flows.mapping import Library

_STEP = "timing with OpenSTA"
_INSTALL = "apt-get install --no-install-recommends opensta"
_SECONDS = 600.0
_SLACK = re.compile(r"^SLACK (-?[0-9.eE+-]+)$", re.MULTILINE)
_TOTAL = re.compile(r"^Total\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)", re.MULTILINE)
# `set_power_activity -pins` of Debian's OpenSTA calls what it does not hold; this is what it means to do.
_TOGGLES = "proc toggles {name rate high} { foreach p [get_pins $name] { sta::set_power_pin_activity $p $rate $high } }"
_WORD = re.compile(r'[\s"{}\[\]$;\\]')


@dataclass(frozen=True, slots=True)
class Timing:
    """What OpenSTA found at the library's one corner.

    Args:
        period_ns: the clock that was asked for.
        slack_ns: of the longest path, set-up time included.
    """

    period_ns: float
    slack_ns: float

    @property
    def fmax_mhz(self) -> float:
        """The fastest clock."""
        return 1e3 / (self.period_ns - self.slack_ns)


@dataclass(frozen=True, slots=True)
class Power:
    """Power in watts while the cells toggle as the activities say.

    Args:
        internal_w, switching_w, leakage_w: its parts; switching is that of pins alone, as there are no wires yet.
    """

    internal_w: float
    switching_w: float
    leakage_w: float

    @property
    def total_w(self) -> float:
        """All of it."""
        return self.internal_w + self.switching_w + self.leakage_w


def time_netlist(
    netlist: Path, top: str, libraries: Sequence[Library], *, clock: str | None, period_ns: float, scratch: Path
) -> Timing:
    """The longest path of a netlist, from inputs and registers to registers and outputs.

    Args:
        netlist: Verilog of cells.
        top: its module.
        libraries: of the cells, and of macros.
        clock: the clock's port; None where the netlist is combinational.
        period_ns: the clock asked for.
        scratch: folder for the script.

    Raises:
        ToolError: OpenSTA is missing, failed, or found no path.
    """
    lines = [*_begin(netlist, top, libraries), *_clock(clock, period_ns)]
    lines += ['puts "SLACK [expr [worst_slack -max]]"', "report_checks -path_delay max -digits 4"]
    log = _run(lines, scratch)
    found = _SLACK.search(log)
    if found is None or abs(float(found.group(1))) > 1e20:
        raise ToolError(f"{_STEP}: no path was found:\n{log[-600:].strip()}")
    # OpenSTA's commands speak the library's unit, nanoseconds here; `worst_slack` speaks seconds.
    slack = float(found.group(1))
    return Timing(period_ns, slack * 1e9 if abs(slack) < 1e-6 else slack)


def power_of_netlist(
    netlist: Path,
    top: str,
    libraries: Sequence[Library],
    activities: Mapping[str, tuple[float, float]],
    *,
    clock: str,
    period_ns: float,
    scratch: Path,
) -> Power:
    """The power of a netlist whose pins toggle as simulated.

    Args:
        activities: pin (``instance/pin``) -> (transitions per cycle, share of time at 1).
        netlist, top, libraries, clock, period_ns, scratch: as for :func:`time_netlist`.

    Raises:
        ToolError: OpenSTA is missing, failed, or reported nothing.
    """
    lines = [_TOGGLES, *_begin(netlist, top, libraries), *_clock(clock, period_ns)]
    lines += [f"toggles {{{name}}} {toggles:.6g} {high:.6g}" for name, (toggles, high) in activities.items()]
    log = _run([*lines, "report_power -digits 6"], scratch)
    found = _TOTAL.search(log)
    if found is None:
        raise ToolError(f"{_STEP}: no power was reported:\n{log[-600:].strip()}")
    return Power(*(float(found.group(place)) for place in (1, 2, 3)))


def _begin(netlist: Path, top: str, libraries: Sequence[Library]) -> list[str]:
    lines = [f"read_liberty {_path(library.path)}" for library in libraries]
    return [*lines, f"read_verilog {_path(netlist)}", f"link_design {top}"]


def _clock(port: str | None, period_ns: float) -> list[str]:
    where = f" [get_ports {port}]" if port is not None else ""
    lines = [f"create_clock -name clock -period {period_ns:g}{where}"]
    return [*lines, "set_input_delay 0 -clock clock [all_inputs]", "set_output_delay 0 -clock clock [all_outputs]"]


def _path(path: Path) -> str:
    text = str(path.resolve())
    if _WORD.search(text):
        raise ToolError(f"{_STEP}: OpenSTA can't read {text!r}; use a folder without spaces and signs of Tcl")
    return text


def _run(lines: Sequence[str], scratch: Path) -> str:
    """OpenSTA's log; its errors do not change its exit status, so the log is read for them."""
    program = tools.require(_STEP, "sta", _INSTALL)
    script = scratch / "opensta.tcl"
    script.write_text("\n".join([*lines, "exit", ""]), encoding="ascii")
    log = tools.run_tool(
        _STEP, [program, "-no_init", "-no_splash", "-exit", str(script)], folder=scratch, seconds=_SECONDS
    )
    errors = [line for line in log.splitlines() if line.startswith("Error")]
    if errors:
        raise ToolError(f"{_STEP}: {errors[0]}")
    return log
