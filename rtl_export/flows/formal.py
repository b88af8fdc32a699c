"""Formal: properties by model checking without a bound, and RTL against netlist.

A property is proven by property directed reachability (IC3): ABC's ``pdr`` finds an inductive invariant, so nothing
is left out after some number of clocks. What is limited is the size of the circuit: see
:mod:`rtl_export.flows.properties`.

Source: Een, Mishchenko and Brayton, Efficient implementation of property directed reachability, FMCAD 2011.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuro.errors import ToolError
from rtl_export import tools, yosys
from rtl_export.flows.gates import cell_models
from rtl_export.flows.mapping import Library, Mapped

_INSTALL = "pip install 'spikeloom[rtl]'"
_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Property:
    """Assertions over generated Verilog.

    Args:
        name: of the proof.
        top: the module that surrounds what is proven.
        files: file name -> SystemVerilog, assertions included.
    """

    name: str
    top: str
    files: Mapping[str, str]


def bound(text: str, claim: str) -> str:
    """A module with assertions before its end, as SystemVerilog's ``bind`` would put them."""
    head, end, tail = text.rpartition("endmodule")
    return f"{head}{claim}{end}{tail}"


def prove(goal: Property, *, depth: int | None = None, seconds: float = _SECONDS) -> str:
    """Prove a property for all inputs, and return SymbiYosys' log.

    Args:
        goal: the property.
        depth: clocks after reset that are looked at, which finds a counterexample soonest; default: any number.
        seconds: time limit.

    Raises:
        ToolError: a tool is missing, the property does not hold, or the proof took too long; the log is named.
    """
    step = f"proof of {goal.name}"
    sby, abc = tools.require(step, "yowasp-sby", _INSTALL), yosys.abc()
    if abc is None:
        raise ToolError(f"{step}: pyosys, which brings ABC, is not installed; {_INSTALL}")
    with tempfile.TemporaryDirectory(prefix="spikeloom_") as scratch:
        folder = Path(scratch)
        for name, text in goal.files.items():
            (folder / name).write_text(text, encoding="ascii")
        (folder / "proof.sby").write_text(_sby(goal, depth), encoding="ascii")
        # SymbiYosys starts Yosys through a shell, in a folder of its own.
        command = [sby, "-f", "--yosys", shlex.join(tools.python_module("rtl_export.yosys")), "--abc", str(abc)]
        root = str(Path(__file__).resolve().parents[2])
        path = {"PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])}
        return tools.run_tool(step, [*command, "proof.sby"], folder=folder, seconds=seconds, environment=path)


def _sby(goal: Property, depth: int | None) -> str:
    mode, engine = (["mode prove"], "abc pdr") if depth is None else (["mode bmc", f"depth {depth}"], "abc bmc3")
    # Without an SMT solver a counterexample is not written out; the verdict does not need it.
    lines = ["[options]", *mode, "aigsmt none", "[engines]", engine, "[script]"]
    lines += [f"read -formal {name}" for name in goal.files]
    # A word that was never written, or lies beyond a memory's end, may hold anything at any time.
    lines += [f"prep -flatten -top {goal.top}", "memory_map -formal", "opt -full"]
    lines += ["techmap t:$shift t:$shiftx", "opt -full", "setundef -undriven -anyseq", "setundef -anyseq"]
    return "\n".join([*lines, "[files]", *goal.files, ""])


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
