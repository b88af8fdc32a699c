"""What may come over the ports: any register before the reset, any number, any spike, any time of a write."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neuro.compiler.ir import StepProgram
from rtl_export import ExportedCore, Outcome, build_core, export, tools
from rtl_export.exporter import changing_states
from rtl_export.simulate import icarus
from rtl_export.simulate.result import read_result
from tests.oracle import interpret
from tests.rtl_export.bus_runs import Wrapper, run_bus_test
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
    log = run_bus_test(core, "tests.rtl_export.bus_rules", wrapper, seconds=300)
    assert "RULES passed" in log, log[-3000:]
