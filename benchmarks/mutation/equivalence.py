"""Equivalence: whether a changed core still does the same, by induction in Yosys or as a miter; the modules it uses."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from benchmarks.mutation.miter import graph, never_differ
from neuro.errors import ToolError
from rtl_export import ExportedCore, yosys

_SECONDS = 30.0
_INSTANCE = re.compile(r"^ +(\w+) (?:#\((?P<parameters>.*?)^ +\) )?\w+ \($", re.MULTILINE | re.DOTALL)
_PARAMETER = re.compile(r"\.(\w+)\((.*)\),?$", re.MULTILINE)


def instantiated(core: ExportedCore) -> tuple[Path, ...]:
    """The sources of modules that are part of the core, its top included."""
    return _below(core, core.name)


def _below(core: ExportedCore, top: str) -> tuple[Path, ...]:
    by_name = {path.stem: path for path in core.sources}
    reached, waiting = set[str](), [top]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in reached:
            reached.add(name)
            waiting += _instances(by_name[name])
    return tuple(path for name, path in by_name.items() if name in reached)


def equivalent(core: ExportedCore, changed: ExportedCore, file: str) -> bool:
    """Whether a module of both cores is proven to do the same wherever it stands, or else the cores from a reset on.

    What can't be shown counts as different. For the whole core its memories may hold anything, and so may what comes
    out of arithmetic that did not change: its registers have to agree that an access or a result matters.
    """
    return _everywhere(core, changed, Path(file).stem) or _from_reset(core, changed, Path(file).stem)


def _from_reset(core: ExportedCore, changed: ExportedCore, name: str) -> bool:
    """Whether the outputs of both cores are the same for ever after any reset, whatever the host does."""
    if name == "sram":
        return False
    arithmetic = [path.stem for path in instantiated(core) if "__" in path.stem and not _instances(path)]
    cut = sorted({*arithmetic} - {name})
    with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
        folder = Path(scratch)
        try:
            gold, gate = (graph(_below(one, one.name), one.name, cut, folder) for one in (core, changed))
            return never_differ(gold, gate, folder)
        except ToolError:
            return False


def _everywhere(core: ExportedCore, changed: ExportedCore, name: str) -> bool:
    return all(_same(core, changed, name, parameters) for parameters in _uses(core, name))


def _instances(path: Path) -> list[str]:
    return [found[1] for found in _INSTANCE.finditer(path.read_text(encoding="ascii"))]


def _uses(core: ExportedCore, name: str) -> set[tuple[tuple[str, str], ...]]:
    """The sets of numbers with which a module is instantiated."""
    uses = set()
    for path in instantiated(core):
        for found in _INSTANCE.finditer(path.read_text(encoding="ascii")):
            if found[1] == name:
                uses.add(tuple(_PARAMETER.findall(found["parameters"] or "")))
    return uses or {()}


def _same(core: ExportedCore, changed: ExportedCore, name: str, parameters: tuple[tuple[str, str], ...]) -> bool:
    numbers = " ".join(f"-set {key} {value}" for key, value in parameters)
    passes = []
    for label, one in (("gold", core), ("gate", changed)):
        passes += ["design -reset"]
        passes += [f"read_verilog {yosys.quoted(path)}" for path in _below(one, name)]
        passes += [f"chparam {numbers} {name}"] if numbers else []
        passes += [f"hierarchy -check -top {name}", "proc", "flatten", "opt_clean", "memory -nomap", "memory_map"]
        passes += ["opt", "delete */t:$scopeinfo", f"rename -top {label}", f"design -stash {label}"]
    passes += ["design -reset"]
    passes += [f"design -copy-from {label} -as {label} {label}" for label in ("gold", "gate")]
    passes += ["equiv_make gold gate both", "hierarchy -top both", "opt -full", "equiv_struct", "equiv_simple -undef"]
    passes += ["equiv_induct -undef", "equiv_status -assert"]
    try:
        yosys.run_passes(f"equivalence of {name}", passes, seconds=_SECONDS)
    except ToolError:
        return False
    return True
