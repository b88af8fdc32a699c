"""A Wishbone B4 classic master for cocotb: one transfer at a time, idle clocks between, and the slave's manners judged.

Source: Wishbone B4, chapters 3.1.3 (handshake) and 3.2 (single transfers): a slave ends a transfer by exactly one of
ACK_O and ERR_O, and only while CYC_I and STB_I are asserted.
"""

from __future__ import annotations

from collections.abc import Iterator

import cocotb
from cocotb.triggers import ReadOnly, RisingEdge

_PATIENCE = 200_000


class WishboneMaster:
    """Drives the slave's ports.

    Args:
        dut: with `cyc_i`, `stb_i`, `we_i`, `sel_i`, `adr_i`, `dat_i`, `dat_o`, `ack_o`, `err_o`.
        pauses: whether to stay idle for one clock more, asked before each transfer.
    """

    def __init__(self, dut, pauses: Iterator[bool]) -> None:
        self.dut, self.pauses = dut, pauses
        self.unasked = 0
        for name in ("cyc_i", "stb_i", "we_i", "sel_i", "adr_i", "dat_i"):
            getattr(dut, name).value = 0
        cocotb.start_soon(self._watch())

    async def read(self, offset: int) -> int:
        """The register at a byte address."""
        acknowledged, value = await self._transfer(offset, write=False)
        assert acknowledged, f"reading 0x{offset:02x} ended in an error"
        return value

    async def write(self, offset: int, value: int, select: int = 0b1111) -> bool:
        """Write a register; whether it was acknowledged, else it ended in an error."""
        acknowledged, _ = await self._transfer(offset, write=True, value=value, select=select)
        return acknowledged

    async def _transfer(self, offset: int, *, write: bool, value: int = 0, select: int = 0b1111) -> tuple[bool, int]:
        dut = self.dut
        while next(self.pauses):
            await RisingEdge(dut.clk_i)
        dut.cyc_i.value = dut.stb_i.value = 1
        dut.we_i.value, dut.sel_i.value = int(write), select
        dut.adr_i.value, dut.dat_i.value = offset, value
        for _ in range(_PATIENCE):
            await RisingEdge(dut.clk_i)
            ack, err = int(dut.ack_o.value), int(dut.err_o.value)
            if ack or err:
                assert not (ack and err), "a transfer ended twice"
                found = int(dut.dat_o.value) if ack and not write else 0
                dut.cyc_i.value = dut.stb_i.value = dut.we_i.value = 0
                return bool(ack), found
        raise AssertionError(f"no answer to a transfer at 0x{offset:02x}")

    async def _watch(self) -> None:
        """Count answers that nobody asked for."""
        dut = self.dut
        while True:
            await RisingEdge(dut.clk_i)
            asked = bool(dut.cyc_i.value) and bool(dut.stb_i.value)
            await ReadOnly()
            if dut.rst_i.value == 0 and not asked:
                self.unasked += int(dut.ack_o.value) + int(dut.err_o.value)
