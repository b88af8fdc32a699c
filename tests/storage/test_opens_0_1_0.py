"""Whatever 0.1.0 wrote opens, and answers as it did then; no file knows the name of a class."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import hnsw_bridge
from neuro import encoders, memories, training
from neuro.errors import InvalidInput
from neuro.memories import vsa
from neuro.storage import load_memory, read_json, save_memory
from neuro.storage.snapshot import KINDS_OF_0_1_0
from tests.fixtures.make_0_1_0 import KEPT

ARCHIVES = Path(__file__).parents[1] / "fixtures" / "v0_1_0"
CASES = [pytest.param(name, marks=pytest.mark.long if kept.slow else (), id=name) for name, kept in KEPT.items()]
SNAPSHOTS = [name for name in KEPT if name.startswith(("memory_", "index_", "training_"))]
PACKAGES = (encoders, hnsw_bridge, memories, training, vsa)
EXTRAS = {"torch": "train", "wordllama": "text"}


def check(name: str, folder: Path) -> None:
    """Ask what was unpacked into a folder, and hold the answers to those of 0.1.0."""
    kept = KEPT[name]
    answers = kept.ask(folder / "kept")
    with np.load(folder / "answers.npz", allow_pickle=False) as then:
        assert sorted(answers) == sorted(then.files)
        for question in then.files:
            given, expected = np.asarray(answers[question]), then[question]
            if re.fullmatch(kept.another, question):
                continue
            if re.fullmatch(kept.best, question):
                given, expected = given[:1], expected[:1]
            assert given.shape == expected.shape, question
            if expected.dtype.kind in "fc":
                off = kept.tolerance
                np.testing.assert_allclose(given, expected, rtol=off, atol=off, err_msg=question)
            else:
                np.testing.assert_array_equal(given, expected, err_msg=question)


def unpack(name: str, folder: Path) -> None:
    with zipfile.ZipFile(ARCHIVES / f"{name}.zip") as archive:
        archive.extractall(folder)


@pytest.mark.parametrize("name", CASES)
def test_it_opens_and_answers_as_it_did(name: str, tmp_path: Path) -> None:
    needs = KEPT[name].needs
    if needs is not None:
        pytest.importorskip(needs, reason=f"install the extra {EXTRAS[needs]!r}")
    unpack(name, tmp_path)
    check(name, tmp_path)


def test_every_archive_is_asked() -> None:
    assert sorted(path.stem for path in ARCHIVES.iterdir()) == sorted(KEPT)


@pytest.fixture
def renamed() -> Iterator[None]:
    """Every public class has another name for the time of a test."""
    public = [vars(package).get(name) for package in PACKAGES for name in package.__all__]
    classes = {one: (one.__name__, one.__qualname__) for one in public if isinstance(one, type)}
    for one in classes:
        one.__name__ = one.__qualname__ = f"Renamed{one.__name__}"
    yield
    for one, (name, whole) in classes.items():
        one.__name__, one.__qualname__ = name, whole


@pytest.mark.parametrize("name", SNAPSHOTS)
@pytest.mark.usefixtures("renamed")
def test_no_file_knows_the_name_of_a_class(name: str, tmp_path: Path) -> None:
    """With every class renamed it opens still, and what is written in its place has the kind's own name."""
    unpack(name, tmp_path)
    before = read_json(tmp_path / "kept" / "about.json")["kind"]
    check(name, tmp_path)
    assert read_json(tmp_path / "kept" / "about.json")["kind"] == KINDS_OF_0_1_0[before]


def test_each_memory_has_a_kind_of_its_own(tmp_path: Path) -> None:
    public = [getattr(package, name) for package in (memories, vsa) for name in package.__all__]
    kept = [one for one in public if isinstance(one, type) and hasattr(one, "from_state")]
    kinds = [vars(one)["kind"] for one in kept if one not in (memories.Memory, memories.PointerMemory)]
    assert len(set(kinds)) == len(kinds) >= 11
    assert len(set(KINDS_OF_0_1_0.values())) == len(KINDS_OF_0_1_0)

    class Mine:
        pass

    for attempt in (lambda: save_memory(tmp_path, Mine()), lambda: load_memory(tmp_path, Mine)):
        with pytest.raises(InvalidInput, match=r"Mine has no kind.*kind = 'memory\.mine'"):
            attempt()
