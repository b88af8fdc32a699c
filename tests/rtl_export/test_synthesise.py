"""Synthesis counts logic apart from memories, and maps to a library where one is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuro.errors import InvalidInput
from rtl_export import ExportedCore, synthesise
from tests.rtl_export.liberty import AREAS, tiny_library
from tests.rtl_export.programs import counter
from tests.rtl_export.simulators import exported


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> ExportedCore:
    return exported(counter(), tmp_path_factory.mktemp("synthesis") / "core", ticks=2)


def test_generic_cells_and_memory_bits(core: ExportedCore, capfd: pytest.CaptureFixture[str]) -> None:
    result = synthesise(core.folder)
    assert 50 < result.cells < 1000
    assert 0 < result.flip_flops < result.cells == sum(result.cells_by_type.values())
    # Three neurons: a state of 8 bits and a spike flag in two banks of two words, a step of 5 bits, a start value of 8
    # bits; three spikes of 2 bits.
    assert (result.memories, result.memory_bits) == (6, 4 * (8 + 1) + 3 * (5 + 8 + 2))
    assert (result.area_um2, result.fmax_mhz) == (None, None)
    assert capfd.readouterr() == ("", "")


def test_a_library_gives_area_and_a_clock(core: ExportedCore, tmp_path: Path) -> None:
    (tmp_path / "tiny.lib").write_text(tiny_library())
    result = synthesise(core.folder, liberty=tmp_path / "tiny.lib")
    assert set(result.cells_by_type) <= set(AREAS)
    assert result.flip_flops == result.cells_by_type["FLOP"]
    assert result.area_um2 == sum(AREAS[name] * count for name, count in result.cells_by_type.items())
    # A gate takes 0.02 to 0.6 ns, and the longest path a dozen of them or two.
    assert result.fmax_mhz is not None
    assert 50 < result.fmax_mhz < 3000


def test_a_missing_library_is_refused(core: ExportedCore, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no file; give a Liberty library"):
        synthesise(core.folder, liberty=tmp_path / "no.lib")
