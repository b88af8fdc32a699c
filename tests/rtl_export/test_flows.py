"""Leaks as shifts, neurons as modules, register maps, netlists' helpers, and how a sweep resumes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.silicon.neurons import NEURON, delta_neuron, event_driven
from neuro.compiler.ir import (
    Assignment,
    Binary,
    Coefficient,
    Constant,
    Format,
    PopulationProgram,
    RoundShift,
    State,
    StepProgram,
    Symbol,
    Threshold,
)
from neuro.errors import InvalidInput, ToolError
from neuro.quantise.integers import nearest_leak, shift_leaks
from neuro.simulators.quantisation_report import spike_coincidence
from neuro.spikes import Spikes
from rtl_export import build_core
from rtl_export.emit.buses import bus_files, register_map
from rtl_export.emit.neuron_module import neuron_verilog
from rtl_export.emit.numbers import memory_numbers
from rtl_export.exploration import Design, Explored, designs, pareto, synaptic_events
from rtl_export.flows.activity import read_activity
from rtl_export.flows.gates import cell_models, powered_up
from rtl_export.flows.mapping import Library
from rtl_export.flows.memories import timing_netlist
from rtl_export.flows.projects import project_files
from rtl_export.flows.timing import time_netlist
from tests.oracle import interpret, probe_everything
from tests.rtl_export.liberty import tiny_library
from tests.rtl_export.programs import network


@pytest.mark.parametrize(("factor", "leak"), [(0.94, 15 / 16), (0.5, 0.5), (0.1, 0.5), (0.999, 1 - 2.0**-10)])
def test_the_nearest_leak_is_a_power_of_two(factor: float, leak: float) -> None:
    assert nearest_leak(np.array(factor)) == leak


def test_a_leak_by_shifts_gives_the_same_integers() -> None:
    v = Symbol("v")
    update = (Assignment(v, RoundShift(Binary("*", Symbol("a__v__v"), v), 10)),)
    numbers = (Coefficient("a__v__v", np.array(1024 - 64)),)
    states = (State("v", np.arange(-2048, 2048), Format(12, 0)),)
    part = PopulationProgram("a", 4096, states, numbers, update, Threshold(v, Constant(4000)))
    plain = StepProgram(1e-3, (part,))
    shifted = shift_leaks(plain)
    assert shifted.populations[0].update[0].value == RoundShift(Binary("-", Binary("*", v, Constant(16)), v), 4)
    runs = [interpret(program, 20, probe_everything(program)).probes["a", "v"] for program in (plain, shifted)]
    assert np.array_equal(*runs)
    assert len(np.unique(runs[0][-1])) > 500


def test_a_neuron_stands_alone() -> None:
    registered = neuron_verilog(delta_neuron(), NEURON, registered=True)
    assert registered.latency == 0
    text = registered.files["neuron.v"].decode()
    assert "reg signed [15:0] v;" in text
    assert "fired <= fires;" in text
    loose = neuron_verilog(event_driven(), NEURON, registered=False, stage_ns=float("inf")).files["neuron.v"].decode()
    assert "coef_leak" in loose
    assert "always" not in loose


def test_registers_are_one_table_for_all() -> None:
    core = build_core(network())
    table, files = register_map(core), bus_files(core, memory_numbers(core, network()))
    assert {part.offset for part in table.registers} == {4 * k for k in range(len(table.registers))}
    scope: dict[str, object] = {}
    for line in files["registers.py"].decode().splitlines():
        name, _, value = line.partition(" = 0x")
        if value:
            scope[name] = int(value.split()[0], 16)
    header = files["registers.h"].decode()
    verilog = files["host_port.v"].decode()
    for part in table.registers:
        assert scope[part.name] == part.offset
        assert f"_{part.name} 0x{part.offset:02X}u" in header
        assert f"] {part.name} = {table.address_width - 2}'d{part.offset // 4};" in verilog
    assert files == bus_files(core, memory_numbers(core, network()))
    with pytest.raises(StopIteration):
        table.register("NOTHING")


def test_projects_name_every_source() -> None:
    core = build_core(network())
    files = project_files(core, ["b.v", "a.v"])
    config = json.loads(files["flows/config.json"])
    assert config["VERILOG_FILES"] == ["dir::../rtl/a.v", "dir::../rtl/b.v"]
    assert config["CLOCK_PORT"] == "clk"
    assert b"- rtl/a.v" in files["spikeloom_core.core"]
    assert b"create_clock" in files["flows/spikeloom_core.sdc"]


def test_memories_of_a_netlist_are_found() -> None:
    text = "sram #(\n .ADDRESS_WIDTH(32'sb0101),\n .DEPTH(32'b011000),\n .WIDTH(32'sb0111)\n ) \\a.b  (\n .clk(clk) );"
    changed, (memory,) = timing_netlist(text)
    assert changed.startswith("sram_24x7 m0 (")
    assert (memory.instance, memory.words, memory.bits) == ("a.b", 24, 7)


def test_activity_counts_every_transition(tmp_path: Path) -> None:
    vcd = tmp_path / "a.vcd"
    head = "$var wire 1 ! x $end\n$var wire 2 % y [1:0] $end\n$enddefinitions $end\n"
    vcd.write_text(f"{head}#0\n0!\nb01 %\n#10\n1!\n#20\nb10 %\n#30\n0!\n$dumpoff\nx!\n$end\n#99\n")
    activity = read_activity(vcd, {"x": [7], "y": [8, 9]})
    assert activity.clocks == 3
    assert activity.toggles == {7: 2, 8: 1, 9: 1}
    assert activity.of(7) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert activity.of("1") == (0.0, 1.0)
    with pytest.raises(ToolError, match="holds no time"):
        read_activity(_written(tmp_path / "b.vcd", head), {})


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_missing_timer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtl_export.tools.find", lambda _: None)
    with pytest.raises(ToolError, match="sta is not installed; apt-get install"):
        time_netlist(tmp_path / "n.v", "n", [], clock=None, period_ns=5.0, scratch=tmp_path)


def test_spikes_coincide_one_to_one() -> None:
    one = Spikes(np.array([1, 5, 9]), np.array([0, 0, 0]), 2)
    other = Spikes(np.array([2, 3, 9]), np.array([0, 0, 1]), 2)
    assert spike_coincidence(one, one, 0) == 1.0
    assert spike_coincidence(one, other, 1) == pytest.approx(2 / 6)
    assert spike_coincidence(one, other, 0) == 0.0


def test_the_front_holds_what_nothing_beats() -> None:
    points = [
        Explored(Design(8), accuracy, 0.0, area, 0, 10) for accuracy, area in ((0.5, 1.0), (0.9, 2.0), (0.8, 3.0))
    ]
    assert pareto(points) == (points[0], points[1])
    same = [points[0], replace(points[0], design=Design(9))]
    assert pareto(same) == tuple(same)
    assert len(designs((8, 12), (1, 2), (False, True))) == 8
    for widths, cores in (((1,), (1,)), ((1000,), (1,)), ((8,), (0,)), ((), (1,))):
        with pytest.raises(InvalidInput, match="widths from 2 to 64 bits and 1 core or more"):
            designs(widths, cores)


def test_every_register_of_a_cell_starts(tmp_path: Path) -> None:
    """A flip-flop with two outputs is two registers; one that starts as x stays x where only gates hold it."""
    path = tmp_path / "cells.lib"
    path.write_text(tiny_library())
    models = cell_models(Library.read(path), tmp_path).read_text()
    registers = re.findall(r"^\s*reg (.*);$", models, re.MULTILINE)
    assert registers
    assert all(text.endswith(("= 1'b0", "= 1'h0")) for text in registers)


def test_memories_of_a_netlist_power_up_with_values() -> None:
    text = powered_up("reg [WIDTH-1:0] words [0:DEPTH-1];\nendmodule\n")
    assert "words [0:(1<<ADDRESS_WIDTH)-1]" in text
    assert text.count("endmodule") == 1
    assert "$random" in text


def test_synaptic_events_are_counted_when_they_arrive() -> None:
    program = network()
    recording = interpret(program, 30, probe_everything(program))
    expected = 0
    for part in program.projections:
        spikes = recording.spikes[part.source]
        for tick, index in zip(spikes.ticks.tolist(), spikes.indices.tolist(), strict=True):
            row = slice(int(part.row_start[index]), int(part.row_start[index + 1]))
            delays = np.broadcast_to(part.delay, part.column.shape)[row]
            expected += int(np.count_nonzero(tick + delays < 30))
    assert synaptic_events(program, recording, 30) == expected > 0
