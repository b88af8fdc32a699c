"""A Verilog test bench that begins with every register unknown, drives every input at random, and looks for X on ports.

Icarus starts each register as X. The bench resets, loads the memories with what the export holds, initialises, and goes
on with random inputs: spikes, restarts, receivers that hesitate, and a host that reads and writes at random. The
tables that say where synapses are stay as loaded: a host that breaks them has asked for another circuit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rtl_export import ExportedCore, tools
from rtl_export.core.core import Core
from rtl_export.emit.buses import register_map

_PORT = re.compile(r"^ *(input |output) (?:wire|reg ) *(?:\[(\d+):0\])? *(\w+)", re.MULTILINE)
_RESULT = re.compile(r"^UNKNOWN ports=(\d+) clocks=(\d+) ticks=(\d+)$", re.MULTILINE)
_STRUCTURE = ("rows", "links", "bits", "columns", "incoming")
_CLOCKS = 2000
_DATA = {"spike_out_address": "spike_out_valid", "host_rdata": "host_rvalid"}
"""Ports of the bare core that mean something only while another one is up."""


@dataclass(frozen=True)
class Unknowns:
    """Ports that showed an X, clocks after the reset, ticks that ended."""

    ports: int
    clocks: int
    ticks: int
    log: str


@dataclass(frozen=True)
class _Port:
    name: str
    width: int
    given: bool


def _ports(source: Path) -> list[_Port]:
    header = source.read_text(encoding="ascii").split(");", 1)[0]
    return [_Port(name, int(high or 0) + 1, way == "input ") for way, high, name in _PORT.findall(header)]


def find_unknowns(core: ExportedCore, description: Core, scratch: Path, bus: str | None = None) -> Unknowns:
    """Run a core in Icarus, bare or behind a bus (``"axi"``, ``"wishbone"``)."""
    top = core.name if bus is None else f"{core.name}_{bus}"
    source = (core.rtl if bus is None else core.folder / "bus") / f"{top}.v"
    bench, program = scratch / f"{top}_unknowns.v", scratch / f"{top}.vvp"
    bench.write_text(_bench(description, top, _ports(source), bus), encoding="ascii")
    sources = [bench, *core.sources, *([] if bus is None else sorted((core.folder / "bus").glob("*.v")))]
    command = ["iverilog", "-g2005", "-s", "unknowns", "-o", str(program), *map(str, sources)]
    tools.run_tool("compiling", command, folder=scratch, seconds=120)
    loads = scratch / f"{top}_loads.txt"
    loads.write_text(_loads(core), encoding="ascii")
    log = tools.run_tool("unknowns", ["vvp", "-n", str(program), f"+loads={loads}"], folder=scratch, seconds=600)
    found = _RESULT.search(log)
    assert found is not None, log[-2000:]
    return Unknowns(*map(int, found.groups()), log[-2000:])


def _loads(core: ExportedCore) -> str:
    """What is written before `init`: select, address and word of each."""
    numbers = iter((core.tb / "commands.txt").read_text(encoding="ascii").split())
    lines = []
    while next(numbers) == "1":
        select, count = next(numbers), int(next(numbers), 16)
        lines += [f"{select} {address:x} {next(numbers)}" for address in range(count)]
    return "\n".join([*lines, ""])


def _bench(core: Core, top: str, ports: list[_Port], bus: str | None) -> str:
    clock, reset, level = {None: ("clk", "rst", 1), "axi": ("aclk", "aresetn", 0), "wishbone": ("clk_i", "rst_i", 1)}[
        bus
    ]
    given = [port for port in ports if port.given and port.name not in (clock, reset)]
    shown = [port for port in ports if not port.given]
    declared = [f"    reg  [{port.width - 1}:0] {port.name};" for port in given]
    declared += [f"    wire [{port.width - 1}:0] {port.name};" for port in shown]
    joined = ",\n".join(f"        .{port.name}({port.name})" for port in ports)
    noise = [f"            {p.name} = {{{-(-p.width // 32)}{{$random(seed)}}}};" for p in given]
    looks = [
        f"            if ({'' if bus else f'{_DATA[p.name]} !== 1' + chr(39) + 'b0 && ' if p.name in _DATA else ''}"
        f'^{p.name} === 1\'bx) begin ports = ports + 1; $display("{p.name} is %b at %0d", {p.name}, clocks); end'
        for p in shown
    ]
    body = _bare(core) if bus is None else _behind(core, bus)
    return _TEXT.format(
        declared="\n".join(declared),
        top=top,
        joined=joined,
        clock=clock,
        reset=reset,
        level=level,
        free=1 - level,
        noise="\n".join(noise),
        looks="\n".join(looks),
        most=_CLOCKS,
        select=core.select_width - 1,
        address=core.host_address_width - 1,
        word=core.host_width - 1,
        done="done",
        body=body,
    )


def _mask(core: Core, select: str) -> str:
    """Whether a select names a table of the structure."""
    numbers = [m.select for m in core.memories if m.kind in _STRUCTURE]
    low = f"({select} & {2**core.host_select_width - 1})"
    return " || ".join(f"{low} == {number}" for number in numbers) or "1'b0"


def _bare(core: Core) -> str:
    depths = "\n".join(f"                {m.select}: depth = {m.depth};" for m in core.memories)
    known = f"(host_select & {2**core.host_select_width - 1}) < {len(core.memories)}"
    return f"""
    // The host keeps to the memories there are: the bare core trusts it, the buses check.
    integer depth;
    task keep;
        begin
            depth = 1;
            case (host_select & {2**core.host_select_width - 1})
{depths}
                default: ;
            endcase
            host_address = host_address % depth;
            if (!({known}) || (host_select >> {core.host_select_width}) >= {core.cores})
                host_select = 0;
            if ({_mask(core, "host_select")})
                host_write = 1'b0;
            // One at a time, as the port's rules ask for.
            host_read = host_read && !host_write;
            init = init && clocks % 512 == 0;
            if (loading) begin
                host_write = 1'b0;
                host_read  = 1'b0;
                start      = 1'b0;
                init       = 1'b0;
            end
        end
    endtask

    task load;
        begin
            noise;
            keep;
            host_write   = 1'b1;
            host_select  = load_select;
            host_address = load_address;
            host_wdata   = load_word;
            step;
            host_write   = 1'b0;
        end
    endtask

    task initialise;
        begin
            noise;
            keep;
            init = 1'b1;
            step;
            init = 1'b0;
            while (ready !== 1'b1 && clocks < MOST) begin
                noise;
                keep;
                step;
            end
        end
    endtask
"""


def _behind(core: Core, bus: str) -> str:
    table = register_map(core)
    offset = {part.name: part.offset for part in table.registers}
    words = "".join(
        f"            put({offset[f'DATA{k}']}, load_word >> {32 * k});\n" for k in range(table.data_registers)
    )
    if bus == "axi":
        want = "s_axi_awvalid = 1'b1; s_axi_wvalid = 1'b1; s_axi_bready = 1'b1;"
        want += "s_axi_awaddr = offset; s_axi_wdata = value; s_axi_wstrb = 4'hf;"
        taken, rest = "s_axi_awready", "s_axi_awvalid = 1'b0; s_axi_wvalid = 1'b0;"
        command = f"s_axi_awaddr == {offset['COMMAND']}"
        word, quiet = "s_axi_wdata", "s_axi_awvalid = 1'b0;"
    else:
        want = "cyc_i = 1'b1; stb_i = 1'b1; we_i = 1'b1; sel_i = 4'hf; adr_i = offset; dat_i = value;"
        taken, rest = "(ack_o || err_o)", "cyc_i = 1'b0;"
        command = f"adr_i == {offset['COMMAND']}"
        word, quiet = "dat_i", "cyc_i = 1'b0;"
    return f"""
    task keep;
        begin
            // Few values fit otherwise.
            if (!loading) begin
                {word} = {word} & (32'hffffffff >> ($random(seed) & 31));
                if (({command}) && ({_mask(core, "dut.port.select")}))
                    {word} = {word} & ~32'd4;
                if (({command}) && {word}[0] && clocks % 64 != 0)
                    {word} = 32'd2;
            end else begin
                {quiet}
                s_axis_tvalid = 1'b0;
            end
        end
    endtask

    task put;
        input [31:0] offset, value;
        begin
            noise;
            keep;
            {want}
            #1;
            while ({taken} !== 1'b1 && clocks < MOST) begin
                step;
                #1;
            end
            {"step;" if bus == "axi" else ""}
            {rest}
            noise;
            keep;
            step;
        end
    endtask

    task load;
        begin
            put({offset["SELECT"]}, load_select);
            put({offset["ADDRESS"]}, load_address);
{words}            put({offset["COMMAND"]}, 32'd4);
        end
    endtask

    task initialise;
        begin
            put({offset["COMMAND"]}, 32'd1);
            while (dut.ready !== 1'b1 && clocks < MOST) begin
                noise;
                keep;
                step;
            end
        end
    endtask
"""


_TEXT = """
module unknowns;
    localparam LONG = {most}, MOST = 1000000;
    reg {clock} = 1'b0, {reset};
{declared}
    integer seed = 1, ports = 0, clocks = 0, ticks = 0, loads, code, until;
    reg loading = 1'b1, awake = 1'b0;
    reg [{select}:0]  load_select;
    reg [{address}:0] load_address;
    reg [{word}:0]    load_word;
    reg [1023:0] path;

    {top} dut (
{joined}
    );

    task noise;
        begin
{noise}
        end
    endtask

    // One clock; the ports are looked at just before and just after the edge.
    task step;
        begin
            #4 look;
            #1 {clock} = 1'b1;
            if (awake)
                clocks = clocks + 1;
            #1 look;
            #4 {clock} = 1'b0;
        end
    endtask

    task look;
        if (awake) begin
{looks}
        end
    endtask

    always @(posedge {clock})
        if (awake && dut.{done} === 1'b1)
            ticks = ticks + 1;
{body}
    initial begin
        code = $value$plusargs("loads=%s", path);
        loads = $fopen(path, "r");
        {reset} = {free};
        repeat (3) begin noise; keep; step; end
        {reset} = {level};
        repeat (2) begin noise; keep; step; end
        awake = 1'b1;
        noise; keep; step;
        {reset} = {free};
        while ($fscanf(loads, "%h %h %h", load_select, load_address, load_word) == 3)
            load;
        initialise;
        loading = 1'b0;
        until = clocks + LONG;
        while (clocks < until) begin noise; keep; step; end
        $display("UNKNOWN ports=%0d clocks=%0d ticks=%0d", ports, clocks, ticks);
        $finish;
    end
endmodule
"""
