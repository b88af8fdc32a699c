"""Docstrings and pages are true: examples give what they promise, names and paths exist, defaults are the code's."""

from __future__ import annotations

import ast
import doctest
import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import hnsw_bridge
from hnsw_bridge.text import links
from tests.project.structure import PACKAGES, ROOT, modules, parse, sources

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`{1,2}([^`\n]+)`{1,2}(?!`)")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)")
ROLE = re.compile(r":(?:mod|func|class|data|meth|attr|exc):`~?([^`]+)`")
FOLDERS = (*PACKAGES, "benchmarks", "docs", "examples", "tests")
A_PATH = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./*-]*")
A_NAME = re.compile(rf"((?:{'|'.join(PACKAGES)})(?:\.\w+)+)(?:\(.*\))?")


def modules_with_examples(root: Path) -> list[str]:
    """Public modules that contain a doctest, found by reading: collecting tests imports nothing."""
    found: list[str] = []
    for path in sources(root, PACKAGES):
        parts = path.relative_to(root).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        is_public = not any(part.startswith("_") for part in parts)
        if is_public and ">>>" in path.read_text(encoding="utf-8"):
            found.append(".".join(parts))
    return found


@pytest.mark.parametrize("name", modules_with_examples(ROOT))
def test_docstring_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # an example that writes, writes here
    outcome = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert outcome.attempted > 0, f"{name} holds >>> outside of its docstrings"
    assert outcome.failed == 0


def test_private_and_plain_modules_are_left_out(tmp_path: Path) -> None:
    for path, text in [
        ("a.py", "'''>>> 1'''"),
        ("_b.py", "'''>>> 1'''"),
        ("c.py", ""),
        ("d/__init__.py", ">>>"),
    ]:
        (tmp_path / "neuro" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "neuro" / path).write_text(text)
    assert modules_with_examples(tmp_path) == ["neuro.a", "neuro.d"]


def _has(owner: object, parts: list[str]) -> bool:
    """Whether attributes lead on from a module or class; what a class declares or sets on itself counts."""
    for place, part in enumerate(parts):
        if not hasattr(owner, part):
            declared = inspect.isclass(owner) and (
                any(part in getattr(base, "__annotations__", {}) for base in owner.__mro__)
                or f"self.{part}" in inspect.getsource(owner)
            )
            return declared and place == len(parts) - 1
        owner = getattr(owner, part)
    return True


def _imported(name: str) -> ModuleType | None:
    """A module, or None where there is none or its extra is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


@functools.cache
def known_modules() -> dict[str, Path]:
    return modules(ROOT)


def name_exists(name: str, module: str = "", owner: str = "") -> bool:
    """Whether a dotted name is a module or something in one; a short one may stand in the class, module or packages."""
    parts = name.split(".")
    if parts[0] in PACKAGES:
        known = known_modules()
        cut = max(length for length in range(1, len(parts) + 1) if ".".join(parts[:length]) in known)
        found = _imported(".".join(parts[:cut]))
        return found is None or _has(found, parts[cut:])
    around = [_imported(module.rsplit(".", up)[0]) for up in range(module.count(".") + 1)]
    inside = bool(owner) and _has(around[0], [*owner.split("."), *parts])
    return inside or any(scope is None or _has(scope, parts) for scope in around)


def path_exists(path: str, root: Path = ROOT) -> bool:
    """Whether a path of the checkout exists; stars, and a NAME that the reader chooses, stand for anything."""
    return any(root.glob(path.rstrip("/").replace("NAME", "*")))


def broken_spans(text: str) -> Iterator[str]:
    """Paths and names between backticks that do not exist."""
    for span in SPAN.findall(text):
        path, name = A_PATH.fullmatch(span), A_NAME.fullmatch(span)
        if (path and not path_exists(span)) or (name and not name_exists(name[1])):
            yield span


def docstrings(tree: ast.AST, owner: str = "") -> Iterator[tuple[str, int, str]]:
    """The class around it, the line and the text of each docstring, those of constants included."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield owner, node.lineno, node.value.value
        inner = f"{owner}.{node.name}".strip(".") if isinstance(node, ast.ClassDef) else owner
        yield from docstrings(node, inner)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_exists(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    missing = [*broken_spans(text), *(link for link in LINK.findall(text) if not (page.parent / link).exists())]
    assert not missing, f"{page.name} names {missing}, which are not there: name what is"


def test_what_docstrings_name_exists() -> None:
    missing = []
    for module, path in modules(ROOT).items():
        for owner, line, text in docstrings(parse(path)):
            wrong = [role for role in ROLE.findall(text) if not name_exists(role, module, owner)]
            wrong += broken_spans(ROLE.sub("", text))
            missing += [f"{path.relative_to(ROOT)}:{line}: {name}" for name in wrong]
    assert not missing, "name what is there:\n" + "\n".join(missing)


def test_what_is_not_there_is_found() -> None:
    assert name_exists("neuro.circuit.Circuit.dt")
    assert name_exists("neuro.circuit.circuit")
    assert name_exists("Circuit", "neuro.circuit.circuit")
    assert name_exists("dt", "neuro.circuit.circuit", "Circuit")
    for wrong in ("neuro.circuit.Circiut", "neuro.circuit.Circuit.td", "neuro.nothing"):
        assert not name_exists(wrong)
    assert not name_exists("td", "neuro.circuit.circuit", "Circuit")
    text = "`neuro/circuit/`, ``neuro/*.py``, `neuro/NAME.py`, `neuro/x.py`, `neuro.Circuit(1)`, `neuro.x`, `x/y.py`"
    assert list(broken_spans(text)) == ["neuro/x.py", "neuro.x"]


def _default(name: str) -> float:
    """What the code has for a name of a page: a constant, a field of a class or constant, a function's parameter."""
    call = re.fullmatch(r"(.+)\((\w+)\)", name)
    value: object = hnsw_bridge
    for part in (call[1] if call else name).split("."):
        value = getattr(value() if inspect.isclass(value) and not call else value, part)
    default = inspect.signature(value).parameters[call[2]].default if call and callable(value) else value
    assert isinstance(default, int | float)
    return default


def test_the_page_of_text_memories_has_the_defaults_of_the_code() -> None:
    text = (ROOT / "docs" / "text_memory.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+)` \| ([\d.,]+) \|", text, re.MULTILINE)
    stated = {name: float(value.replace(",", "")) for name, value in rows}
    assert len(stated) >= 12
    assert stated == {name: _default(name) for name in stated}
    assert ("within an hour" in text, links.NEAR) == (True, 3600)
    for name, embedder in hnsw_bridge.EMBEDDERS.items():
        (row,) = re.findall(rf"^\| `{name}` \| `.+` \| .+ \| (\d+), ", text, re.MULTILINE)
        assert int(row) == getattr(embedder, "dimension", None)
