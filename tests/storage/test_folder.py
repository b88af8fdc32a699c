"""Output folders appear whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.storage import (
    RecoveredFolder,
    canonical_json,
    check_output_file,
    check_output_folder,
    is_untouched,
    load_snapshot,
    output_folder,
    read_json,
    save_snapshot,
    write_bytes,
    write_json,
    write_manifest,
)
from neuro.storage.files import hold


def fill(folder: Path, text: str = "x") -> None:
    with output_folder(folder, lambda path: is_untouched(path, "a test")) as staging:
        (staging / "deep").mkdir()
        (staging / "deep" / "file.txt").write_text(text)
        write_manifest(staging, "a test")


@pytest.mark.parametrize("name", ["new", "new/deep/er", "empty"])
def test_a_new_or_empty_folder_is_made(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    fill(tmp_path / name)
    assert (tmp_path / name / "deep" / "file.txt").read_text() == "x"
    assert not list(tmp_path.rglob(".*"))


def test_nothing_is_left_after_an_error(tmp_path: Path) -> None:
    class Broken(Exception):
        pass

    def break_off() -> None:
        with output_folder(tmp_path / "a" / "b") as staging:
            (staging / "file").write_text("half")
            raise Broken

    with pytest.raises(Broken):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_own_output_is_replaced(tmp_path: Path) -> None:
    fill(tmp_path / "out", "one")
    fill(tmp_path / "out", "two")
    assert (tmp_path / "out" / "deep" / "file.txt").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_own_output_is_replaced_where_folders_can_not_be_swapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuro.storage.folder._swap", lambda *_: False)
    test_own_output_is_replaced(tmp_path)


def test_what_killed_writers_left_goes_and_what_is_held_stays(tmp_path: Path) -> None:
    left = [tmp_path / name for name in (".out.1.part", ".out.2.part", ".out.3.part", ".other.1.part")]
    for folder in left:
        (folder / "deep").mkdir(parents=True)
        os.utime(folder, (0, 0))
    young = tmp_path / ".out.4.part"
    young.mkdir()
    handle = os.open(left[1], os.O_RDONLY)
    try:
        assert hold(handle)
        fill(tmp_path / "out")
    finally:
        os.close(handle)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [".other.1.part", ".out.2.part", ".out.4.part", "out"]
    file = tmp_path / ".file.1.part"
    file.write_text("half")
    os.utime(file, (0, 0))
    write_bytes(tmp_path / "file", b"whole")
    assert not file.exists()


def test_what_a_killed_writer_took_away_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    for name, time in ((".kept.1.old", 0), (".kept.2.old", 3)):
        save_snapshot(tmp_path / "made", "test", {"a": np.arange(time)})
        (tmp_path / "made").rename(tmp_path / name)
        os.utime(tmp_path / name, (time, time))
    with pytest.warns(RecoveredFolder, match="kept was missing, for a writer was killed"):
        arrays, _ = load_snapshot(folder, "test")
    assert arrays["a"].tolist() == [0, 1, 2]
    save_snapshot(folder, "test", {"a": np.arange(5)})
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


WRITER = """
import sys
from pathlib import Path
import numpy as np
from neuro.storage import save_snapshot
for turn in range(60):
    save_snapshot(Path(sys.argv[1]), "test", {name: np.full(2000, int(sys.argv[2])) for name in "ab"})
"""


def test_two_writers_and_a_reader_see_whole_snapshots(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    save_snapshot(folder, "test", {name: np.zeros(2000, dtype=int) for name in "ab"})
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(folder), number]) for number in ("1", "2")]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        arrays, _ = load_snapshot(folder, "test")
        (value,) = {*arrays["a"].tolist(), *arrays["b"].tolist()}
        seen.add(value)
    assert [writer.wait() for writer in writers] == [0, 0]
    assert seen & {1, 2}
    assert [path.name for path in tmp_path.iterdir()] == ["shared"]


def add(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def change(folder: Path) -> None:
    (folder / "deep" / "file.txt").write_text("mine")


def remove(folder: Path) -> None:
    (folder / "deep" / "file.txt").unlink()


def unlist(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


@pytest.mark.parametrize("touch", [add, change, remove, unlist])
def test_a_touched_folder_is_refused(tmp_path: Path, touch: object) -> None:
    fill(tmp_path / "out")
    touch(tmp_path / "out")  # type: ignore[operator]
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with pytest.raises(InvalidInput, match="exists and is not empty"):
        fill(tmp_path / "out")
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_other_places_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path)
    for name, message in (
        ("file", "is no folder"),
        ("link", "is no folder"),
        ("file/below", "is no folder|can't be made"),
    ):
        with pytest.raises(InvalidInput, match=message):
            check_output_folder(tmp_path / name)
    with pytest.raises(InvalidInput, match="not writable"):
        check_output_folder(Path("/proc/spikeloom"))


def test_output_files_are_checked(tmp_path: Path) -> None:
    check_output_file(tmp_path / "new.json")
    with pytest.raises(InvalidInput, match="is a folder"):
        check_output_file(tmp_path)
    with pytest.raises(InvalidInput, match="lies in no folder"):
        check_output_file(tmp_path / "a" / "b.json")
    with pytest.raises(InvalidInput, match="not writable"):
        check_output_file(Path("/proc/b.json"))


def test_json_is_canonical(tmp_path: Path) -> None:
    assert canonical_json({"b": 1, "a": [0.1]}) == '{\n  "a": [\n    0.1\n  ],\n  "b": 1\n}\n'
    with pytest.raises(InvalidInput, match="can't be written as JSON"):
        canonical_json(float("nan"))
    with pytest.raises(InvalidInput, match="can't be written as JSON"):
        canonical_json({1, 2})
    write_json(tmp_path / "x.json", {"ä": 1})
    assert read_json(tmp_path / "x.json") == {"ä": 1}
    (tmp_path / "x.json").write_text("[" * 100_000)
    with pytest.raises(InvalidInput, match="is no JSON"):
        read_json(tmp_path / "x.json")
    with pytest.raises(InvalidInput, match="can't be read"):
        read_json(tmp_path / "y.json")
