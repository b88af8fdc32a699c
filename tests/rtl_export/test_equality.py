"""The generated Verilog = the plain interpreter: every spike and every register at every tick."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from neuro.compiler.ir import PopulationProgram, StepProgram
from neuro.errors import InvalidInput
from neuro.spikes import Recording
from rtl_export import ExportedCore, Outcome, SimulatorResult
from rtl_export.simulate import cxxrtl
from tests.rtl_export.programs import PROGRAMS, random_language
from tests.rtl_export.simulators import TICKS, exported, golden, needs_icarus, run_icarus


def registers(population: PopulationProgram) -> int:
    """Registers of a neuron: states, the refractory counter, the population's quota count."""
    return len(population.states) + (population.refractory is not None) + (population.winners.max_winners is not None)


def assert_proven(result: SimulatorResult, program: StepProgram, recording: Recording) -> None:
    """Nothing differs, and nothing was left out of the comparison."""
    assert result.outcome is Outcome.PASSED, result.detail
    assert (result.ticks, result.mismatches) == (recording.ticks, 0)
    assert result.spikes == sum(len(recording.spikes[part.name]) for part in program.populations) > 0
    registers_of_all = sum(part.size * registers(part) for part in program.populations)
    assert result.states == (1 + recording.ticks) * registers_of_all, "at the start and after every tick"


@needs_icarus
@pytest.mark.parametrize("name", PROGRAMS)
def test_icarus_equals_the_interpreter(name: str, tmp_path: Path) -> None:
    program = PROGRAMS[name]()
    core = exported(program, tmp_path / "core")
    assert_proven(run_icarus(core), program, golden(program))


@needs_icarus
def test_fewer_ticks_can_be_verified(tmp_path: Path) -> None:
    program = PROGRAMS["network"]()
    core = exported(program, tmp_path / "core")
    one, many = run_icarus(core, ticks=1), run_icarus(core, ticks=50)
    assert (one.outcome, one.ticks) == (Outcome.PASSED, 1)
    assert (many.outcome, many.ticks, many.states) == (Outcome.PASSED, 50, 51 * (one.states // 2))


@needs_icarus
@pytest.mark.parametrize("seed", range(3))
def test_random_arithmetic_equals_the_interpreter(seed: int, tmp_path: Path) -> None:
    program = random_language(seed)
    core = exported(program, tmp_path / "core", ticks=40)
    result = run_icarus(core)
    assert (result.outcome, result.ticks) == (Outcome.PASSED, 40), result.detail


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[ExportedCore, Path, StepProgram]:
    """A core compiled once by CXXRTL."""
    folder = tmp_path_factory.mktemp("cxxrtl")
    program = PROGRAMS["network"]()
    core = exported(program, folder / "core")
    return core, cxxrtl.build_cxxrtl(core, folder), program


def run_built(
    built: tuple[ExportedCore, Path, StepProgram], folder: Path, file: str, old: str, new: str
) -> SimulatorResult:
    """CXXRTL's verdict with one place of one vector file changed."""
    core, driver, _ = built
    shutil.copytree(core.folder, folder / "changed")
    changed = replace(core, folder=folder / "changed")
    text = (changed.tb / file).read_text()
    assert old in text
    (changed.tb / file).write_text(text.replace(old, new, 1))
    return cxxrtl.run_cxxrtl(driver, changed, TICKS, 60.0)


def test_cxxrtl_equals_the_interpreter(built: tuple[ExportedCore, Path, StepProgram]) -> None:
    core, driver, program = built
    assert_proven(cxxrtl.run_cxxrtl(driver, core, TICKS, 60.0), program, golden(program))


def compared_lines(lines: list[str]) -> list[int]:
    """Numbers of the lines that hold a word to be compared."""
    found: list[int] = []
    at = 0
    while at < len(lines):
        numbers = [int(number, 16) for number in lines[at].split()]
        at += 1
        match numbers:
            case [5, _, _, count]:
                found += range(at, at + count)
                at += count
            case [1 | 4, _, count]:
                at += count
    return found


@pytest.mark.parametrize("place", [0, 500, -1])
def test_cxxrtl_sees_one_changed_digit(
    place: int, built: tuple[ExportedCore, Path, StepProgram], tmp_path: Path
) -> None:
    text = (built[0].tb / "commands.txt").read_text()
    lines = text.split("\n")
    changed = compared_lines(lines)[place]
    lines[changed] = f"{int(lines[changed], 16) ^ 2:0{len(lines[changed])}x}"
    result = run_built(built, tmp_path, "commands.txt", text, "\n".join(lines))
    assert (result.outcome, result.mismatches) == (Outcome.FAILED, 1)
    assert "memory" in result.detail


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5])
def test_vectors_that_were_cut_are_an_error_that_names_them(
    share: float, built: tuple[ExportedCore, Path, StepProgram], tmp_path: Path
) -> None:
    text = (built[0].tb / "commands.txt").read_text()
    with pytest.raises(InvalidInput, match=r"tb/commands.txt end early, at tick \d+: .* export the core again"):
        run_built(built, tmp_path, "commands.txt", text, text[: int(share * len(text))])


@needs_icarus
def test_icarus_names_vectors_that_were_cut(tmp_path: Path) -> None:
    core = exported(PROGRAMS["network"](), tmp_path / "core", ticks=3)
    vectors = core.tb / "commands.txt"
    vectors.write_bytes(vectors.read_bytes()[:-40])
    with pytest.raises(InvalidInput, match=r"Icarus Verilog: the vectors in tb/commands.txt end early"):
        run_icarus(core)
