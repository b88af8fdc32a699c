"""What a package offers is declared once, in `__all__`, sorted, complete and documented."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.structure import PACKAGES, ROOT

EXTRAS = {"neuro.resonance": ("torch", "install the extra 'train'")}
"""Package whose names can be imported only with an extra -> what to import, and why it may be missing."""


def _declaring_packages() -> list[str]:
    """The packages and each of their public subpackages."""
    found: list[str] = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("__init__.py")):
            name = ".".join(path.parent.relative_to(ROOT).parts)
            if "._" not in name:
                found.append(name)
    return found


def _bound_names(body: list[ast.stmt]) -> Iterator[str]:
    """Names that a package's top level defines or re-exports; `import x` and outside names are its tools."""
    for node in body:
        if isinstance(node, ast.ImportFrom):
            outside = (node.module or "").split(".")[0]
            if node.level or outside in PACKAGES:
                yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.If):  # names that are imported lazily stand under TYPE_CHECKING
            yield from _bound_names(node.body)


def _documented(value: object) -> bool:
    text = value.__doc__ or ""
    # A dataclass without a docstring gets its signature as one.
    return bool(text.strip()) and not text.startswith(f"{getattr(value, '__name__', '')}(")


def _exported(name: str) -> tuple[str, ...]:
    exported = getattr(importlib.import_module(name), "__all__", None)
    assert exported is not None, f"{name} has no __all__: declare there what it offers"
    return tuple(exported)


def test_the_packages_are_there() -> None:
    assert set(PACKAGES) <= set(_declaring_packages())


def _needs_extra(name: str) -> None:
    if name in EXTRAS:
        pytest.importorskip(EXTRAS[name][0], reason=EXTRAS[name][1])


@pytest.mark.parametrize("name", _declaring_packages())
def test_all_is_sorted_and_each_name_exists(name: str) -> None:
    _needs_extra(name)
    exported = _exported(name)
    assert list(exported) == sorted(set(exported)), f"sort {name}.__all__ with sorted(), each name once"
    missing = [attribute for attribute in exported if not hasattr(sys.modules[name], attribute)]
    assert not missing, f"{name}.__all__ names {missing}, which {name} does not have"


@pytest.mark.parametrize("name", _declaring_packages())
def test_every_public_name_is_in_all(name: str) -> None:
    source = (ROOT / Path(*name.split(".")) / "__init__.py").read_text(encoding="utf-8")
    public = {bound for bound in _bound_names(ast.parse(source).body) if not bound.startswith("_")}
    forgotten = sorted(public - set(_exported(name)))
    assert not forgotten, f"{name} has {forgotten} outside __all__: add them, or start them with _"


@pytest.mark.parametrize("name", _declaring_packages())
def test_every_public_name_is_documented(name: str) -> None:
    _needs_extra(name)
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip(), f"{name}/__init__.py has no docstring"
    bare = [
        attribute
        for attribute in _exported(name)
        if (inspect.isclass(value := getattr(module, attribute)) or inspect.isroutine(value)) and not _documented(value)
    ]
    assert not bare, f"{name} offers {bare} without a docstring: say what it does, with shapes and units"
