"""Printed kernels as modules: loaded once, whole, whoever asks first."""

from __future__ import annotations

import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from neuro.errors import InvalidInput
from neuro.simulators.compiled.kernel_module import load_kernel

_SLOW = "import time\ntime.sleep(0.2)\nanswer = {answer}\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKELOOM_CACHE", str(tmp_path))


def test_threads_that_ask_at_once_all_get_the_whole_module() -> None:
    with ThreadPoolExecutor(4) as pool:
        modules = list(pool.map(load_kernel, [_SLOW.format(answer=17)] * 4))
    assert [found.module.answer for found in modules] == [17] * 4
    assert len({id(found.module) for found in modules}) == 1


def test_a_module_whose_body_fails_is_not_kept() -> None:
    source = _SLOW.format(answer="1 // 0")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            load_kernel(source)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SPIKELOOM_CACHE", str(blocked / "below"))
    with pytest.raises(InvalidInput, match="set SPIKELOOM_CACHE"):
        load_kernel(_SLOW.format(answer=23))


_DOUBLE = """
from numba import njit


@njit(cache=True)
def double(value):
    return 2 * value
"""


def called_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """What a process that has not loaded the kernel gets from it."""
    monkeypatch.setenv("SPIKELOOM_CACHE", str(folder))
    found = load_kernel(_DOUBLE)
    del sys.modules[found.module.__name__]
    result: int = found.function("double")(21)
    return result


def test_what_lies_in_the_cache_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file damaged, or planted with code that would run: made again, with the right answer."""
    folder, mark = tmp_path / "cache", tmp_path / "mark"
    assert called_anew(folder, monkeypatch) == 42
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE((folder / "__pycache__").stat().st_mode) == 0o700
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path.suffix for path in kept} == {".py", ".json", ".nbi", ".nbc"}
    (index,) = (path for path in kept if path.suffix == ".nbi")
    # numba's version is one pickle, what it keeps the next; this one makes a folder when it is read.
    version = kept[index][: kept[index].index(b".\x80") + 1]
    planted = version + f"cos\nmkdir\n(V{mark}\ntR.".encode()
    for path in kept:
        for content in (planted, kept[index][:-3], b"no pickle"):
            path.write_bytes(content)
            assert called_anew(folder, monkeypatch) == 42
    (source,) = (path for path in kept if path.suffix == ".py")
    bytecode = folder / "__pycache__" / f"{source.stem}.cpython-{sys.version_info[0]}{sys.version_info[1]}.pyc"
    bytecode.write_bytes(b"never read")
    assert called_anew(folder, monkeypatch) == 42
    assert not mark.exists()
    assert not bytecode.exists()


def test_only_the_first_call_looks_at_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKELOOM_CACHE", str(tmp_path / "cache"))
    kernels = load_kernel(_DOUBLE)
    del sys.modules[kernels.module.__name__]
    assert kernels.function("double")(21) == 42

    def forbidden(*_: object) -> None:
        raise AssertionError("a later call looked at the cache")

    monkeypatch.setattr("neuro.simulators.compiled.kernel_module._list_cached", forbidden)
    assert kernels.function("double")(4) == 8


@pytest.mark.parametrize("place", ["", "__pycache__"])
def test_a_cache_that_others_may_write_is_refused(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    (folder / place).mkdir(parents=True)
    (folder / place).chmod(0o775)
    with pytest.raises(InvalidInput, match="others may write to the cache folder"):
        called_anew(folder, monkeypatch)
    assert not list(folder.rglob("*.py"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_cache_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    os.chown(folder, 12345, -1)
    with pytest.raises(InvalidInput, match="belongs to user 12345, and code from it would run as 0"):
        called_anew(folder, monkeypatch)


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKELOOM_CACHE", str(tmp_path / "cache"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InvalidInput, match=r"can't be written .No space left on device.; set SPIKELOOM_CACHE"):
        load_kernel(_SLOW.format(answer=29))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
