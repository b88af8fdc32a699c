"""One name, one thing; a folder that can be taken in at a glance; a front door whose names are all real."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from subprocess import run

import pytest

from tests.project.structure import PACKAGES, ROOT, modules, parse, public_definitions, sources

MOST_FILES = 25
FAMILIES = ("neuro/models", "neuro/encoders", "neuro/motifs", "docs/images", "tests/fixtures/v0_1_0")
"""Folders that hold one variant a file, and may hold as many as there are."""


def is_public(module: str) -> bool:
    """Whether no part of a module's name starts with an underscore; ``__main__`` is public."""
    return not any(part.startswith("_") and part != "__main__" for part in module.split("."))


def names_for_two_things(root: Path) -> list[str]:
    """Public names that two modules define, one line each."""
    where: defaultdict[str, list[str]] = defaultdict(list)
    for module, path in modules(root).items():
        if is_public(module):
            for name in set(public_definitions(parse(path))):
                where[name].append(module)
    return sorted(f"{name}: {', '.join(found)}" for name, found in where.items() if len(found) > 1)


def functions_named_as_their_module(root: Path) -> list[str]:
    """Modules that define a public function of their own name: a package that exports it hides the module."""
    found = []
    for module, path in modules(root).items():
        functions = {node.name for node in parse(path).body if isinstance(node, ast.FunctionDef)}
        if path.name != "__init__.py" and module.rsplit(".", 1)[-1] in functions:
            found.append(module)
    return sorted(found)


def full_folders(root: Path, files: list[str]) -> list[str]:
    """Folders of more than MOST_FILES files, families left out."""
    count: defaultdict[str, int] = defaultdict(int)
    for file in files:
        count[Path(file).parent.as_posix()] += 1
    return sorted(
        f"{folder}: {files}"
        for folder, files in count.items()
        if files > MOST_FILES and not any(fnmatchcase(folder, family) for family in FAMILIES)
    )


def test_no_public_name_stands_for_two_things() -> None:
    found = names_for_two_things(ROOT)
    assert not found, "rename all but one, or start the helper's name with _:\n" + "\n".join(found)


def test_no_function_has_the_name_of_its_module() -> None:
    found = functions_named_as_their_module(ROOT)
    assert not found, "rename the module, the function keeps its name:\n" + "\n".join(found)


def test_no_folder_is_too_full() -> None:
    listed = run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert listed
    found = full_folders(ROOT, listed)
    assert not found, f"more than {MOST_FILES} files; split by what they serve:\n" + "\n".join(found)


def test_broken_rules_are_named(tmp_path: Path) -> None:
    for path, text in {
        "neuro/a.py": "class Step: pass\ndef a(): pass\n_x = 1",
        "neuro/b.py": "Step = 1\n_x = 2\ndef c(): pass",
        "neuro/_c.py": "class Step: pass",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    assert names_for_two_things(tmp_path) == ["Step: neuro.a, neuro.b"]
    assert functions_named_as_their_module(tmp_path) == ["neuro.a"]
    assert full_folders(tmp_path, [f"neuro/{number}.py" for number in range(26)]) == ["neuro: 26"]
    assert full_folders(tmp_path, [f"neuro/models/{number}.py" for number in range(26)]) == []


def _door() -> tuple[ast.Module, list[str]]:
    tree = parse(ROOT / "spikeloom" / "__init__.py")
    (literal,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]
    ]
    return tree, ast.literal_eval(literal)


def _typed_imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
            yield from ((alias.name, node.module) for alias in node.names)


def test_the_door_is_a_sorted_literal_of_40_to_70_names() -> None:
    _, names = _door()
    assert names == sorted(set(names))
    assert 40 <= len(names) <= 70


def test_every_name_of_the_door_is_the_one_that_type_checkers_see() -> None:
    tree, names = _door()
    typed = dict(_typed_imports(tree))
    assert sorted(typed) == names
    door = import_module("spikeloom")
    for name, module in typed.items():
        assert getattr(door, name) is getattr(import_module(module), name)


def test_no_name_of_the_door_is_a_module_behind_it() -> None:
    _, names = _door()
    inside = {path.stem for path in sources(ROOT, ("spikeloom",))} | {
        path.parent.name for path in sources(ROOT, ("spikeloom",)) if path.name == "__init__.py"
    }
    assert not inside & set(names)


def test_the_door_refuses_an_unknown_name_and_lists_the_known() -> None:
    door = import_module("spikeloom")
    with pytest.raises(AttributeError, match="module 'spikeloom' has no attribute 'Circiut'; did you mean 'Circuit'"):
        door.Circiut  # noqa: B018
    assert dir(door) == _door()[1]


def test_opening_the_door_loads_nothing_heavy() -> None:
    heavy = ("numpy", "brian2", "numba", "hnswlib", "sklearn", "typer", "neuro")
    code = f"import spikeloom, sys; print([name for name in {heavy} if name in sys.modules])"
    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
