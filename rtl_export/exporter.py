"""Export: a quantised program as a folder of Verilog, test benches and golden vectors."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from neuro.compiler.ir import ProbeProgram, Scope, StepProgram
from neuro.errors import InvalidInput
from neuro.spikes import Recording
from rtl_export.core.core import Core, build_core
from rtl_export.emit.buses import EVENT_BITS, bus_files
from rtl_export.emit.folder import ExportedCore, read_core, write_core_manifest
from rtl_export.emit.numbers import memory_numbers
from rtl_export.emit.vectors import command_lines
from rtl_export.emit.verilog import render, verilog_files
from rtl_export.flows.projects import project_files
from rtl_export.simulate.cxxrtl import class_name


def export(
    program: StepProgram,
    folder: Path | str,
    *,
    ticks: int,
    golden: Recording | None = None,
    name: str = "spikeloom_core",
    cores: int = 1,
    every: int = 1,
) -> ExportedCore:
    """Write a quantised program as Verilog with everything that proves it.

    Args:
        program: every state with a Format (``neuro.quantise.integers``).
        folder: where to; it must not exist, or be empty. It appears complete or not at all.
        ticks: how many ticks the golden vectors cover, >= 1.
        golden: a recording of at least as many ticks that probed every state that can change; by default the
            fixed-point simulator is run (:func:`record_run`).
        name: of the top module.
        cores: how many equal cores share the neurons.
        every: registers and weights are compared after ticks 0, ``every``, 2 ``every``, ...; spikes after each.

    Raises:
        UnsupportedByTarget: the program asks for something that Verilog does not carry, by name.
        InvalidInput: a wrong name or number of ticks, or a folder that can't be written; nothing was written.
    """
    if isinstance(ticks, bool) or not isinstance(ticks, int) or ticks < 1:
        raise InvalidInput(f"ticks is {ticks!r}; a whole number >= 1 is allowed")
    if golden is not None and golden.ticks < ticks:
        raise InvalidInput(f"the golden recording has {golden.ticks} ticks, {ticks} are asked for; record as many")
    core = build_core(program, name, cores=cores)
    target = _free_folder(Path(folder))
    recording = record_run(program, ticks, every) if golden is None else golden
    try:
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise InvalidInput(f"{target.parent} can't be written ({error.strerror}); choose another folder") from None
    try:
        _write(scratch, core, program, recording, ticks, every)
        scratch.chmod(0o755)
        scratch.replace(target)
    except OSError as error:
        raise InvalidInput(f"{target} can't be written ({error.strerror}); choose another folder") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return read_core(target)


def record_run(program: StepProgram, ticks: int, every: int = 1) -> Recording:
    """The golden recording of a quantised program: the fixed-point simulator, every state that can change probed.

    Args:
        program: quantised.
        ticks: how many.
        every: states are probed at ticks 0, ``every``, 2 ``every``, ...
    """
    from neuro.simulators.compiled.simulator import run_program

    return run_program(replace(program, probes=changing_states(program, every)), ticks)


def changing_states(program: StepProgram, every: int = 1) -> tuple[ProbeProgram, ...]:
    """A probe on every state of a neuron, and on every state of a synapse that anything writes."""
    operated = {part.of: part.statements for part in program.operations}
    probes = [ProbeProgram(part.name, state.name, every) for part in program.populations for state in part.states]
    for part in program.projections:
        code = (*part.on_pre, *part.on_post, *part.update, *operated.get(part.name, ()))
        written = {item.target.name for item in code if item.target.scope is Scope.OWN}
        probes += [ProbeProgram(part.name, state.name, every) for state in part.states if state.name in written]
    return tuple(probes)


def _free_folder(folder: Path) -> Path:
    """The folder, resolved, if it can be made."""
    target = folder.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InvalidInput(f"{folder} exists and is not an empty folder; name a new one or remove it")
    if not target.parent.is_dir():
        raise InvalidInput(f"{target.parent} is no folder; make it first or choose another place for {target.name}")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise InvalidInput(f"{target.parent} can't be written (no permission); choose another folder")
    return target


def _write(folder: Path, core: Core, program: StepProgram, golden: Recording, ticks: int, every: int) -> None:
    rtl, tb = folder / "rtl", folder / "tb"
    rtl.mkdir()
    tb.mkdir()
    for name, contents in verilog_files(core).items():
        (rtl / name).write_bytes(contents)
    (tb / "testbench.v").write_text(render("host/testbench.v", core=core, ticks=ticks), encoding="ascii")
    (tb / "driver.cpp").write_text(
        render("host/driver.cpp", core=core, class_name=class_name(core.name)), encoding="ascii"
    )
    numbers = memory_numbers(core, program)
    for part in ("bus", "flows"):
        (folder / part).mkdir()
    for name, contents in bus_files(core, numbers).items():
        (folder / "bus" / name).write_bytes(contents)
    for name, contents in project_files(core, [p.name for p in rtl.iterdir()]).items():
        (folder / name).write_bytes(contents)
    with (tb / "commands.txt").open("wb") as file:
        file.writelines(command_lines(core, program, golden, ticks, every))
    (folder / "README.md").write_text(
        render("host/README.md", core=core, ticks=ticks, events=EVENT_BITS, numbers=numbers), encoding="utf-8"
    )
    write_core_manifest(folder, core.name, ticks)
