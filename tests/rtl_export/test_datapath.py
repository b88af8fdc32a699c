"""A datapath puts registers where the stage's time is used up, and keeps every value with its neuron."""

from __future__ import annotations

import pytest

from rtl_export.core.datapath import STAGE_NS, DatapathBuilder
from rtl_export.core.expressions import Wire


def chain(length: int) -> DatapathBuilder:
    """So many products in a row, each with the input of the first."""
    path = DatapathBuilder("chain", "a chain", even=False)
    path.input("x", 16)
    path.wires(Wire(f"w{k}", 32, f"{'x' if k == 0 else f'w{k - 1}'} * x") for k in range(length))
    path.output("y", 32, f"w{length - 1}")
    return path


@pytest.mark.parametrize("length", [1, 2, 5])
def test_products_take_a_stage_each(length: int) -> None:
    path = chain(length).build()
    assert STAGE_NS < 6.67  # 150 MHz
    assert [len(stage) for stage in path.stages[1:]] == [1] * (path.latency)
    assert path.latency in (length - 1, length)
    last = path.stages[-1][-1].text
    assert last == ("x * x" if path.latency == 0 else f"d1_w{length - 2} * d{path.latency}_x" if length > 1 else last)


def test_a_latency_is_even_where_a_write_follows() -> None:
    path = DatapathBuilder("even", "even")
    path.input("x", 16)
    path.input("late", 16, stage=1)
    path.wires([Wire("sum", 17, "x + late")])
    path.output("y", 17, "sum")
    built = path.build()
    assert built.latency == 2
    assert [delay.name for delay in built.delays] == ["d1_x", "d1_sum"]
    assert built.outputs[0].text == "d1_sum"


def test_what_nothing_reads_is_left_out() -> None:
    path = DatapathBuilder("lean", "lean")
    path.input("x", 4)
    path.input("unused", 4)
    path.steady("mode", 1, signed=False)
    path.wires([Wire("a", 4, "mode ? x : 4'sd0"), Wire("idle", 5, "x + unused")])
    path.output("y", 4, "a")
    built = path.build()
    assert [part.name for part in built.ports] == ["x", "mode"]
    assert [wire.name for stage in built.stages for wire in stage] == ["a"]
    assert built.latency == 0
