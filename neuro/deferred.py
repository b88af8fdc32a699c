"""Packages that import a name when it is first used: what needs one of them loads nothing of the rest."""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib import import_module
from pathlib import Path


def deferred_names(package: str, file: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package that says its imports once, for type checkers.

        if TYPE_CHECKING:
            from neuro.spikes import Recording, Spikes

        if not TYPE_CHECKING:
            __getattr__, __dir__ = deferred_names(__name__, __file__)

    Args:
        package: its ``__name__``.
        file: its ``__file__``; the imports under ``if TYPE_CHECKING:`` are read from it.
    """
    homes: dict[str, str] = {}
    for node in ast.parse(Path(file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for line in node.body:
                if isinstance(line, ast.ImportFrom) and line.module is not None:
                    homes |= {alias.asname or alias.name: line.module for alias in line.names}

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    def names() -> list[str]:
        return sorted(homes)

    return get, names
