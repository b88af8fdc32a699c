"""The exported folder: complete or absent, the same bytes each time, readable, and lint-clean."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import rtl_export
from neuro.compiler.ir import Assignment, StepProgram, Symbol
from neuro.errors import InvalidInput, ToolError
from rtl_export import (
    Outcome,
    RTLSimulator,
    SimulatorResult,
    build_core,
    export,
    read_core,
    record_run,
    require_equal,
    verify,
)
from rtl_export import verify as verify_core
from rtl_export.core.names import _KEYWORDS
from rtl_export.emit.vectors import command_lines
from rtl_export.exporter import changing_states
from rtl_export.tools import find_compiler
from tests.oracle import interpret
from tests.rtl_export.programs import PROGRAMS, counter, network
from tests.rtl_export.simulators import exported, golden, needs_icarus, run_icarus


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_exports_have_the_same_bytes(tmp_path: Path) -> None:
    first, second = (exported(network(), tmp_path / name) for name in ("one", "two"))
    assert digests(first.folder) == digests(second.folder)


def test_the_manifest_lists_every_file(tmp_path: Path) -> None:
    core = exported(network(), tmp_path / "core")
    found = digests(core.folder)
    manifest = json.loads((core.folder / "manifest.json").read_text())
    found.pop("manifest.json")
    assert manifest == {"core": "spikeloom_core", "ticks": 120, "files": found}
    assert read_core(core.folder) == core
    assert core.changed() == ()
    (core.rtl / "winners.v").unlink()
    (core.tb / "commands.txt").write_text("0\n")
    assert core.changed() == ("rtl/winners.v", "tb/commands.txt")


def test_every_source_says_whose_it_is_and_holds_one_module(tmp_path: Path) -> None:
    core = exported(network(), tmp_path / "core")
    for path in core.sources:
        text = path.read_text(encoding="ascii")
        assert text.startswith(f"// {path.stem}: ")
        assert "This file belongs to you, its user" in text
        assert text.count("endmodule") == 1
        assert f"module {path.stem} " in text
        assert not any(line.endswith((" ", "\t")) for line in text.splitlines())


def test_the_readme_maps_ports_and_registers(tmp_path: Path) -> None:
    text = (exported(network(), tmp_path / "core").folder / "README.md").read_text()
    assert "| 2 | row of `a`: input 0, kept until written again | 7 | row [17:0] | writes |" in text
    assert "| 2 | `s` | 3 |" in text
    assert "| 1 | `b`: `v`, `g`; refractory counters cleared |" in text
    assert (
        "| 3 | states of `b` | 5 | state_v [17:0], state_g [35:18], state_I [53:36], counter [55:54] | reads |" in text
    )


def test_the_sources_hold_nothing_that_an_asic_can_not(tmp_path: Path) -> None:
    core = exported(network(), tmp_path / "core")
    for path in core.sources:
        text = path.read_text(encoding="ascii")
        assert not re.search(r"\binitial\b|\$readmem|#\s*\d|negedge", text), path.name


@needs_icarus
@pytest.mark.parametrize("name", PROGRAMS)
def test_icarus_compiles_without_a_warning(name: str, tmp_path: Path) -> None:
    core = exported(PROGRAMS[name](), tmp_path / "core", ticks=1)
    sources = [str(path) for path in (core.tb / "testbench.v", *core.sources)]
    command = ["iverilog", "-g2005", "-Wall", "-s", "testbench", "-o", str(tmp_path / "out"), *sources]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=core.rtl)
    assert run.stdout + run.stderr == ""


@needs_icarus
def test_the_level_of_the_reset_is_a_parameter(tmp_path: Path) -> None:
    core = exported(counter(), tmp_path / "core", ticks=20)
    bench = core.tb / "testbench.v"
    text = bench.read_text().replace("spikeloom_core core (", "spikeloom_core #(.RESET_ACTIVE(1'b0)) core (")
    bench.write_text(text.replace(".rst(rst)", ".rst(!rst)"))
    result = run_icarus(core)
    assert (result.outcome, result.ticks) == (Outcome.PASSED, 20), result.detail


def test_no_template_names_a_signal_like_a_keyword() -> None:
    """Of SystemVerilog too: Verilator and others read `.v` files as that."""
    declared = re.compile(
        r"^\s*(?:input|output|wire|reg|genvar|integer|localparam|parameter)\b([^;=\n]*)", re.MULTILINE
    )
    files = [path for path in Path(rtl_export.__file__).parent.rglob("*.v*") if path.suffixes[:1] == [".v"]]
    files = [path for path in files if path.parent.name != "host"]
    assert len(files) > 20
    for path in files:
        text = re.sub(r"\{[%{#].*?[%}#]\}|//[^\n]*", " ", path.read_text(), flags=re.DOTALL)
        names = {word for line in declared.findall(text) for word in re.findall(r"\b[a-z]\w*", line)}
        assert not names & (_KEYWORDS - {"signed", "reg", "wire", "input", "output"}), path


@needs_icarus
def test_variables_named_like_keywords_are_no_problem(tmp_path: Path) -> None:
    program = counter()
    (population,) = program.populations
    reg = Symbol("reg")
    renamed = replace(
        population,
        name="module",
        states=(replace(population.states[0], name="reg"),),
        coefficients=tuple(replace(c, name=c.name.replace("step", "wire")) for c in population.coefficients),
        update=(Assignment(reg, replace(population.update[0].value, left=reg, right=Symbol("wire"))),),
        threshold=replace(population.threshold, left=reg),
        reset=(Assignment(reg, population.reset[0].value),),
    )
    core = exported(replace(program, populations=(renamed,)), tmp_path / "core with a space")
    assert run_icarus(core).outcome is Outcome.PASSED


def test_the_fixed_point_simulator_is_the_default_golden_run(tmp_path: Path) -> None:
    recording = record_run(counter(), 40)
    assert {key: values.shape for key, values in recording.probes.items()} == {("a", "v"): (40, 3)}
    assert recording.spike_count > 0
    core = export(counter(), tmp_path / "core", ticks=40)
    assert digests(core.folder) == digests(exported(counter(), tmp_path / "other", ticks=40).folder)


@pytest.mark.parametrize("ticks", [0, -1, True, 2.0, None])
def test_a_wrong_number_of_ticks_is_refused(ticks: object, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"ticks is .*; a whole number >= 1 is allowed"):
        export(network(), tmp_path / "core", ticks=ticks)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_golden_recording_must_fit(tmp_path: Path) -> None:
    recording = golden(network(), 10)
    with pytest.raises(InvalidInput, match="the golden recording has 10 ticks, 11 are asked for"):
        export(network(), tmp_path / "core", ticks=11, golden=recording)
    with pytest.raises(
        InvalidInput, match=r"the golden recording has nothing for a\.v; it must probe every state that can"
    ):
        export(network(), tmp_path / "core", ticks=5, golden=replace(recording, probes={}))
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "mine.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="exists and is not an empty folder; name a new one or remove it"):
        exported(network(), tmp_path / "core")
    assert digests(tmp_path) == {"core/mine.txt": hashlib.sha256(b"mine").hexdigest()}
    with pytest.raises(InvalidInput, match="exists and is not an empty folder"):
        exported(network(), tmp_path / "core" / "mine.txt")


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    assert exported(network(), tmp_path / "core").sources


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"is no folder; make it first or choose another place for core"):
        exported(network(), tmp_path / "missing" / "core")
    with pytest.raises(InvalidInput, match=r"can't be written"):
        exported(network(), Path("/proc/core"))


def test_nothing_stays_behind_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InvalidInput, match=r"core can't be written \(No space left on device\)"):
        exported(network(), tmp_path / "core")
    assert list(tmp_path.iterdir()) == []


def test_verify_names_what_is_wrong_with_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"holds no exported core \(No such file or directory: manifest.json\)"):
        verify(tmp_path)
    core = exported(network(), tmp_path / "core")
    with pytest.raises(InvalidInput, match=r"ticks is 121; the vectors in .* allow 1 to 120"):
        verify(core.folder, ticks=121)
    (core.folder / "manifest.json").write_text('{"core": "a b", "ticks": 5, "files": {}}')
    with pytest.raises(InvalidInput, match="the core is named 'a b'"):
        verify(core.folder)
    for text in ("", "[]", '{"core": "a"}', '{"core": "a", "ticks": "5", "files": {}}'):
        (core.folder / "manifest.json").write_text(text)
        with pytest.raises(InvalidInput, match=r"manifest.json is damaged; export the core again"):
            verify(core.folder)


def test_a_missing_simulator_has_not_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    core = exported(network(), tmp_path / "core")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert find_compiler() is None
    with pytest.raises(
        ToolError, match=r"no Verilog simulator was found: no C.. compiler on PATH.*; iverilog and vvp are"
    ):
        verify_core(core.folder)
    require_equal([SimulatorResult(RTLSimulator.ICARUS.value, Outcome.NOT_FOUND)])


def test_no_tick_takes_more_clocks_than_promised(tmp_path: Path) -> None:
    program: StepProgram = network()
    text = (exported(program, tmp_path / "core").tb / "testbench.v").read_text()
    assert f"MOST_CLOCKS = {build_core(program).most_clocks};" in text


@pytest.mark.parametrize("every", [1, 3])
def test_how_many_words_become_text_at_once_does_not_show(every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    program = PROGRAMS["network"]()
    recording = interpret(program, 20, changing_states(program, every))
    whole = b"".join(command_lines(build_core(program), program, recording, 20, every))
    monkeypatch.setattr("rtl_export.emit.vectors._WORDS_AT_ONCE", 1)
    assert b"".join(command_lines(build_core(program), program, recording, 20, every)) == whole
