"""A page asks the network for nothing, escapes what it is given, and its plots follow the theme."""

from __future__ import annotations

import base64
import re
import zlib

import numpy as np
import pytest

from neuro.analysis.plots import figure_of, new_axes
from spikeloom.report import (
    Figure,
    Page,
    Paint,
    ReportStep,
    Section,
    Table,
    Tile,
    figure_svg,
    ink_png,
    plot_style,
    render_page,
)


def drawn(name: str = "plot") -> str:
    with plot_style():
        axes = new_axes(3, 2)
        axes.plot([0, 1], [1, 0], color=Paint.SECOND.value)
        axes.scatter([0.5], [0.5], color=Paint.THIRD.value)
        axes.set_xlabel("time (ms)")
        return figure_svg(figure_of(axes), name, 'a "line" <falls>')


def page() -> Page:
    return Page(
        "kicker",
        "Title & more",
        "Lead",
        [Tile("0", "mismatches", "of many", proof=True)],
        [ReportStep("One", "detail")],
        [
            Section("Finding", "Text <b>", [Figure(drawn(), "Caption <i>")]),
            Section("Table", "", [Table(["", "n"], [["✓ yes", "1,000"]], "what", frozenset("n"))], side=True),
        ],
        ["foot"],
    )


def test_the_page_is_self_contained() -> None:
    html = render_page(page())
    assert not re.search(r"<(script|link|iframe)\b|@import|url\(", html.replace("url(#", "local("))
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", html)
    assert "Title &amp; more" in html
    assert "Text &lt;b&gt;" in html
    assert "Caption &lt;i&gt;" in html
    assert '<td class="number">1,000</td>' in html
    assert '<span class="ok">✓ yes</span>' in html


def test_plots_take_their_colours_from_the_page() -> None:
    svg = drawn()
    assert svg.startswith("<svg")
    assert 'role="img" aria-label="a &quot;line&quot; &lt;falls&gt;"' in svg
    assert "var(--second)" in svg
    assert "var(--third)" in svg
    assert not any(paint.value in svg for paint in Paint)
    assert "time (ms)" in svg
    assert "font: " not in svg
    assert "<metadata" not in svg


def test_plots_are_the_same_in_every_run_and_apart_from_each_other() -> None:
    assert drawn() == drawn()
    ids = [set(re.findall(r'id="([^"]+)"', drawn(name))) for name in ("one", "two")]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_every_local_reference_has_its_target() -> None:
    svg = drawn()
    wanted = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    assert wanted <= set(re.findall(r'id="([^"]+)"', svg))


@pytest.mark.parametrize("paint", list(Paint))
def test_the_style_sheet_knows_every_paint(paint: Paint) -> None:
    html = render_page(page())
    assert html.count(f"--{paint.name.lower()}: ") == 2
    assert f"--{paint.name.lower()}: {paint.value};" in html


def test_ink_is_a_picture_of_its_values() -> None:
    image = np.array([[0.0, 1.0, 0.5], [0.25, 2.0, -1.0]])
    raw = base64.b64decode(ink_png(image).removeprefix("data:image/png;base64,"))
    assert raw.startswith(b"\x89PNG\r\n\x1a\n")
    start = raw.index(b"IDAT") + 4
    length = int.from_bytes(raw[start - 8 : start - 4], "big")
    rows = np.frombuffer(zlib.decompress(raw[start : start + length]), np.uint8).reshape(2, 7)
    assert rows[:, 2::2].tolist() == [[0, 255, 128], [64, 255, 0]]
    assert not rows[:, 1::2].any()
