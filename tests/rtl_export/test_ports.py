"""What may come over the ports: any register before the reset, any number, any spike, any time of a write."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neuro.compiler.ir import StepProgram
from rtl_export import ExportedCore, Outcome, build_core, export, tools, yosys
from rtl_export.emit.buses import register_map
from rtl_export.emit.numbers import memory_numbers
from rtl_export.exporter import changing_states
from rtl_export.simulate import cxxrtl, icarus
from rtl_export.simulate.result import read_result
from tests.oracle import interpret
from tests.rtl_export.buses.bus_runs import Wrapper, run_bus_test
from tests.rtl_export.programs import PROGRAMS, joined, lif, network, projection, source
from tests.rtl_export.simulators import exported, needs_icarus
from tests.rtl_export.test_circuits import CIRCUITS, CORES, integers
from tests.rtl_export.unknowns import find_unknowns

needs_cocotb = pytest.mark.skipif(tools.find_package("cocotb") is None, reason="pip install 'spikeloom[rtl]'")
_REGISTER = re.compile(r"^ *(?:output )?reg\b(.*)$", re.MULTILINE)
_RESET = re.compile(r"if \((?:rst|reset)\b[^\n]*\)(?: begin\n(.*?)\n *end\b|\n([^\n]*;))", re.DOTALL)


def learner() -> StepProgram:
    return integers(*CIRCUITS["pair STDP"])


def shared(program: StepProgram, folder: Path, cores: int) -> ExportedCore:
    return export(program, folder, ticks=1, golden=interpret(program, 1, changing_states(program)), cores=cores)


def registers_without(text: str) -> list[str]:
    """Registers of a module that no reset sets and of which no comment says why."""
    if "no reset: data in flight" in text:
        return []
    reset = {name for parts in _RESET.findall(text) for name in re.findall(r"(\w+)\s*<=", "".join(parts))}
    found = []
    for line in _REGISTER.findall(text):
        code, _, remark = line.partition("//")
        names = re.findall(r"(\w+)\s*(?:\[[^\]]*\])?\s*(?:[,;]|$)", re.sub(r"^\s*(signed\s*)?(\[[^\]]*\])?", "", code))
        combinational = {name for name in names if re.search(rf"\b{name}\s* = ", text)}
        if "no reset: " not in remark:
            found += [name for name in names if name not in reset | combinational]
    return found


@pytest.mark.parametrize(("build", "cores"), [(network, 1), (lambda: joined(PROGRAMS), 1), (learner, 2)])
def test_every_register_is_reset_or_says_why_not(build: Callable[[], StepProgram], cores: int, tmp_path: Path) -> None:
    core = shared(build(), tmp_path / "core", cores)
    sources = [*core.sources, *sorted((core.folder / "bus").glob("*.v"))]
    assert {path.name: registers_without(path.read_text()) for path in sources} == {path.name: [] for path in sources}
    text = (core.folder / "bus" / "host_port.v").read_text()
    assert registers_without(re.sub(r"\n *restart_bits <= 0;", "", text)) == ["restart_bits"]


@needs_icarus
@pytest.mark.parametrize("bus", [None, "axi", "wishbone"])
@pytest.mark.parametrize(("build", "cores"), [(network, 1), (learner, 2)])
def test_nothing_unknown_reaches_a_port(
    build: Callable[[], StepProgram], cores: int, bus: str | None, tmp_path: Path
) -> None:
    program = build()
    core = shared(program, tmp_path / "core", cores)
    found = find_unknowns(core, build_core(program, cores=cores), tmp_path, bus)
    assert found.ports == 0, found.log
    assert found.clocks > 2000
    assert found.ticks > 5


@needs_icarus
@pytest.mark.long
@pytest.mark.parametrize("name", [*PROGRAMS, *CIRCUITS])
def test_nothing_unknown_reaches_a_port_of_any_core_of_the_suite(name: str, tmp_path: Path) -> None:
    program = PROGRAMS[name]() if name in PROGRAMS else integers(*CIRCUITS[name])
    for cores in {1, CORES.get(name, 1)}:
        core = shared(program, tmp_path / f"core{cores}", cores)
        for bus in (None, "axi", "wishbone"):
            found = find_unknowns(core, build_core(program, cores=cores), tmp_path, bus)
            assert found.ports == 0, (name, bus, found.log)
            assert found.clocks > 2000


@needs_icarus
@pytest.mark.parametrize(
    ("bus", "file", "line"),
    [("axi", "bus/host_port.v", "restart_bits <= 0;"), (None, "rtl/spike_ring.v", "count  <= 0;")],
)
def test_a_forgotten_reset_is_seen(bus: str | None, file: str, line: str, tmp_path: Path) -> None:
    program = network()
    core = shared(program, tmp_path / "core", 1)
    path = core.folder / file
    text = path.read_text()
    assert line in text
    path.write_text(text.replace(line, ";", 1))
    assert find_unknowns(core, build_core(program), tmp_path, bus).ports > 0


def behind_twenty(ticks: int) -> StepProgram:
    """Two neurons behind a source of 20."""
    rng = np.random.default_rng(5)
    target, given = lif("a", 2, rng), source("s", 20, rng, ticks, rate=0.1)
    return StepProgram(1e-3, (target,), (given,), (projection("sa", given, target, rng, delay=1),))


@needs_icarus
@pytest.mark.parametrize("cores", [1, 2])
def test_spikes_of_nobody_and_spikes_without_end_are_dropped_and_flagged(cores: int, tmp_path: Path) -> None:
    """Index 25 of 20 before every tick changes nothing of the run; a tick with 25 spikes ends, five are lost."""
    ticks = 12
    program = behind_twenty(ticks)
    core = export(
        program, tmp_path / "core", ticks=ticks, golden=interpret(program, ticks, changing_states(program)), cores=cores
    )
    description = build_core(program, cores=cores)
    bench = core.tb / "testbench.v"
    text = bench.read_text()
    check = 'if (!rst && spike_in_dropped !== 1\'b0)\n            object("a spike was dropped");'
    assert text.count(check) == 1
    text = text.replace(check, "if (!rst && spike_in_dropped !== 1'b0)\n            drops = drops + 1;")
    text = text.replace("    integer ended; ", "    integer drops = 0, extra;\n    integer ended; ")
    base = 1 << description.spike_index_width  # the source's number is 1
    address = description.spike_width
    lost = f"give({address}'d{base + 25}); give({address}'d{25});"
    text = text.replace(
        "            take(left);\n            take(count);\n            begin_tick;",
        f"            take(left);\n            take(count);\n            {lost}\n            begin_tick;",
    )
    flood = f"""
        $display("DROPS=%0d", drops);
        drops = 0;
        for (extra = 0; extra < 25; extra = extra + 1)
            give({address}'d{base} + extra % 20);
        start = 1'b1;
        @(negedge clk);
        start = 1'b0;
        clocks = 0;
        while (!ready && clocks < MOST_CLOCKS) begin
            clocks = clocks + 1;
            @(negedge clk);
        end
        $display("FLOOD drops=%0d ready=%0d", drops, ready);
        finish;
    end
endmodule"""
    head, _, tail = text.rpartition("        finish;\n    end\nendmodule")
    assert tail.strip() == ""
    bench.write_text(head + flood + "\n")
    log = tools.run_tool(
        "run",
        ["vvp", "-n", str(icarus.build_icarus(core, tmp_path)), "+rehearsals=0", "+calm"],
        folder=core.rtl,
        seconds=60,
    )
    assert read_result(icarus.ICARUS, log, ticks).outcome is Outcome.PASSED, log
    assert f"DROPS={2 * ticks}" in log
    assert "FLOOD drops=5 ready=1" in log


@needs_icarus
@needs_cocotb
@pytest.mark.parametrize("wrapper", Wrapper)
def test_whatever_comes_over_a_bus_is_answered_and_flagged(wrapper: Wrapper, tmp_path: Path) -> None:
    core = exported(network(), tmp_path / "core", 3)
    log = run_bus_test(core, "tests.rtl_export.buses.bus_rules", wrapper, test="rules", seconds=300)
    assert "RULES passed" in log, log[-3000:]


@needs_icarus
@needs_cocotb
def test_the_python_driver_loads_and_reads_in_units(tmp_path: Path) -> None:
    program = learner()
    core = shared(program, tmp_path / "core", 1)
    log = run_bus_test(core, "tests.rtl_export.buses.bus_rules", test="units", seconds=300)
    found = re.search(r"UNITS compared=(\d+) states=\[([^\]]*)\]", log)
    assert found is not None, log[-3000:]
    (population,) = program.populations
    state = population.state("v")
    assert [float(value) for value in found[2].split(",")] == (state.initial * state.format.step).tolist()
    assert int(found[1]) == sum(part.synapses for part in program.projections)


@pytest.mark.skipif(not yosys.yosys_available(), reason="pyosys is not installed; pip install 'spikeloom[rtl]'")
def test_the_c_driver_loads_runs_and_reads_in_units(tmp_path: Path) -> None:
    """The driver's C against the RTL behind Wishbone, as C++; states after a tick are the model's."""
    compiler = tools.find_compiler()
    assert compiler is not None
    program, ticks = learner(), 3
    golden = interpret(program, ticks, changing_states(program))
    core = export(program, tmp_path / "core", ticks=ticks, golden=golden)
    top = f"{core.name}_wishbone"
    passes = [f"read_verilog {yosys.quoted(p)}" for p in (*core.sources, *sorted((core.folder / "bus").glob("*.v")))]
    passes += [f"hierarchy -check -top {top}", "proc", "opt", "memory_dff", "memory_collect", "opt_clean"]
    yosys.run_passes(
        "CXXRTL", [*passes, f"write_cxxrtl -g0 -noflatten {yosys.quoted(tmp_path / 'core.cc')}"], seconds=300
    )
    shutil.copy(core.tb / "commands.txt", tmp_path)
    (tmp_path / "main.cc").write_text(_C_HOST.replace("TOP", cxxrtl.class_name(top)).replace("CORE", core.name))
    include = [f"-I{yosys.include_folder()}", f"-I{tmp_path}", f"-I{core.folder / 'bus'}"]
    (tmp_path / "plain.c").write_text('#include "driver.h"\n')
    strict = [compiler, "-x", "c", "-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *include, "plain.c"]
    tools.run_tool("compiling as C", strict, folder=tmp_path, seconds=60)
    command = [compiler, "-std=c++17", "-O1", "-w", *include, "-o", "host", "main.cc"]
    tools.run_tool("compiling", command, folder=tmp_path, seconds=300)
    log = tools.run_tool("running", [str(tmp_path / "host")], folder=tmp_path, seconds=60)
    lines = dict(line.split(": ", 1) for line in log.splitlines())
    assert lines["differences"] == f"0 of {sum(part.synapses for part in program.projections)}"
    assert lines["out of range"] == "3 2"
    steps = {name: program.populations[0].state(name).format.step for name in ("v", "g", "I")}
    states = np.array([[float(value) for value in word.split(",")] for word in lines["states"].split()])
    for column, name in enumerate(steps):
        expected = golden.probes["a", name][0] * steps[name]
        assert states[:, column].tolist() == expected.tolist(), name


_C_HOST = r"""
#include <cstdio>
#include <vector>
#include "core.cc"
extern "C" {
#include "driver.h"
}
static cxxrtl_design::TOP dut;
static void edge() {
    dut.p_clk__i.set<bool>(false); dut.step();
    dut.p_clk__i.set<bool>(true); dut.step();
}
template <size_t B> static uint32_t now(const cxxrtl::value<B> &v) { return v.template get<uint32_t>(); }
template <size_t B> static uint32_t now(const cxxrtl::wire<B> &v) { return v.curr.template get<uint32_t>(); }
static int transfer(uint32_t offset, bool write, uint32_t value) {
    dut.p_cyc__i.set<bool>(true); dut.p_stb__i.set<bool>(true); dut.p_we__i.set<bool>(write);
    dut.p_sel__i.set<uint32_t>(15); dut.p_adr__i.set<uint32_t>(offset); dut.p_dat__i.set<uint32_t>(value);
    do edge(); while (!now(dut.p_ack__o) && !now(dut.p_err__o));
    int error = now(dut.p_err__o);
    dut.p_cyc__i.set<bool>(false); dut.p_stb__i.set<bool>(false);
    edge();
    return error;
}
static uint32_t read_word(void *, uint32_t offset) {
    dut.p_cyc__i.set<bool>(true); dut.p_stb__i.set<bool>(true); dut.p_we__i.set<bool>(false);
    dut.p_adr__i.set<uint32_t>(offset);
    do edge(); while (!now(dut.p_ack__o) && !now(dut.p_err__o));
    uint32_t found = now(dut.p_dat__o);
    dut.p_cyc__i.set<bool>(false); dut.p_stb__i.set<bool>(false);
    edge();
    return found;
}
static int write_word(void *, uint32_t offset, uint32_t value) { return transfer(offset, true, value); }
int main() {
    dut.p_rst__i.set<bool>(true); dut.p_m__axis__tready.set<bool>(true);
    edge(); edge();
    dut.p_rst__i.set<bool>(false);
    CORE_bus bus = {nullptr, read_word, write_word};
    if (CORE_check(&bus)) return 1;
    // The program's own numbers: words of one register each, in hexadecimal.
    std::FILE *file = std::fopen("commands.txt", "r");
    unsigned command, select, count, differences = 0, all = 0;
    while (std::fscanf(file, "%x", &command) == 1 && command == 1) {
        std::fscanf(file, "%x %x", &select, &count);
        const CORE_memory *memory = &CORE_memories[select];
        std::vector<double> values, found(count * memory->fields);
        for (unsigned k = 0; k < count; k++) {
            unsigned long long word;
            std::fscanf(file, "%llx", &word);
            for (unsigned f = 0; f < memory->fields; f++) {
                const CORE_field *field = &memory->field[f];
                long long steps = (word >> field->low) & ((1ull << field->width) - 1);
                if (field->is_signed && steps >> (field->width - 1)) steps -= 1ll << field->width;
                values.push_back(std::ldexp((double)steps, field->exponent));
            }
        }
        if (CORE_load(&bus, memory, 0, values.data(), count)) return 2;
        if (std::string(memory->name).rfind("weights", 0) == 0) {
            if (CORE_fetch(&bus, memory, 0, found.data(), count)) return 3;
            for (unsigned k = 0; k < count; k++) { all++; differences += values[k] != found[k]; }
            double far = 1e9;
            std::printf("out of range: %d %d\n", CORE_load(&bus, memory, 0, &far, 1),
                        CORE_command(&bus, 3));
        }
    }
    if (CORE_initialise(&bus) || CORE_tick(&bus, 0)) return 5;
    std::printf("differences: %u of %u\nstates:", differences, all);
    const CORE_memory *states = &CORE_memories[0];
    std::vector<double> found(states->words * states->fields);
    if (CORE_fetch(&bus, states, 0, found.data(), states->words)) return 6;
    for (unsigned k = 0; k < found.size(); k++)
        std::printf("%s%.17g", k % states->fields ? "," : " ", found[k]);
    std::printf("\n");
}
"""


@pytest.mark.skipif(tools.find_package("systemrdl") is None, reason="pip install 'spikeloom[rtl]'")
@pytest.mark.parametrize("build", [network, learner])
def test_the_map_compiles_and_names_every_register_and_field(build: Callable[[], StepProgram], tmp_path: Path) -> None:
    from systemrdl import RDLCompiler

    program = build()
    core = shared(program, tmp_path / "core", 1)
    table = register_map(build_core(program))
    compiler = RDLCompiler()
    compiler.compile_file(str(core.folder / "bus" / "registers.rdl"))
    top = compiler.elaborate().top
    found = {part.inst_name: (part.address_offset, part.get_property("desc")) for part in top.children()}
    assert found == {part.name: (part.offset, part.meaning) for part in table.registers}
    text = (core.folder / "bus" / "registers.rdl").read_text()
    for numbers in memory_numbers(build_core(program), program).values():
        for number in numbers:
            assert f'desc = "{number.text}";' in text
