"""Imports point downward only and in no circle, engines enter by their adapter, and nothing runs data as code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.project.structure import (
    ADAPTERS,
    ALONE,
    LAYERS,
    PACKAGES,
    ROOT,
    adapter_table,
    between_children,
    cycles,
    import_graph,
    imports,
    layer_table,
    modules,
    parse,
    sources,
)

# Each of these can run whatever a file says: no file is trusted that far.
FORBIDDEN_MODULES = ("pickle", "cloudpickle", "dill", "marshal", "shelve")
FORBIDDEN_CALLS = ("eval", "exec")


def violations(root: Path) -> list[str]:
    """Every broken rule below `root`, one line each, sorted."""
    found: list[str] = []
    known = modules(root)
    for module, path in known.items():
        targets = sorted(set(imports(parse(path), module, path.name == "__init__.py", known)))
        found += _layer_violations(module, targets)
        found += _adapter_violations(path.relative_to(root).as_posix(), module, targets)
    for path in sources(root, (*PACKAGES, "benchmarks", "examples", "tests")):
        found += _code_as_data(path.relative_to(root).as_posix(), parse(path))
    return sorted(set(found))


def _place(module: str) -> tuple[int, str] | None:
    """Layer and entry of a module: the longest entry of LAYERS that covers it."""
    best: tuple[int, str] | None = None
    for number, layer in enumerate(LAYERS):
        for entry in layer:
            covers = module == entry or (entry not in ALONE and module.startswith(f"{entry}."))
            if covers and (best is None or len(entry) > len(best[1])):
                best = (number, entry)
    return best


def _layer_violations(module: str, targets: list[str]) -> Iterator[str]:
    add = "add it to LAYERS in tests/project/structure.py, and `python -m tests.project.structure` renews the docs"
    here = _place(module)
    if here is None:
        yield f"{module} has no layer: {add}"
        return
    for target in targets:
        if target.split(".")[0] not in PACKAGES:
            continue
        there = _place(target)
        line = f"{module} imports {target}"
        if there is None:
            yield f"{line}, which has no layer: {add}"
        elif there[0] > here[0]:
            yield f"{line} from a higher layer: hand it in as an argument, or move the code up"
        elif there[0] == here[0] and here[1] != there[1]:
            yield f"{line}: {here[1]} and {there[1]} share a layer and never import each other, join them above"


def _adapter_violations(path: str, module: str, targets: list[str]) -> Iterator[str]:
    for target in targets:
        engine = target.split(".")[0]
        files = ADAPTERS.get(engine)
        if files is not None and not any(fnmatchcase(path, file) for file in files):
            yield f"{module} imports {engine}, which only {', '.join(files)} may: go through it"


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
                    yield f"{path}:{node.lineno} sets allow_pickle: it must be False"


def test_the_project_keeps_its_rules() -> None:
    broken = violations(ROOT)
    assert not broken, "\n" + "\n".join(broken)


def test_every_package_was_read() -> None:
    for package in PACKAGES:
        assert list(sources(ROOT, (package,))), f"no source under {package}/: the rules would hold for nothing"


def test_no_modules_import_each_other_in_a_circle() -> None:
    found = cycles(import_graph(ROOT))
    assert not found, "move what both need into a module below them:\n" + "\n".join(found)


def test_no_packages_import_each_other_in_a_circle() -> None:
    graph = import_graph(ROOT)
    packages = ["", *(name for name, path in modules(ROOT).items() if path.name == "__init__.py")]
    found = {name or "the product": cycles(between_children(graph, name)) for name in packages}
    broken = [f"inside {name}: {line}" for name, lines in found.items() for line in lines]
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize("table", [layer_table(), adapter_table()], ids=["layers", "adapters"])
def test_the_architecture_page_prints_these_tables(table: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert table in page, f"run `python -m tests.project.structure`; docs/architecture.md must hold\n{table}"


def _tree(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


BAD_SOURCES = [
    ("neuro/spikes.py", "import neuro.circuit", "imports neuro.circuit from a higher layer"),
    ("neuro/spikes.py", "from neuro import circuit", "imports neuro.circuit from a higher layer"),
    ("neuro/spikes.py", "from neuro import Circuit", "imports neuro from a higher layer"),
    ("neuro/spikes.py", "from .circuit import Circuit", "imports neuro.circuit from a higher layer"),
    ("neuro/models/lif.py", "from ..simulators import simulate", "imports neuro.simulators from a higher layer"),
    ("neuro/models/__init__.py", "from ..simulators import simulate", "neuro.simulators from a higher layer"),
    ("neuro/circuit/__init__.py", "def f():\n    import neuro.simulators", "imports neuro.simulators from a higher"),
    (
        "neuro/circuit/__init__.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from neuro.memories import x",
        "imports neuro.memories from a higher layer",
    ),
    ("neuro/__init__.py", "import spikeloom", "imports spikeloom from a higher layer"),
    ("neuro/storage/x.py", "import importlib\nimportlib.import_module('neuro.experiments')", "from a higher"),
    ("hnsw_bridge/graph.py", "import rtl_export.tools", "never import each other"),
    ("rtl_export/tools.py", "from neuro.training import loss", "never import each other"),
    ("neuro/checks.py", "import neuro.spikes", "neuro.checks and neuro.spikes share a layer and never import"),
    ("neuro/surprise.py", "x = 1", "neuro.surprise has no layer: add it to LAYERS in"),
    ("spikeloom/cli/app.py", "import neuro.surprise", "imports neuro.surprise, which has no layer"),
    ("neuro/circuit/__init__.py", "import brian2", "imports brian2, which only neuro/compiler/equations.py"),
    ("hnsw_bridge/graph.py", "from hnswlib import Index", "imports hnswlib, which only hnsw_bridge/index.py may"),
    ("rtl_export/yosys.py", "import subprocess", "imports subprocess, which only rtl_export/tools.py may"),
    ("rtl_export/core/core.py", "from pyosys import libyosys", "imports pyosys, which only"),
    ("neuro/encoders/kwta.py", "import numba", "imports numba, which only"),
    ("neuro/training/losses.py", "import torch.nn", "imports torch, which only neuro/resonance/*"),
    ("neuro/storage/x.py", "import pickle", "imports pickle: store arrays as npz"),
    ("examples/01_x.py", "from pickle import loads", "imports pickle: store arrays as npz"),
    ("neuro/storage/x.py", "x = eval('1')", "neuro/storage/x.py:1 calls eval()"),
    ("benchmarks/main.py", "\nexec('1')", "benchmarks/main.py:2 calls exec()"),
    ("neuro/storage/x.py", "load('x', allow_pickle=True)", "sets allow_pickle"),
]


@pytest.mark.parametrize(("path", "source", "message"), BAD_SOURCES)
def test_a_broken_rule_is_named(tmp_path: Path, path: str, source: str, message: str) -> None:
    found = violations(_tree(tmp_path, {"neuro/circuit/__init__.py": "", path: source}))
    assert len(found) >= 1
    assert message in found[0]


GOOD_SOURCES = [
    ("neuro/simulators/compiled/simulator.py", "import numba\nfrom neuro.circuit import Circuit"),
    ("neuro/simulators/compiled/_kernels.py", "from numba import njit"),
    ("neuro/simulators/brian2/reference.py", "def f():\n    import brian2"),
    ("neuro/interop/brian2/network.py", "import brian2"),
    ("neuro/compiler/ir.py", "from neuro import errors\nload('x', allow_pickle=False)"),
    ("hnsw_bridge/text/memory.py", "from neuro.circuit import Circuit\nfrom hnsw_bridge import graph"),
    ("spikeloom/cli/app.py", "import hnsw_bridge, rtl_export, neuro.experiments"),
    ("rtl_export/tools.py", "import subprocess"),
    ("neuro/compiler/equations.py", "expression.eval()"),
]


@pytest.mark.parametrize(("path", "source"), GOOD_SOURCES)
def test_what_the_rules_allow(tmp_path: Path, path: str, source: str) -> None:
    existing = dict.fromkeys(("neuro/circuit/__init__.py", "neuro/errors.py", "hnsw_bridge/graph.py"), "")
    assert violations(_tree(tmp_path, existing | {path: source})) == []


def test_a_circle_is_named(tmp_path: Path) -> None:
    checking = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from neuro.motifs import a\n"
    _tree(tmp_path, {"neuro/encoders/x.py": "import neuro.motifs.a", "neuro/motifs/a.py": "import neuro.encoders.y"})
    _tree(tmp_path, {"neuro/encoders/y.py": "", "neuro/motifs/b.py": checking, "neuro/motifs/__init__.py": ""})
    graph = import_graph(tmp_path)
    assert cycles(graph) == []
    assert cycles(between_children(graph, "neuro")) == ["neuro.encoders <-> neuro.motifs"]
    _tree(tmp_path, {"neuro/motifs/a.py": "import neuro.motifs.b"})
    assert cycles(import_graph(tmp_path)) == ["neuro.motifs.a <-> neuro.motifs.b"]
