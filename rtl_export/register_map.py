"""RegisterMap: what a host sees of a core on a bus. One table; Verilog, C header and Python driver follow it.

All registers are 32 bits wide. A word of a memory wider than that goes through ``DATA0``, ``DATA1``, ...: writing
``COMMAND`` with ``WRITE`` moves it into the memory at ``SELECT`` and ``ADDRESS``, ``READ`` fetches one.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtl_export.netlist import CoreNetlist

BITS = 32
"""Bits of a register."""

MAGIC = 0x5350494B
"""What ``ID`` reads: "SPIK" in ASCII."""


@dataclass(frozen=True, slots=True)
class Register:
    """One register.

    Args:
        name: in capitals.
        offset: byte address.
        access: ``"rw"``, ``"r"`` or ``"w"``.
        width: bits that it has; the others read 0.
        meaning: one line.
    """

    name: str
    offset: int
    access: str
    width: int
    meaning: str


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """Every register, in the order of their addresses.

    Args:
        core: the core's name.
        registers: the table.
        data_registers: how many ``DATA`` registers there are.
    """

    core: str
    registers: tuple[Register, ...]
    data_registers: int

    def register(self, name: str) -> Register:
        """The register of that name."""
        return next(part for part in self.registers if part.name == name)

    @property
    def address_width(self) -> int:
        """Bits of a byte address."""
        return max((self.registers[-1].offset + BITS // 8 - 1).bit_length(), 3)


COMMANDS = (("INIT", 0), ("START", 1), ("WRITE", 2), ("READ", 3))
"""Bits of ``COMMAND``; one at a time."""

STATUS = (("READY", 0), ("READ_VALID", 1))
"""Bits of ``STATUS``."""


def register_map(core: CoreNetlist) -> RegisterMap:
    """The registers of a core's bus wrappers."""
    words = -(-core.host_width // BITS)
    fixed = [
        ("ID", "r", BITS, f"0x{MAGIC:08X}: a core of Spikeloom"),
        ("STATUS", "r", len(STATUS), "bit 0 READY: commands are taken; bit 1 READ_VALID: DATA holds the word read"),
        ("COMMAND", "w", len(COMMANDS), "bit 0 INIT, 1 START (a tick), 2 WRITE, 3 READ (a word of a memory)"),
        ("RESTART", "rw", core.restart_width, "bits that START reads"),
        ("SELECT", "rw", core.select_width, "the memory, see the README"),
        ("ADDRESS", "rw", core.host_address_width, "the word in it; WRITE and READ count it up"),
        ("TICKS", "r", BITS, "ticks ended since reset"),
    ]
    data = [(f"DATA{k}", "rw", min(BITS, core.host_width - BITS * k), f"bits {BITS * k} up") for k in range(words)]
    registers = tuple(
        Register(name, BITS // 8 * number, access, width, meaning)
        for number, (name, access, width, meaning) in enumerate([*fixed, *data])
    )
    return RegisterMap(core.name, registers, words)
