"""Printed kernels as modules: loaded once, whole, whoever asks first."""

from __future__ import annotations

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
    assert [module.answer for module in modules] == [17] * 4
    assert len({id(module) for module in modules}) == 1


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
