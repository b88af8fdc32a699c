"""Changed cores: those that differ from the original only where nobody can see it are proven equal, others never."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.mutation.equivalence import equivalent
from rtl_export import ExportedCore, yosys
from tests.rtl_export.programs import PROGRAMS
from tests.rtl_export.simulators import exported

needs_yosys = pytest.mark.skipif(
    not yosys.yosys_available(), reason="pyosys is not installed; pip install 'spikeloom[rtl]'"
)


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> ExportedCore:
    return exported(PROGRAMS["counter"](), tmp_path_factory.mktemp("equivalence") / "core", ticks=1)


@needs_yosys
@pytest.mark.parametrize(
    ("file", "old", "new", "same"),
    [
        # A state that nothing leads to: not the same from any state, but from a reset on.
        ("sequencer.v", "ready        = state == IDLE;", "ready = state == IDLE || state == 4'd15;", True),
        ("sequencer.v", "ready        = state == IDLE;", "ready = state == IDLE || state == ADVANCE;", False),
    ],
)
def test_only_what_no_output_and_no_memory_notices_is_equivalent(
    file: str, old: str, new: str, same: bool, core: ExportedCore, tmp_path: Path
) -> None:
    changed = replace(core, folder=tmp_path / "core")
    shutil.copytree(core.folder, changed.folder)
    path = changed.rtl / file
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    assert equivalent(core, changed, path.name) is same
