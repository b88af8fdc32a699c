"""Activity: how often every net of a netlist toggles in a simulated stretch of ticks, from a VCD file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from neuro.errors import ToolError
from rtl_export.flows.mapping import Mapped

_VAR = re.compile(r"\$var\s+\w+\s+(\d+)\s+(\S+)\s+(\S+)(?:\s+\[[^\]]*\])?\s+\$end")
_PERIOD = 10
_WATCHER = """\
// Writes the nets of the core from the start of tick {first} to the end of tick {last}.
module watcher;
    initial begin
        $dumpfile("{path}");
        wait (testbench.start && testbench.tick == {first});
        $dumpvars(1, testbench.core);
        wait (testbench.tick == {last} + 1);
        $dumpoff;
    end
endmodule
"""


class Cell(TypedDict):
    """A cell of a netlist: its type, and of each port its direction and its nets, a constant's bit as text."""

    type: str
    port_directions: dict[str, str]
    connections: dict[str, list[int | str]]


@dataclass(frozen=True, slots=True)
class Activity:
    """What toggled.

    Args:
        clocks: length of the stretch.
        toggles: net bit (Yosys' number) -> transitions.
        high: net bit -> clocks at 1.
        sha256: of the VCD file.
    """

    clocks: float
    toggles: Mapping[int, int]
    high: Mapping[int, float]
    sha256: str

    def of(self, bit: int | str) -> tuple[float, float]:
        """(transitions per cycle, share of time at 1) of a net's bit; constants never toggle."""
        if isinstance(bit, str):
            return 0.0, float(bit == "1")
        return self.toggles.get(bit, 0) / self.clocks, min(self.high.get(bit, 0.0) / self.clocks, 1.0)


def watcher(folder: Path, first: int, last: int) -> tuple[Path, Path]:
    """A Verilog file that writes ticks ``first`` to ``last`` of a test bench to a VCD file: both paths."""
    source, vcd = folder / "watcher.v", folder / "activity.vcd"
    source.write_text(_WATCHER.format(first=first, last=last, path=vcd.resolve()), encoding="ascii")
    return source, vcd


def read_cells(mapped: Mapped) -> tuple[dict[str, list[int | str]], dict[str, Cell]]:
    """The nets (name -> bits) and cells of a netlist."""
    try:
        module = json.loads(mapped.json.read_text(encoding="utf-8"))["modules"][mapped.top]
        nets = {name: part["bits"] for name, part in module["netnames"].items()}
        return nets, module["cells"]
    except (OSError, ValueError, KeyError) as error:
        raise ToolError(f"activity: {mapped.json} is no netlist ({error})") from None


def read_activity(vcd: Path, nets: Mapping[str, list[int | str]]) -> Activity:
    """The activity that a VCD file holds of a netlist's nets.

    Raises:
        ToolError: the file holds nothing.
    """
    counter = _Counter(nets)
    digest = hashlib.sha256()
    with vcd.open("rb") as file:
        for line in file:
            digest.update(line)
            counter.line(line.decode("ascii", "replace").strip())
    if counter.time <= max(counter.start, 0):
        raise ToolError(f"activity: {vcd} holds no time; were those ticks run?")
    return Activity((counter.time - counter.start) / _PERIOD, counter.toggles, counter.settled(), digest.hexdigest())


class _Counter:
    """Counts the transitions of every bit, line by line."""

    def __init__(self, nets: Mapping[str, list[int | str]]) -> None:
        self.nets = nets
        self.bits: dict[str, list[int | str]] = {}
        self.values: dict[int, str] = {}
        self.since: dict[int, int] = {}
        self.toggles: dict[int, int] = {}
        self.high: dict[int, float] = {}
        self.time, self.start = 0, -1
        self.off = False

    def line(self, line: str) -> None:
        """One line of the file."""
        if line.startswith("#"):
            if not self.off:
                self.time = int(line[1:])
                self.start = self.time if self.start < 0 else self.start
        elif line.startswith("$var"):
            found = _VAR.match(line)
            if found is not None:
                self.bits.setdefault(found.group(2), self.nets.get(found.group(3).removeprefix("\\"), []))
        elif line.startswith("$dumpoff"):
            self.off = True
        elif line and not self.off and line[0] in "01xz":
            self._put(self.bits.get(line[1:], []), line[0])
        elif line and not self.off and line[0] == "b":
            value, name = line[1:].split()
            bits = self.bits.get(name, [])
            self._put(bits, value.rjust(len(bits), "0" if value[0] == "1" else value[0]))

    def _put(self, bits: list[int | str], value: str) -> None:
        for bit, new in zip(bits, reversed(value), strict=False):
            if isinstance(bit, str):
                continue
            old = self.values.get(bit)
            if old == new:
                continue
            if old is not None:
                self.toggles[bit] = self.toggles.get(bit, 0) + 1
                if old == "1":
                    self.high[bit] = self.high.get(bit, 0.0) + (self.time - self.since[bit]) / _PERIOD
            self.values[bit], self.since[bit] = new, self.time

    def settled(self) -> dict[int, float]:
        """Clocks at 1 of every bit, with those that still are."""
        for bit, value in self.values.items():
            if value == "1":
                self.high[bit] = self.high.get(bit, 0.0) + (self.time - self.since[bit]) / _PERIOD
        return self.high
