"""Synthesise: how large the logic of an exported core is, and with a Liberty library how fast it could be.

Memories stay memories: their bits are counted apart, as silicon carries them as SRAM or ROM macros. Area and
frequency come from mapping with Yosys and ABC before any layout: wires, clock tree and macros are not in them.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

from neuro.errors import InvalidInput, ToolError
from rtl_export import yosys
from rtl_export.emit.folder import ExportedCore, read_core

_SECONDS = 3600.0
_LOGIC = "logic.json"
_FLIP_FLOPS = "flip_flops.json"
_MEMORIES = "memories.json"
_TIMING = re.compile(r"Delay\s*=\s*([0-9.]+)\s*ps")
# ABC's own recipe for a library, ending with its timing report; {D} is the target delay that `abc -D` sets.
_ABC_SCRIPT = "+strash;ifraig;scorr;dc2;dch,-f;map,-B,0.9;topo;buffer,-c;upsize,{D};dnsize,{D};stime,-p"
_TARGET_PS = 5000


@dataclass(frozen=True, slots=True)
class SynthesisResult:
    """What synthesis found.

    Args:
        cells: logic cells: gates and flip-flops, without memories.
        flip_flops: how many of them are flip-flops.
        cells_by_type: how many of each.
        memories: number of memories.
        memory_bits: bits in all of them.
        area_um2: area of the logic in square micrometres; None without a library.
        fmax_mhz: one over the longest logic path between registers or memories, in MHz: a pre-layout estimate
            without set-up times; None without a library.
    """

    cells: int
    flip_flops: int
    cells_by_type: dict[str, int]
    memories: int
    memory_bits: int
    area_um2: float | None = None
    fmax_mhz: float | None = None


class _Statistics(TypedDict):
    """What Yosys counts of a design; ``area`` is there where a library was given."""

    num_cells_by_type: dict[str, int]
    num_memories: int
    num_memory_bits: int
    area: NotRequired[float]


def synthesise(folder: Path | str, *, liberty: Path | str | None = None, seconds: float = _SECONDS) -> SynthesisResult:
    """Synthesise the core in a folder with Yosys.

    Args:
        folder: an exported core.
        liberty: a standard-cell library (.lib) to map to; by default generic gates are counted.
        seconds: time limit.

    Raises:
        InvalidInput: no exported core, or no library, is there.
        ToolError: pyosys is not installed, or a pass failed or took too long.
    """
    core = read_core(Path(folder))
    library = None if liberty is None else Path(liberty)
    if library is not None and not library.is_file():
        raise InvalidInput(f"{library} is no file; give a Liberty library (.lib)")
    with tempfile.TemporaryDirectory(prefix="spikeloom_") as scratch:
        log = yosys.run_passes("synthesis", _passes(core, library, Path(scratch)), seconds=seconds)
        logic, flip_flops, memories = (_statistics(Path(scratch) / name) for name in (_LOGIC, _FLIP_FLOPS, _MEMORIES))
    types = _types(logic)
    delays = [float(value) for value in _TIMING.findall(log)]
    return SynthesisResult(
        cells=sum(types.values()),
        # Counted before mapping: every library names them in its own way.
        flip_flops=sum(count for name, count in _types(flip_flops).items() if "FF" in name),
        cells_by_type=types,
        memories=memories["num_memories"],
        memory_bits=memories["num_memory_bits"],
        area_um2=None if library is None else logic["area"],
        fmax_mhz=1e6 / max(delays) if library is not None and delays else None,
    )


def _passes(core: ExportedCore, library: Path | None, scratch: Path) -> list[str]:
    logic, flip_flops, memories = (yosys.quoted(scratch / name) for name in (_LOGIC, _FLIP_FLOPS, _MEMORIES))
    passes = [f"read_verilog {yosys.quoted(path)}" for path in core.sources]
    passes += [f"hierarchy -check -top {core.name}", "proc", "flatten", "opt", "wreduce", "peepopt", "opt_clean"]
    passes += ["delete t:$scopeinfo", f"tee -q -o {memories} stat -json"]
    # Collected and left as they are: memories are never taken apart into flip-flops.
    passes += ["memory_dff", "memory_share", "memory_collect", "opt_clean"]
    passes += ["alumacc", "share", "opt", "fsm", "opt -fast", "techmap", "opt -fast"]
    passes += [f"tee -q -o {flip_flops} stat -json"]
    if library is None:
        return [*passes, "abc -g simple", "opt_clean", f"tee -q -o {logic} stat -json"]
    named = yosys.quoted(library)
    passes += [f"dfflibmap -liberty {named}", f"abc -liberty {named} -D {_TARGET_PS} -script {_ABC_SCRIPT}"]
    return [*passes, "opt_clean", f"tee -q -o {logic} stat -json -liberty {named}"]


def _statistics(report: Path) -> _Statistics:
    try:
        design: _Statistics = json.loads(report.read_text(encoding="utf-8"))["design"]
    except (OSError, ValueError, KeyError) as error:
        raise ToolError(f"synthesis: Yosys wrote no statistics ({error})") from None
    return design


def _types(design: _Statistics) -> dict[str, int]:
    """Cells of each type, memories left out."""
    counts = sorted(design["num_cells_by_type"].items())
    return {name: count for name, count in counts if not name.startswith("$mem")}
