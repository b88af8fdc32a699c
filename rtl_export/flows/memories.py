"""Memories of a netlist: how they are timed, what they cost, taken from one SRAM macro's Liberty file.

A core's memories have many shapes and a library has few. Here each memory has the clock-to-output and set-up times of
one macro, an area of as many such macros as it fills, and that macro's energy for each read and write: an estimate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from neuro.errors import InvalidInput
from rtl_export.flows.mapping import Library

_INSTANCE = re.compile(
    r"\bsram #\(\s*\.ADDRESS_WIDTH\(32's?b([01]+)\),\s*\.DEPTH\(32's?b([01]+)\),\s*\.WIDTH\(32's?b([01]+)\)\s*\)"
    r"\s*(\\\S+ |\w+)\s*\("
)
_SHAPE = re.compile(r"_(\d+)x(\d+)_")
_SLEWS = (("lower", 20), ("upper", 80))
_NUMBERS = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Macro:
    """An SRAM macro, as far as it matters here.

    Args:
        library: its Liberty file.
        words, bits: its shape.
        area_um2: its area.
        access_ns: from the clock to its output, the slowest in the table.
        setup_ns: before the clock, the largest in the tables of its controls.
        read_pj, write_pj: energy of an access.
    """

    library: Library
    words: int
    bits: int
    area_um2: float
    access_ns: float
    setup_ns: float
    read_pj: float
    write_pj: float

    @classmethod
    def read(cls, path: Path | str) -> Macro:
        """The macro in a Liberty file named ``..._<words>x<bits>_...``.

        Raises:
            InvalidInput: there is none, or it does not state what is needed.
        """
        library = Library.read(path)
        text, shape = library.path.read_text(encoding="utf-8"), _SHAPE.search(library.path.name)
        try:
            if shape is None:
                raise ValueError
            output = text[text.index("bus(A_DOUT)") :]
            clock = text[text.index("pin(A_CLK)") :]
            return cls(
                library,
                int(shape.group(1)),
                int(shape.group(2)),
                float(re.findall(r"^\s*area\s*:\s*([0-9.]+)", text, re.MULTILINE)[0]),
                max(_table(output, "cell_rise") + _table(output, "cell_fall")),
                max(_table(text[text.index("pin(A_MEN)") :], "fall_constraint")),
                _energy(clock, "A_MEN  & !A_WEN & A_REN"),
                _energy(clock, "A_MEN  & A_WEN  & !A_REN"),
            )
        except (ValueError, IndexError):
            raise InvalidInput(f"{path} describes no single-port SRAM as IHP writes them") from None


@dataclass(frozen=True, slots=True)
class MemoryInstance:
    """One memory of a netlist: its instance there, the short name it gets for timing, and its shape."""

    instance: str
    name: str
    words: int
    bits: int

    @property
    def cell(self) -> str:
        """Name of its cell."""
        return f"sram_{self.words}x{self.bits}"

    def macros(self, macro: Macro) -> int:
        """How many macros side by side and one above the other hold it."""
        return -(-self.words // macro.words) * -(-self.bits // macro.bits)


def timing_netlist(netlist: str) -> tuple[str, tuple[MemoryInstance, ...]]:
    """A netlist in which every memory is a cell without parameters, and what they are."""
    found: list[MemoryInstance] = []

    def cell(match: re.Match[str]) -> str:
        _, words, bits, name = match.groups()
        found.append(MemoryInstance(name.strip().removeprefix("\\"), f"m{len(found)}", int(words, 2), int(bits, 2)))
        return f"{found[-1].cell} {found[-1].name} ("

    return _INSTANCE.sub(cell, netlist), tuple(found)


def memory_liberty(memories: Iterable[MemoryInstance], macro: Macro) -> str:
    """A Liberty library with a cell for each shape, timed as the macro is."""
    shapes = sorted({(part.words, part.bits, part.cell) for part in memories})
    lines = ["library (memories) {", '  time_unit : "1ns";', '  voltage_unit : "1V";', '  current_unit : "1mA";']
    lines += [
        "  capacitive_load_unit (1, pf);",
        '  leakage_power_unit : "1nW";',
        '  pulling_resistance_unit : "1kohm";',
    ]
    lines += [
        "  nom_voltage : 1.2;",
        "  nom_temperature : 25.0;",
        "  nom_process : 1.0;",
        "  delay_model : table_lookup;",
    ]
    lines += [f"  {edge}_threshold_pct_{sense} : 50;" for edge in ("input", "output") for sense in ("rise", "fall")]
    lines += [f"  slew_{end}_threshold_pct_{sense} : {pct};" for end, pct in _SLEWS for sense in ("rise", "fall")]
    widths = sorted({width for words, bits, _ in shapes for width in (bits, _address_width(words))})
    for width in widths:
        lines.append(
            f"  type (bits{width}) {{ base_type : array; data_type : bit; bit_width : {width}; "
            f"bit_from : {width - 1}; bit_to : 0; }}"
        )
    for words, bits, name in shapes:
        lines += [f"  cell ({name}) {{", "    pin (clk) { direction : input; clock : true; capacitance : 0.003; }"]
        inputs = [("enable", 0), ("write", 0), ("address", _address_width(words)), ("wdata", bits)]
        lines += [line for pin, width in inputs for line in _pin(pin, width, _setup(macro))]
        lines += [*_pin("rdata", bits, _access(macro)), "  }"]
    return "\n".join([*lines, "}", ""])


def _address_width(words: int) -> int:
    return max((words - 1).bit_length(), 1)


def _pin(name: str, width: int, timing: str) -> list[str]:
    direction = "output" if name == "rdata" else "input"
    load = "" if name == "rdata" else " capacitance : 0.003;"
    kind = f"bus ({name}) {{ bus_type : bits{width};" if width else f"pin ({name}) {{"
    return [f"    {kind} direction : {direction};{load}", f"      {timing}", "    }"]


def _setup(macro: Macro) -> str:
    value = f'(scalar) {{ values ("{macro.setup_ns:.4f}"); }}'
    return (
        f'timing () {{ related_pin : "clk"; timing_type : setup_rising; rise_constraint {value} '
        f"fall_constraint {value} }}"
    )


def _access(macro: Macro) -> str:
    delay, edge = f'(scalar) {{ values ("{macro.access_ns:.4f}"); }}', '(scalar) { values ("0.05"); }'
    return (
        f'timing () {{ related_pin : "clk"; timing_type : rising_edge; cell_rise {delay} cell_fall {delay} '
        f"rise_transition {edge} fall_transition {edge} }}"
    )


def _table(text: str, name: str) -> list[float]:
    """The values of the first table of that name."""
    start = text.index("values", text.index(name))
    return [float(value) for value in _NUMBERS.findall(text[start : text.index(";", start)])]


def _energy(text: str, when: str) -> float:
    start = text.index("values", text.index(f'"{when}"'))
    return float(_NUMBERS.findall(text[start : text.index(";", start)])[0])
