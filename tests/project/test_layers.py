"""Imports point downward only, engines enter by their doorway, and nothing runs data as code.

The rules are the three tables below; `violations` reads source text with `ast` and never imports it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("neuro", "hnsw_bridge", "rtl_export")

# The rooms of docs/architecture.md, lowest first. A module may import its own floor and those below it.
# A package's line covers everything under it.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("neuro.spikes", "neuro.spike_statistics", "neuro.diagnostics", "neuro.errors", "neuro.random_bits"),
    (
        "neuro.equations",
        "neuro.expressions",
        "neuro.integrate",
        "neuro.integrate_nonlinear",
        "neuro.program",
        "neuro.quantise",
        "neuro.formats",
        "neuro.leaks",
        "neuro.scaling",
    ),
    (
        "neuro.circuit",
        "neuro.checks",
        "neuro.composition",
        "neuro.teacher_forcing",
        "neuro.connections",
        "neuro.models",
        "neuro.lowering",
        "neuro.lowering_neurons",
        "neuro.lowering_synapses",
    ),
    ("neuro.simulators",),
    ("neuro.motifs", "neuro.memories", "neuro.encoders", "neuro.vsa"),
    ("neuro.exchange", "neuro.store", "neuro.plots"),
    ("neuro",),  # neuro/__init__.py itself: it re-exports what lies below and nothing above
    ("hnsw_bridge", "rtl_export", "neuro.training", "neuro.resonance"),
    ("neuro.cli", "neuro.__main__", "neuro.experiments", "neuro.report"),
)
# Rooms of one floor that may never import each other.
STRANGERS = ("hnsw_bridge", "rtl_export", "neuro.training", "neuro.resonance")

# Third-party engine -> the only files that may import it.
DOORWAYS: dict[str, tuple[str, ...]] = {
    "bm25s": ("hnsw_bridge/fusion.py",),
    "brian2": ("neuro/equations.py", "neuro/simulators/brian2_*.py", "neuro/exchange/*"),
    "hnswlib": ("hnsw_bridge/index.py",),
    "numba": ("*/_kernels.py", "*/_*_kernels.py", "neuro/simulators/compiled.py"),
    "onnxruntime": ("hnsw_bridge/embedders.py",),
    "pyosys": ("rtl_export/yosys.py",),
    "sqlite3": ("neuro/store/records.py",),
    "pyslang": ("rtl_export/flows/slang.py",),
    "subprocess": ("rtl_export/tools.py",),
    "nir": ("neuro/exchange/nir.py",),
    "tokenizers": ("hnsw_bridge/embedders.py",),
    "torch": ("neuro/training/surrogate_gradient.py", "neuro/resonance/*.py"),
    "wordllama": ("hnsw_bridge/embedders.py",),
}

# Each of these can run whatever a file says: no file is trusted that far.
FORBIDDEN_MODULES = ("pickle", "cloudpickle", "dill", "marshal", "shelve")
FORBIDDEN_CALLS = ("eval", "exec")


def violations(root: Path) -> list[str]:
    """Every broken rule below `root`, one line each, sorted."""
    found: list[str] = []
    modules = {_module_name(path.relative_to(root)): path for path in _sources(root, PACKAGES)}
    for module, path in modules.items():
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        is_package = path.name == "__init__.py"
        imports = sorted(set(_imports(tree, module, is_package, modules)))
        found += _layer_violations(module, imports)
        found += _doorway_violations(path.relative_to(root).as_posix(), module, imports)
    for path in _sources(root, (*PACKAGES, "benchmarks", "examples", "tests")):
        found += _code_as_data(path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
    return sorted(set(found))


def _sources(root: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(tree: ast.Module, module: str, is_package: bool, modules: dict[str, Path]) -> Iterator[str]:
    """Imported modules, wherever the statement stands: in a function and under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, module, is_package)
            for alias in node.names:
                # `from neuro import spikes` means the module, `from neuro import Circuit` the package.
                whole = f"{base}.{alias.name}"
                yield whole if whole in modules else base
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            # A computed name can't be seen here; a written one can.
            yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _base(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if node.level == 0:
        return node.module or ""
    up = node.level - 1 if is_package else node.level
    parts = module.split(".")
    return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _room(module: str) -> tuple[int, str] | None:
    """Floor and room of a module: the longest line of FLOORS that covers it."""
    best: tuple[int, str] | None = None
    for floor, rooms in enumerate(FLOORS):
        for room in rooms:
            # "neuro" stands for its __init__ alone, else it would cover every forgotten module.
            covers = module == room or (room != "neuro" and module.startswith(f"{room}."))
            if covers and (best is None or len(room) > len(best[1])):
                best = (floor, room)
    return best


def _layer_violations(module: str, imports: list[str]) -> Iterator[str]:
    add = "add it to FLOORS in tests/project/test_layers.py and to docs/architecture.md"
    here = _room(module)
    if here is None:
        yield f"{module} has no floor: {add}"
        return
    for target in imports:
        if target.split(".")[0] not in PACKAGES:
            continue
        there = _room(target)
        line = f"{module} imports {target}"
        if there is None:
            yield f"{line}, which has no floor: {add}"
        elif there[0] > here[0]:
            yield f"{line} from a higher floor: hand it in as an argument, or move the code up"
        elif here[1] != there[1] and here[1] in STRANGERS and there[1] in STRANGERS:
            yield f"{line}: {here[1]} and {there[1]} never import each other, join them above"


def _doorway_violations(path: str, module: str, imports: list[str]) -> Iterator[str]:
    for target in imports:
        engine = target.split(".")[0]
        doors = DOORWAYS.get(engine)
        if doors is not None and not any(fnmatchcase(path, door) for door in doors):
            yield f"{module} imports {engine}, allowed only in {', '.join(doors) or 'no file'}: go through it"


def _code_as_data(path: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            absolute = isinstance(node, ast.Import) or node.level == 0
            base = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            for name in (name.split(".")[0] for name in base if absolute):
                if name in FORBIDDEN_MODULES:
                    yield f"{path}:{node.lineno} imports {name}: store arrays as npz with allow_pickle=False"
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
                name = node.func.id
                yield f"{path}:{node.lineno} calls {name}(): print a module and import it, or parse with ast"
            for given in node.keywords:
                if given.arg == "allow_pickle" and ast.unparse(given.value) != "False":
                    yield f"{path}:{node.lineno} sets allow_pickle: only allow_pickle=False is allowed"


def test_the_project_keeps_its_rules() -> None:
    broken = violations(ROOT)
    assert not broken, "\n" + "\n".join(broken)


def test_every_package_was_read() -> None:
    for package in PACKAGES:
        assert list(_sources(ROOT, (package,))), f"no source under {package}/: the rules would hold for nothing"


BAD_SOURCES = [
    ("neuro/spikes.py", "import neuro.circuit", "imports neuro.circuit from a higher floor"),
    ("neuro/spikes.py", "from neuro import circuit", "imports neuro.circuit from a higher floor"),
    ("neuro/spikes.py", "from neuro import Circuit", "imports neuro from a higher floor"),
    ("neuro/spikes.py", "from .circuit import Circuit", "imports neuro.circuit from a higher floor"),
    ("neuro/models/lif.py", "from ..simulators import run", "imports neuro.simulators from a higher floor"),
    ("neuro/models/__init__.py", "from ..simulators import run", "neuro.simulators from a higher floor"),
    ("neuro/circuit.py", "def f():\n    import neuro.simulators", "imports neuro.simulators from a higher"),
    (
        "neuro/circuit.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from neuro.memories import x",
        "imports neuro.memories from a higher floor",
    ),
    ("neuro/__init__.py", "import hnsw_bridge", "imports hnsw_bridge from a higher floor"),
    ("neuro/store.py", "import importlib\nimportlib.import_module('neuro.cli')", "neuro.cli from a higher"),
    ("hnsw_bridge/graph.py", "import rtl_export.verilog", "never import each other"),
    ("rtl_export/verilog.py", "from neuro.training import loss", "never import each other"),
    ("neuro/surprise.py", "x = 1", "neuro.surprise has no floor: add it to FLOORS in"),
    ("neuro/report.py", "import neuro.surprise", "imports neuro.surprise, which has no floor"),
    ("neuro/circuit.py", "import brian2", "imports brian2, allowed only in neuro/equations.py"),
    (
        "hnsw_bridge/graph.py",
        "from hnswlib import Index",
        "imports hnswlib, allowed only in hnsw_bridge/index.py",
    ),
    ("rtl_export/verilog.py", "import subprocess", "imports subprocess, allowed only in rtl_export/tools.py"),
    ("rtl_export/netlist.py", "from pyosys import libyosys", "imports pyosys, allowed only in"),
    ("neuro/encoders/kwta.py", "import numba", "imports numba, allowed only in"),
    (
        "neuro/training/loss.py",
        "import torch.nn",
        "imports torch, allowed only in neuro/training/surrogate_gradient.py",
    ),
    ("neuro/store.py", "import pickle", "imports pickle: store arrays as npz"),
    ("examples/01_x.py", "from pickle import loads", "imports pickle: store arrays as npz"),
    ("neuro/store.py", "x = eval('1')", "neuro/store.py:1 calls eval()"),
    ("benchmarks/main.py", "\nexec('1')", "benchmarks/main.py:2 calls exec()"),
    ("neuro/store.py", "load('x', allow_pickle=True)", "sets allow_pickle"),
]


@pytest.mark.parametrize(("path", "source", "message"), BAD_SOURCES)
def test_a_broken_rule_is_named(tmp_path: Path, path: str, source: str, message: str) -> None:
    for existing in ("neuro/circuit.py", path):
        (tmp_path / existing).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / existing).write_text("")
    (tmp_path / path).write_text(source)
    found = violations(tmp_path)
    assert len(found) >= 1
    assert message in found[0]


GOOD_SOURCES = [
    ("neuro/simulators/compiled.py", "import numba\nfrom ..circuit import Circuit"),
    ("neuro/simulators/_kernels.py", "from numba import njit"),
    ("neuro/simulators/brian2_reference.py", "def f():\n    import brian2"),
    ("neuro/exchange/brian2_network.py", "import brian2"),
    ("neuro/program.py", "from neuro import quantise, errors\nload('x', allow_pickle=False)"),
    ("hnsw_bridge/memory.py", "from neuro import Circuit\nfrom . import graph"),
    ("neuro/cli.py", "import hnsw_bridge, rtl_export, neuro.report"),
    ("rtl_export/tools.py", "import subprocess"),
    ("neuro/equations.py", "expression.eval()"),
]


@pytest.mark.parametrize(("path", "source"), GOOD_SOURCES)
def test_what_the_rules_allow(tmp_path: Path, path: str, source: str) -> None:
    for existing in ("neuro/quantise.py", "neuro/errors.py", "hnsw_bridge/graph.py", path):
        (tmp_path / existing).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / existing).write_text("")
    (tmp_path / path).write_text(source)
    assert violations(tmp_path) == []
