"""Synthesis counts logic apart from memories, and maps to a library where one is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuro.errors import InvalidInput
from rtl_export import ExportedCore, synthesise
from tests.rtl_export.programs import counter
from tests.rtl_export.simulators import exported

LIBRARY = """
library (tiny) {{
  time_unit : "1ns"; capacitive_load_unit (1, pf); default_max_transition : 10;
  lu_table_template (t) {{ variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("0.01, 1"); index_2 ("0.001, 0.1"); }}
  {cells}
  cell (FLOP) {{ area : 9; ff (IQ, IQN) {{ clocked_on : "C"; next_state : "D"; }}
    pin (C) {{ direction : input; clock : true; capacitance : 0.001; }}
    pin (D) {{ direction : input; capacitance : 0.001; }}
    pin (Q) {{ direction : output; function : "IQ"; }} }}
}}
"""
GATE = """
  cell ({name}) {{ area : {area};
    {inputs}
    pin (Y) {{ direction : output; function : "{function}"; max_capacitance : 1; {arcs} }} }}
"""
INPUT = "pin ({0}) {{ direction : input; capacitance : 0.001; }}"
TABLE = '{0} (t) {{{{ values ("0.05, 0.10", "0.07, 0.15"); }}}}'
TABLES = " ".join(TABLE.format(name) for name in ("cell_rise", "cell_fall", "rise_transition", "fall_transition"))
ARC = f'timing () {{{{ related_pin : "{{0}}"; timing_sense : negative_unate; {TABLES} }}}}'


def gate(name: str, area: int, function: str, pins: str) -> str:
    inputs, arcs = (" ".join(text.format(pin) for pin in pins) for text in (INPUT, ARC))
    return GATE.format(name=name, area=area, function=function, inputs=inputs, arcs=arcs)


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> ExportedCore:
    return exported(counter(), tmp_path_factory.mktemp("synthesis") / "core", ticks=2)


def test_generic_cells_and_memory_bits(core: ExportedCore, capfd: pytest.CaptureFixture[str]) -> None:
    result = synthesise(core.folder)
    assert 50 < result.cells < 1000
    assert 0 < result.flip_flops < result.cells == sum(result.cells_by_type.values())
    # Three neurons: a state of 8 bits, a spike flag, a step of 5 bits and a start value of 8 bits.
    assert (result.memories, result.memory_bits) == (3, 3 * (8 + 1 + 5 + 8))
    assert (result.area_um2, result.fmax_mhz) == (None, None)
    assert capfd.readouterr() == ("", "")


def test_a_library_gives_area_and_a_clock(core: ExportedCore, tmp_path: Path) -> None:
    cells = gate("NOT", 1, "!A", "A") + gate("NAND", 2, "!(A&B)", "AB") + gate("NOR", 2, "!(A|B)", "AB")
    (tmp_path / "tiny.lib").write_text(LIBRARY.format(cells=cells))
    result = synthesise(core.folder, liberty=tmp_path / "tiny.lib")
    areas = {"NOT": 1, "NAND": 2, "NOR": 2, "FLOP": 9}
    assert set(result.cells_by_type) <= set(areas)
    assert result.flip_flops == result.cells_by_type["FLOP"]
    assert result.area_um2 == sum(areas[name] * count for name, count in result.cells_by_type.items())
    # A gate takes 0.1 to 0.2 ns, and the longest path some of them.
    assert result.fmax_mhz is not None
    assert 50 < result.fmax_mhz < 3000


def test_a_missing_library_is_refused(core: ExportedCore, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no file; give a Liberty library"):
        synthesise(core.folder, liberty=tmp_path / "no.lib")
