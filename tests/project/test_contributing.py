"""What CONTRIBUTING.md asks for: a part that is added meets its neighbours' tests, and its page names real places."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest

from neuro import experiments, memories, motifs
from neuro.experiments import Experiment
from neuro.experiments.catalogue import EXPERIMENTS
from neuro.memories import Memory, PointerMemory, vsa
from tests.memories.cases import MEMORIES
from tests.project.structure import ROOT


def classes(package: ModuleType) -> Iterator[type]:
    """The classes that a package offers."""
    yield from (value for name in package.__all__ if isinstance(value := getattr(package, name), type))


def test_every_memory_meets_the_tests_of_its_neighbours() -> None:
    """PointerMemory is what the memories with pointers share."""
    ways = ("store", "recall", "forget", "state", "from_state")
    every = {kind for package in (memories, vsa) for kind in classes(package)} - {Memory, PointerMemory}
    offered = {kind for kind in every if all(hasattr(kind, way) for way in ways)}
    missing = sorted(kind.__name__ for kind in offered - {type(case.make(0)) for case in MEMORIES})
    assert not missing, f"write a MemoryCase for {missing} into MEMORIES of tests/memories/cases.py"
    kinds = {kind.__name__: getattr(kind, "kind", None) for kind in offered}
    own = {name for name, kind in kinds.items() if kind is not None and list(kinds.values()).count(kind) == 1}
    assert own == set(kinds), f"give each a kind of its own, the name that files call it by ('memory.mine'): {kinds}"


def test_every_motif_has_a_test() -> None:
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "motifs").glob("test_*.py")]
    for name in motifs.__all__:
        value = getattr(motifs, name)
        if inspect.isfunction(value) and inspect.signature(value).return_annotation == "Circuit":
            found = any(re.search(rf"\b{name}\(", text) for text in tests)
            assert found, (
                f"write tests/motifs/test_{name}.py: take the motif's mechanism away and see the effect vanish"
            )


def test_every_experiment_is_in_the_catalogue() -> None:
    for part in pkgutil.walk_packages(experiments.__path__, "neuro.experiments."):
        for name, value in vars(import_module(part.name)).items():
            if isinstance(value, Experiment):
                assert value in EXPERIMENTS, f"add {name} to EXPERIMENTS in neuro/experiments/catalogue.py"


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_the_page_names_what_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    paths = {path.replace("NAME.py", "") for path in re.findall(r"`(\w[\w./]*/[\w./]*)`", text)}
    assert len(paths) > 10
    assert not [path for path in sorted(paths) if not (ROOT / path).exists()]
    for name in sorted(set(re.findall(r"\b(?:neuro|hnsw_bridge|rtl_export)(?:\.[A-Za-z]\w*)+", text))):
        if not (ROOT / name).exists():  # a file of that name, such as a page
            pkgutil.resolve_name(name)
