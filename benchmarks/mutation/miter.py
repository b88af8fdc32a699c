"""Miter: two versions of a circuit side by side under the same inputs, and whether any output can ever differ.

Both begin with a clock of reset, in registers that hold anything, the same on both sides. Memories and modules that did
not change may be cut out: what goes into them is an output that must never differ, what comes out of them may be
anything, the same on both sides. While all that went in was the same, so is what comes out; so the first difference
anywhere is one of an output here.

Source: van Eijk, Sequential equivalence checking based on structural similarities, IEEE Trans. CAD 19(7), 2000.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuro.errors import ToolError
from rtl_export import tools, yosys

_SECONDS = 60
_PROOF_SECONDS = 15

_CUT = """\
(* keep_hierarchy *)
module cut_memory #(parameter WIDTH = 1, parameter ADDRESS_WIDTH = 1) (
    input enable, input write, input [ADDRESS_WIDTH-1:0] address, input [WIDTH-1:0] wdata, output [WIDTH-1:0] rdata
);
endmodule
module sram #(parameter WIDTH = 1, parameter DEPTH = 1, parameter ADDRESS_WIDTH = 1) (
    input wire clk, input wire enable, input wire write, input wire [ADDRESS_WIDTH-1:0] address,
    input wire [WIDTH-1:0] wdata, output wire [WIDTH-1:0] rdata
);
    wire writing = enable && write;
    cut_memory #(.WIDTH(WIDTH), .ADDRESS_WIDTH(ADDRESS_WIDTH)) cut (
        .enable(enable), .write(writing), .address(enable ? address : {ADDRESS_WIDTH{1'b0}}),
        .wdata(writing ? wdata : {WIDTH{1'b0}}), .rdata(rdata)
    );
endmodule
"""
"""What a memory is asked, and nothing where it is not: an address that no access uses may differ."""

_WHILE: Mapping[str, str] = {"host_rdata": "host_rvalid", "spike_out_address": "spike_out_valid"}
"""Outputs that mean something only while another one is high."""


@dataclass(frozen=True, slots=True)
class Aig:
    """And-inverter graph in AIGER's literals: inputs and outputs by name, latches (names, now, next), ands."""

    inputs: Mapping[str, int]
    latches: tuple[tuple[tuple[str, ...], int, int], ...]
    outputs: Mapping[str, int]
    ands: tuple[tuple[int, int, int], ...]


def graph(sources: Iterable[Path], top: str, cut: Sequence[str], folder: Path) -> Aig:
    """A module as a graph, its memories and the modules ``cut`` left out; ``folder`` is for what is made.

    Raises:
        ToolError: Yosys failed or took too long.
    """
    memories, path = folder / "cut.v", folder / "graph.aag"
    memories.write_text(_CUT, encoding="ascii")
    passes = [f"read_verilog {yosys.quoted(source)}" for source in sources if source.stem != "sram"]
    passes += [f"read_verilog {yosys.quoted(memories)}"]
    passes += [f"setattr -mod -set keep_hierarchy 1 {name}" for name in cut]
    passes += [f"hierarchy -check -top {top}", "proc", "flatten", "opt_clean", "delete */t:$scopeinfo"]
    passes += [f"expose -evert {top}/t:*cut_memory* {' '.join(f'{top}/t:{name}' for name in cut)}"]
    passes += [f"hierarchy -top {top}", "opt_clean", "memory -nomap", "memory_map", "opt_clean"]
    passes += ["setundef -undriven -zero", "setundef -zero", "techmap", "dffunmap", "simplemap"]
    passes += ["setundef -undriven -zero", "setundef -zero", "opt_expr", "aigmap", "opt_clean"]
    passes += [f"write_aiger -ascii -symbols {yosys.quoted(path)}"]
    yosys.run_passes(f"graph of {top}", passes, seconds=_SECONDS)
    return _read(path.read_text(encoding="ascii").splitlines())


def _read(lines: list[str]) -> Aig:
    inputs, latches, outputs, ands = map(int, lines[0].split()[2:])
    sizes = {"i": inputs, "l": latches, "o": outputs, "a": ands}
    rows: dict[str, list[list[int]]] = {}
    first = 1
    for kind, size in sizes.items():
        rows[kind] = [[int(word) for word in line.split()] for line in lines[first : first + size]]
        first += size
    names: dict[str, tuple[str, ...]] = {}
    for line in lines[first:]:
        if line == "c":
            break
        key, *found = line.split()
        names[key] = tuple(found)
    return Aig(
        {names[f"i{k}"][0]: row[0] for k, row in enumerate(rows["i"])},
        tuple((names.get(f"l{k}", ()), row[0], row[1]) for k, row in enumerate(rows["l"])),
        {name: row[0] for k, row in enumerate(rows["o"]) for name in names[f"o{k}"]},
        tuple((row[0], row[1], row[2]) for row in rows["a"]),
    )


def never_differ(gold: Aig, gate: Aig, folder: Path) -> bool:
    """Whether no output of the two ever differs; what ABC can't show in its time counts as a difference.

    Raises:
        ToolError: pyosys, which brings ABC, is missing.
    """
    abc = yosys.abc()
    if abc is None:
        raise ToolError("miter: pyosys is not installed; pip install 'spikeloom[rtl]'")
    path, rest = folder / "miter.aig", folder / "rest.aig"
    path.write_bytes(_Miter(gold, gate).binary())
    script = f"read_aiger {path.name}; strash; scorr; dc2; scorr; write_aiger {rest.name}; pdr -T {_PROOF_SECONDS}"
    log = tools.run_tool("miter", [str(abc), "-c", script], folder=folder, seconds=4.0 * _SECONDS)
    # Merging equal registers may be all it takes: then nothing is left of the output.
    lines = rest.read_bytes().split(b"\n")
    latches = int(lines[0].split()[3])
    return lines[1 + latches] == b"0" or "Property proved" in log


class _Miter:
    """Both graphs over the same inputs; one output, high when any of theirs differ."""

    def __init__(self, gold: Aig, gate: Aig) -> None:
        same: dict[str, int] = {}
        fresh = itertools.count()
        powers = [_powers(aig, same, fresh) for aig in (gold, gate)]
        inputs = sorted({*gold.inputs, *gate.inputs})
        count = len(inputs) + 1 + max((number for numbers in powers for number in numbers), default=-1)
        self.inputs, self.ands = count, list[tuple[int, int, int]]()
        self.next = [1]  # of a latch that says whether the first clock is over
        begun = 2 * (1 + count)
        self.free = 2 + count + len(gold.latches) + len(gate.latches)
        values = {name: 2 * (1 + k) for k, name in enumerate(inputs)}
        if "rst" in values:
            values["rst"] = self._or(begun ^ 1, values["rst"])
        latch = begun + 2
        outputs = []
        for aig, numbers in zip((gold, gate), powers, strict=True):
            known = {0: 0} | {literal >> 1: values[name] for name, literal in aig.inputs.items()}
            for (_, now, _), number in zip(aig.latches, numbers, strict=True):
                power = 2 * (1 + len(inputs) + number)
                known[now >> 1] = self._or(self._and(begun, latch), self._and(begun ^ 1, power))
                latch += 2
            for out, one, other in sorted(aig.ands):
                known[out >> 1] = self._and(known[one >> 1] ^ (one & 1), known[other >> 1] ^ (other & 1))
            self.next += [known[then >> 1] ^ (then & 1) for _, _, then in aig.latches]
            outputs.append({name: known[value >> 1] ^ (value & 1) for name, value in aig.outputs.items()})
        self.output = self._difference(*outputs)

    def _difference(self, gold: Mapping[str, int], gate: Mapping[str, int]) -> int:
        found = 0
        for name in sorted({*gold, *gate}):
            differs = self._or(self._and(gold[name], gate[name] ^ 1), self._and(gold[name] ^ 1, gate[name]))
            valid = _WHILE.get(name.partition("[")[0])
            if valid is not None and valid in gold:
                differs = self._and(differs, self._or(gold[valid], gate[valid]))
            found = self._or(found, differs)
        return found

    def _and(self, one: int, other: int) -> int:
        if one == 0 or other == 0 or one == other ^ 1:
            return 0
        if one in (1, other):
            return other
        if other == 1:
            return one
        self.ands.append((2 * self.free, max(one, other), min(one, other)))
        self.free += 1
        return 2 * self.free - 2

    def _or(self, one: int, other: int) -> int:
        return self._and(one ^ 1, other ^ 1) ^ 1

    def binary(self) -> bytes:
        """The graph in AIGER's binary format."""
        most = self.inputs + len(self.next) + len(self.ands)
        text = [f"aig {most} {self.inputs} {len(self.next)} 1 {len(self.ands)}", *map(str, [*self.next, self.output])]
        data = bytearray(("\n".join(text) + "\n").encode("ascii"))
        for out, one, other in self.ands:
            data += _coded(out - one) + _coded(one - other)
        return bytes(data)


def _coded(number: int) -> bytes:
    """Seven bits a byte, lowest first; the highest bit says that more follow."""
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


def _powers(aig: Aig, same: dict[str, int], fresh: Iterator[int]) -> list[int]:
    """For each latch the number of an input that holds its first value: the same for latches that share a name."""
    numbers = []
    for names, _, _ in aig.latches:
        known = [same[name] for name in names if name in same]
        numbers.append(known[0] if known else next(fresh))
        same.update({name: numbers[-1] for name in names if name not in same})
    return numbers
