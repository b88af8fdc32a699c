"""Buses: a core behind AXI4-Lite or Wishbone, spikes on AXI4-Stream; C header and Python driver of its registers."""

from __future__ import annotations

from neuro.errors import UnsupportedByTarget
from rtl_export.names import check_core_name
from rtl_export.netlist import CoreNetlist
from rtl_export.register_map import BITS, COMMANDS, MAGIC, STATUS, register_map
from rtl_export.verilog import render


def bus_files(core: CoreNetlist) -> dict[str, bytes]:
    """File name -> contents: both wrappers with their parts, ``registers.h`` and ``registers.py``.

    The tops are ``<core>_axi`` and ``<core>_wishbone``. The same netlist gives the same bytes.

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
        "lite": _lite(table.address_width),
    }
    files = {f"{name}.v": render(f"{name}.v", **shared) for name in ("host_port", "spike_stream", "axi_lite")}
    for kind in ("axi", "wishbone"):
        top = check_core_name(f"{core.name}_{kind}")
        files[f"{top}.v"] = render("core_bus.v", top=top, axi=kind == "axi", **shared)
    files["registers.h"] = render("registers.h", **shared)
    files["registers.py"] = render("registers.py", **shared)
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
