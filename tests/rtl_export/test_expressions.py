"""Printed arithmetic: the text, its widths, and what the integer language leaves out."""

from __future__ import annotations

import pytest

from neuro.compiler.ir import Binary, Call, Constant, Expression, Flush, Format, RoundShift, Select, Symbol, Unary
from neuro.errors import InvalidInput, UnsupportedByTarget
from rtl_export.core.expressions import Operand, WirePrinter, flag, literal, named, sized
from rtl_export.core.intervals import Interval

BYTE = Interval(-128, 127)
X, Y = Symbol("x"), Symbol("y")


def printer() -> WirePrinter:
    meanings = {X: named("x", BYTE), Y: named("y", BYTE), Symbol("on"): flag("on")}
    return WirePrinter("step", meanings, "the update of population 'a'")


def lines(expression: Expression, form: Format | None = None) -> list[str]:
    wires = printer()
    if form is None:
        wires.value("x", expression)
    else:
        wires.stored("next_x", "x", expression, form)
    return [wire.declaration for wire in wires.wires]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (Binary("+", X, Y), "wire signed [8:0] step1_x = x + y;"),
        (Binary("*", X, Y), "wire signed [15:0] step1_x = x * y;"),
        (Binary("-", X, Binary("-", Y, X)), "wire signed [9:0] step1_x = x - (y - x);"),
        (
            Binary("*", Binary("+", X, Y), Constant(-3)),
            "wire signed [8:0] step1_x = x + y;\nwire signed [10:0] step2_x = step1_x * -3'sd3;",
        ),
        (Unary("-", Constant(-128)), "wire signed [8:0] step1_x = -(-9'sd128);"),
        (Binary("<", X, Y), "wire step1_x = x < y;"),
        (Binary("and", Symbol("on"), X), "wire step1_x = x != 2'sd0;\nwire step2_x = on && step1_x;"),
        (Select(Symbol("on"), X, Constant(500)), "wire signed [9:0] step1_x = on ? x : 10'sd500;"),
        (Binary("+", X, Symbol("on")), "wire signed [8:0] step1_x = x + $signed({1'b0, on});"),
        (Call("abs", (X,)), "wire signed [8:0] step1_x = (x < 2'sd0) ? -x : x;"),
        (Call("min", (X, Constant(3))), "wire signed [7:0] step1_x = (x < 3'sd3) ? x : 3'sd3;"),
    ],
)
def test_text_and_width(expression: Expression, expected: str) -> None:
    found = lines(expression)
    assert "\n".join(found)[: len(expected)] == expected


def test_rounding_adds_half_a_step_where_it_fits() -> None:
    remark = "   // half a step more: the shift rounds to nearest"
    assert lines(RoundShift(X, 4)) == [
        f"wire signed [8:0] step1_x = x + 5'sd8;{remark}",
        "wire signed [4:0] step2_x = step1_x[8:4];",
    ]
    # A shift beyond the value's own bits still has a sign to keep.
    assert lines(RoundShift(X, 12))[1] == "wire signed [0:0] step2_x = step1_x[12:12];"


def test_only_what_can_leave_its_format_saturates() -> None:
    assert lines(X, Format(8, 0)) == []
    assert lines(X, Format(9, 0)) == ["wire signed [8:0] next_x = x;"]
    assert lines(Binary("+", X, Constant(1)), Format(8, 0))[1] == (
        "wire signed [7:0] next_x = (step1_x < -9'sd128) ? 8'sh80 : (step1_x > 8'sd127) ? 8'sd127 : step1_x[7:0];"
        "   // saturates"
    )
    assert printer().stored("next_x", "x", Constant(4000), Format(8, 0)).text == "8'sd127"


def test_literals() -> None:
    assert [literal(value).text for value in (0, 5, -5, -8)] == ["2'sd0", "4'sd5", "-4'sd5", "-5'sd8"]
    assert [sized(value, 4) for value in (7, -7, -8)] == ["4'sd7", "-4'sd7", "4'sh8"]
    assert named("x", BYTE) == Operand("x", BYTE, 8)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (Call("exp", (X,)), "Verilog does not support function 'exp' in the update of population 'a'; use min, max"),
        (Binary("/", X, Y), "Verilog does not support operator '/' in the update of population 'a'; use"),
        (Flush(X), "Verilog does not support Flush"),
        (Constant(0.5), "Verilog does not support Constant"),
    ],
)
def test_what_the_integer_language_leaves_out(expression: Expression, message: str) -> None:
    with pytest.raises(UnsupportedByTarget, match=message.replace("(", r"\(")):
        lines(expression)


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"the update of population 'a' reads 'z' \(own\); it may read on, x, y"):
        lines(Symbol("z"))
