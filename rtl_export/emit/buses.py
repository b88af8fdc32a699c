"""Buses: a core behind AXI4-Lite or Wishbone, spikes on AXI4-Stream.

What a host sees of it is one table of registers, which Verilog, C header and Python driver follow. All registers are
32 bits wide. A word of a memory wider than that goes through ``DATA0``, ``DATA1``, ...: writing ``COMMAND`` with
``WRITE`` moves it into the memory at ``SELECT`` and ``ADDRESS``, ``READ`` fetches one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neuro.errors import UnsupportedByTarget
from rtl_export.core.core import Core
from rtl_export.core.names import check_core_name
from rtl_export.emit.numbers import Number
from rtl_export.emit.verilog import render

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
        access: ``"rw"``, ``"r"``, ``"w"``, or ``"rw1c"`` (ones that are written clear).
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

EVENT_BITS = (("DONE", 0), ("SPIKE", 1), ("DROPPED", 2), ("REFUSED", 3), ("RANGE", 4))
"""Bits of ``EVENTS`` and ``ENABLE``; the last three are errors."""

_MEANINGS = (
    "a tick ended",
    "a spike waits or leaves",
    "a spike came in that is none, or one too many",
    "a command came during a tick",
    "no such register, value or word",
)


def register_map(core: Core) -> RegisterMap:
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
        (
            "EVENTS",
            "rw1c",
            len(EVENT_BITS),
            "ones that are written clear; "
            + "; ".join(f"bit {bit} {name}: {what}" for (name, bit), what in zip(EVENT_BITS, _MEANINGS, strict=True)),
        ),
        ("ENABLE", "rw", len(EVENT_BITS), "bits of EVENTS that raise `irq`"),
    ]
    data = [(f"DATA{k}", "rw", min(BITS, core.host_width - BITS * k), f"bits {BITS * k} up") for k in range(words)]
    registers = tuple(
        Register(name, BITS // 8 * number, access, width, meaning)
        for number, (name, access, width, meaning) in enumerate([*fixed, *data])
    )
    return RegisterMap(core.name, registers, words)


def bus_files(core: Core, numbers: Mapping[int, tuple[Number, ...]]) -> dict[str, bytes]:
    """File name -> contents: both wrappers with their parts, registers in C, Python and SystemRDL, drivers.

    The tops are ``<core>_axi`` and ``<core>_wishbone``. The same core gives the same bytes.

    Raises:
        UnsupportedByTarget: more restarts than one register has bits.
    """
    if core.restart_width > BITS:
        raise UnsupportedByTarget(
            f"{core.restart_width} restarts",
            "a bus of 32 bits",
            "share restarts between states, or use the core's port",
        )
    table = register_map(core)
    shared = {
        "c": core,
        "m": table,
        "index": table.address_width - 2,
        "magic": MAGIC,
        "bytes": core.spike_width // 8 + 1,
        "commands": COMMANDS,
        "status": STATUS,
        "events": EVENT_BITS,
        "numbers": numbers,
        "lite": _lite(table.address_width),
    }
    files = {f"{name}.v": render(f"bus/{name}.v", **shared) for name in ("host_port", "spike_stream", "axi_lite")}
    for kind in ("axi", "wishbone"):
        top = check_core_name(f"{core.name}_{kind}")
        files[f"{top}.v"] = render("bus/core_bus.v", top=top, axi=kind == "axi", **shared)
    files["registers.h"] = render("host/registers.h", **shared)
    files["registers.py"] = render("host/registers.py", **shared)
    files["registers.rdl"] = render("host/registers.rdl", **shared)
    files["driver.h"] = render("host/driver.h", **shared)
    return {name: text.encode("ascii") for name, text in files.items()}


def _lite(address: int) -> tuple[tuple[str, int, str], ...]:
    """Signals of AXI4-Lite without their prefix: name, width, direction as a slave sees it."""
    to, back = "input ", "output"
    return (
        ("awvalid", 1, to),
        ("awready", 1, back),
        ("awaddr", address, to),
        ("awprot", 3, to),
        ("wvalid", 1, to),
        ("wready", 1, back),
        ("wdata", 32, to),
        ("wstrb", 4, to),
        ("bvalid", 1, back),
        ("bready", 1, to),
        ("bresp", 2, back),
        ("arvalid", 1, to),
        ("arready", 1, back),
        ("araddr", address, to),
        ("arprot", 3, to),
        ("rvalid", 1, back),
        ("rready", 1, to),
        ("rdata", 32, back),
        ("rresp", 2, back),
    )
