"""cocotb bench of the buses' manners: writes during a tick, values out of range, events and the interrupt."""

from __future__ import annotations

import cocotb
import numpy as np
import pytest
from cocotb.clock import Clock
from cocotb.task import bridge
from cocotb.triggers import ClockCycles, RisingEdge, with_timeout
from cocotbext.axi import AxiStreamFrame

from tests.rtl_export.buses.bus_bench import WISHBONE, Replay

_STEPS = 20_000


class Host:
    """Registers, with the answer of each write."""

    def __init__(self, bench: Replay) -> None:
        self.bench, self.r = bench, bench.driver
        self.master = bench.master if WISHBONE else bench.lite

    async def write(self, offset: int, value: int) -> bool:
        if WISHBONE:
            return await with_timeout(self.master.write(offset, value), _STEPS, "step")
        answer = await with_timeout(self.master.write(offset, value.to_bytes(4, "little")), _STEPS, "step")
        return answer.resp == 0

    async def read(self, offset: int) -> int:
        if WISHBONE:
            return await self.master.read(offset)
        return int.from_bytes((await self.master.read(offset, 4)).data, "little")

    async def events(self) -> int:
        """What happened since this was asked last."""
        found = await self.read(self.r.EVENTS)
        assert await self.write(self.r.EVENTS, found)
        return found


async def refuse_what_is_out_of_range(host: Host) -> None:
    """Registers start at 0; values and words that are not there are errors that change nothing."""
    r = host.r
    for register in (r.RESTART, r.SELECT, r.ADDRESS, r.DATA0, r.EVENTS, r.ENABLE, r.TICKS):
        assert await host.read(register) == 0
    assert not await host.write(r.SELECT, 1 << 20)
    assert not await host.write(r.RESTART, 1 << 20)
    assert not await host.write(r.COMMAND, r.COMMAND_INIT | r.COMMAND_START)
    assert not await host.write(r.TICKS, 1)
    assert await host.events() == r.EVENT_RANGE
    assert await host.read(r.SELECT) == await host.read(r.RESTART) == 0
    name, (select, depth) = next(item for item in r.MEMORIES.items() if item[0].startswith("states"))
    assert await host.write(r.SELECT, select)
    assert await host.write(r.ADDRESS, depth)
    assert not await host.write(r.COMMAND, r.COMMAND_READ), f"word {depth} of {name}"
    assert await host.write(r.ADDRESS, 0)
    assert not await host.write(r.COMMAND, r.COMMAND_WRITE), "states are read only"
    free = len(r.MEMORIES)
    assert free < 1 << (free - 1).bit_length(), "the circuit leaves a select free"
    assert await host.write(r.SELECT, free)
    assert not await host.write(r.COMMAND, r.COMMAND_READ), "no such memory"
    assert await host.events() == r.EVENT_RANGE
    assert await host.read(r.STATUS) == r.STATUS_READY


async def load(host: Host, core) -> None:
    """The memories of the vectors, and start values."""
    commands = iter((host.bench.folder / "tb" / "commands.txt").read_text().split())
    while next(commands) == "1":
        number, count = int(next(commands), 16), int(next(commands), 16)
        await bridge(core.load)(host.bench.names[number], [int(next(commands), 16) for _ in range(count)])
    await bridge(core.initialise)()
    assert await host.events() == 0


async def answer_during_a_tick(dut, clock, host: Host) -> None:
    """A register may be written while a tick runs, a command is refused; malformed beats are dropped."""
    r, bench = host.r, host.bench
    assert dut.irq.value == 0
    assert await host.write(r.ENABLE, r.EVENT_DONE)
    wrong = (1 << (8 * bench.bytes)) - 1
    await bench.source.send(AxiStreamFrame(wrong.to_bytes(bench.bytes, "little")))
    await ClockCycles(clock, 4)
    assert await host.write(r.ADDRESS, 0)
    assert not await host.write(r.COMMAND, r.COMMAND_INIT)
    errors = r.EVENT_DROPPED | r.EVENT_REFUSED
    assert await host.events() & errors == errors
    await bench.sink.recv(compact=False)
    await ClockCycles(clock, 4)
    assert dut.irq.value == 1
    assert await host.events() & r.EVENT_DONE
    assert dut.irq.value == 0
    assert await host.read(r.TICKS) == 1


async def answer_while_nobody_takes_spikes(dut, clock, host: Host, core) -> None:
    """A spike that waits raises the interrupt, and whoever does not take it can still ask and tell."""
    r, sink = host.r, host.bench.sink
    sink.set_pause_generator(None)
    sink.pause = True
    assert await host.write(r.ENABLE, r.EVENT_SPIKE)
    name, (_, depth) = next(item for item in r.MEMORIES.items() if item[0].startswith("row"))
    await bridge(core.load)(name, [(1 << 17) - 1] * depth)
    for _ in range(60):
        if not await host.read(r.STATUS) & r.STATUS_READY:
            break
        assert await host.write(r.COMMAND, r.COMMAND_START)
        await ClockCycles(clock, 200)
    assert dut.irq.value == 1
    assert not await host.read(r.STATUS) & r.STATUS_READY
    assert not await host.write(r.COMMAND, r.COMMAND_START)
    assert await host.write(r.SELECT, 0)
    sink.pause = False
    await ClockCycles(clock, 300)
    assert await host.read(r.STATUS) & r.STATUS_READY


@cocotb.test()
async def rules(dut) -> None:
    """Each wrong thing is answered by an error, flagged, and changes nothing."""
    clock, reset, level = (dut.clk_i, dut.rst_i, 1) if WISHBONE else (dut.aclk, dut.aresetn, 0)
    cocotb.start_soon(Clock(clock, 10, unit="step").start())
    reset.value = level
    bench = Replay(dut)
    host = Host(bench)
    await ClockCycles(clock, 4)
    reset.value = 1 - level
    await RisingEdge(clock)
    await refuse_what_is_out_of_range(host)
    core = await bridge(host.r.Core)(bench.bus)
    await load(host, core)
    await answer_during_a_tick(dut, clock, host)
    await answer_while_nobody_takes_spikes(dut, clock, host, core)
    dut._log.info("RULES passed")


@cocotb.test()
async def units(dut) -> None:
    """Memories are loaded and read in units; what is read is what was loaded, rounded to the lowest bit."""
    clock, reset, level = (dut.clk_i, dut.rst_i, 1) if WISHBONE else (dut.aclk, dut.aresetn, 0)
    cocotb.start_soon(Clock(clock, 10, unit="step").start())
    reset.value = level
    bench = Replay(dut)
    host = Host(bench)
    await ClockCycles(clock, 4)
    reset.value = 1 - level
    await RisingEdge(clock)
    core, r = await bridge(host.r.Core)(bench.bus), host.r
    await load(host, core)
    rng, compared = np.random.default_rng(3), 0
    for name in [name for name in r.MEMORIES if name.startswith("weights")]:
        ((field, _, _, _, exponent, unit, lowest, highest),) = r.FIELDS[name]
        assert unit == "SI"
        values = (rng.uniform(lowest, highest, r.MEMORIES[name][1]) * 2.0**exponent).tolist()
        await bridge(core.load_values)(name, {field: values})
        found = (await bridge(core.fetch_values)(name))[field]
        assert found == [float(np.floor(value * 2.0**-exponent + 0.5)) * 2.0**exponent for value in values]
        compared += len(found)
        with pytest.raises(ValueError, match=r"w\[0\] is 1000000.0 \(SI\); .* is what weights of"):
            r.encode(name, {field: [1e6]})
    found = await bridge(core.fetch_values)("states of a")
    assert set(found) == {"v", "g", "I", "counter"}
    dut._log.info("UNITS compared=%d states=%s", compared, found["v"])
