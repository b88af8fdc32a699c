"""A cocotb bench: replays an export's commands over AXI4-Lite or Wishbone and AXI4-Stream, with random pauses.

It runs inside the simulator (see `bus_runs`); the registers are driven by the export's own generated Python driver.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.task import bridge, resume
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

from tests.rtl_export.buses.wishbone_master import WishboneMaster

FOLDER = Path(os.environ["SPIKELOOM_CORE"])
SHARE = float(os.environ["SPIKELOOM_PAUSE"])
"""How often each side is not ready."""
WISHBONE = os.environ["SPIKELOOM_BUS"] == "wishbone"
"""Whether the registers are on Wishbone, else on AXI4-Lite."""


def _driver():
    spec = importlib.util.spec_from_file_location("registers", FOLDER / "bus" / "registers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _pauses(seed: int) -> Iterator[bool]:
    rng = np.random.default_rng(seed)
    while True:
        yield bool(rng.random() < SHARE)


class Bus:
    """What the generated driver asks for, on top of the AXI4-Lite master."""

    def __init__(self, master) -> None:
        self.master = master

    @resume
    async def read(self, offset: int) -> int:
        return int.from_bytes((await self.master.read(offset, 4)).data, "little")

    @resume
    async def write(self, offset: int, value: int) -> None:
        answer = await self.master.write(offset, value.to_bytes(4, "little"))
        assert answer.resp == 0


class Wishbone:
    """The same on top of the Wishbone master."""

    def __init__(self, master: WishboneMaster) -> None:
        self.master = master

    @resume
    async def read(self, offset: int) -> int:
        return await self.master.read(offset)

    @resume
    async def write(self, offset: int, value: int) -> None:
        assert await self.master.write(offset, value)


class Commands:
    """The numbers of commands.txt, one after the other."""

    def __init__(self) -> None:
        text = (FOLDER / "tb" / "commands.txt").read_text()
        self.numbers = iter([int(word, 16) for word in text.split()])

    def take(self, count: int = 1) -> list[int]:
        return [next(self.numbers) for _ in range(count)]


class Replay:
    """Obeys the commands."""

    def __init__(self, dut) -> None:
        clock, reset, level = (dut.clk_i, dut.rst_i, True) if WISHBONE else (dut.aclk, dut.aresetn, False)
        self.source, self.sink = (
            kind(AxiStreamBus.from_prefix(dut, prefix), clock, reset, reset_active_level=level)
            for kind, prefix in ((AxiStreamSource, "s_axis"), (AxiStreamSink, "m_axis"))
        )
        self.bytes = len(dut.s_axis_tkeep)
        self.source.set_pause_generator(_pauses(1))
        self.sink.set_pause_generator(_pauses(2))
        if WISHBONE:
            self.master = WishboneMaster(dut, _pauses(3))
            self.bus = Wishbone(self.master)
        else:
            self.lite = lite = AxiLiteMaster(
                AxiLiteBus.from_prefix(dut, "s_axi"), clock, reset, reset_active_level=False
            )
            lite.write_if.b_channel.set_pause_generator(_pauses(3))
            lite.read_if.r_channel.set_pause_generator(_pauses(4))
            self.bus = Bus(lite)
        self.driver, self.folder = _driver(), FOLDER
        self.names = {select: name for name, (select, _) in self.driver.MEMORIES.items()}
        self.given: list[int] = []
        self.sent = self.received = self.words = self.wrong = 0

    async def run(self) -> None:
        self.core = await bridge(self.driver.Core)(self.bus)
        commands = Commands()
        while (command := commands.take()[0]) != 0:
            await getattr(self, f"do_{command}")(commands)

    async def do_1(self, commands: Commands) -> None:
        select, count = commands.take(2)
        await bridge(self.core.load)(self.names[select], commands.take(count))

    async def do_2(self, _: Commands) -> None:
        await bridge(self.core.initialise)()

    async def do_3(self, commands: Commands) -> None:
        self.given += commands.take()

    async def do_4(self, commands: Commands) -> None:
        restart, count = commands.take(2)
        expected = commands.take(count)
        if restart or self.driver.RESTART in getattr(self, "set", ()):
            await bridge(self.core.bus.write)(self.driver.RESTART, restart)
            self.set = (self.driver.RESTART,)
        await self.source.send(self.frame())
        frame = await self.sink.recv(compact=False)
        beats = [bytes(frame.tdata[k : k + self.bytes]) for k in range(0, len(frame.tdata), self.bytes)]
        kept = [int.from_bytes(beat, "little") for k, beat in enumerate(beats) if frame.tkeep[k * self.bytes]]
        self.sent += len(self.given)
        self.received += len(kept)
        self.wrong += kept != expected
        self.given = []

    def frame(self) -> AxiStreamFrame:
        if not self.given:
            return AxiStreamFrame(bytes(self.bytes), tkeep=[0] * self.bytes)
        return AxiStreamFrame(b"".join(address.to_bytes(self.bytes, "little") for address in self.given))

    async def do_5(self, commands: Commands) -> None:
        select, first, count = commands.take(3)
        assert first == 0
        expected = commands.take(count)
        found = await bridge(self.core.fetch)(self.names[select], count)
        self.words += count
        self.wrong += found != expected

    async def do_6(self, commands: Commands) -> None:
        select, address, word = commands.take(3)
        write, driver = bridge(self.core.bus.write), self.driver
        await write(driver.SELECT, select)
        await write(driver.ADDRESS, address)
        for place in range(driver.DATA_REGISTERS):
            await write(driver.DATA0 + 4 * place, (word >> (32 * place)) & 0xFFFFFFFF)
        await write(driver.COMMAND, driver.COMMAND_WRITE)


async def refuse_a_part_of_a_register(bench: Replay) -> None:
    """A Wishbone write that does not select all bytes ends in an error and changes nothing; a whole one is kept."""
    driver, master = bench.driver, bench.master
    assert await master.write(driver.ADDRESS, 1)
    assert not await master.write(driver.ADDRESS, 0, select=0b0011)
    assert await master.read(driver.ADDRESS) == 1
    assert await master.read(driver.ID) == driver.MAGIC


@cocotb.test()
async def replay(dut) -> None:
    """Every spike and every word comes back as the vectors say; nothing is left in the streams."""
    clock, reset, level = (dut.clk_i, dut.rst_i, 1) if WISHBONE else (dut.aclk, dut.aresetn, 0)
    cocotb.start_soon(Clock(clock, 10, unit="step").start())
    reset.value = level
    bench = Replay(dut)
    await ClockCycles(clock, 4)
    reset.value = 1 - level
    await RisingEdge(clock)
    if WISHBONE:
        await refuse_a_part_of_a_register(bench)
    await bench.run()
    await ClockCycles(clock, 200)
    assert bench.sink.empty()
    dut._log.info("BUS sent=%d received=%d words=%d wrong=%d", bench.sent, bench.received, bench.words, bench.wrong)
    assert bench.wrong == 0
    if WISHBONE:
        assert bench.master.unasked == 0
