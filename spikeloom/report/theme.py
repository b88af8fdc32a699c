"""The colours of the page, and plots that follow them by day and by night.

A plot is drawn in the colours of the light page; in its SVG each of them becomes a CSS variable, so the same plot is
right on a dark page as well. Text stays text, in the page's own font.
"""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.errors import ToolError

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


class Paint(Enum):
    """A colour of the page; the value is the one by day. ``page.css`` holds the same names, by day and by night."""

    INK = "#1b2027"
    MUTED = "#5f6b7a"
    LINE = "#dde2e8"
    CARD = "#ffffff"
    FIRST = "#5a6b85"
    SECOND = "#2b6be0"
    THIRD = "#c8650b"
    GOOD = "#16805a"

    @property
    def css(self) -> str:
        """The CSS variable."""
        return f"var(--{self.name.lower()})"


@contextmanager
def plot_style() -> Iterator[None]:
    """Draw matplotlib figures in the page's style inside the block.

    Raises:
        ToolError: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
    except ImportError:
        raise ToolError("matplotlib is not installed; pip install 'spikeloom[report]'") from None
    ink, muted, line = (paint.value for paint in (Paint.INK, Paint.MUTED, Paint.LINE))
    with rc_context(
        {
            "axes.edgecolor": line,
            "axes.labelcolor": muted,
            "axes.grid": False,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "font.size": 12,
            "grid.color": line,
            "legend.frameon": False,
            "savefig.facecolor": "none",
            "svg.fonttype": "none",
            "text.color": ink,
            "xtick.color": line,
            "xtick.labelcolor": muted,
            "ytick.color": line,
            "ytick.labelcolor": muted,
        }
    ):
        yield


def figure_svg(drawing: Drawing, name: str, description: str) -> str:
    """A matplotlib figure as an inline SVG element; call it inside :func:`plot_style`.

    Args:
        drawing: what to show.
        name: unique on the page; makes the ids inside unique, and the same in every run.
        description: for readers who can't see it.
    """
    from matplotlib import rc_context

    buffer = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with rc_context({"svg.hashsalt": name}):
        drawing.savefig(buffer, format="svg", metadata=nothing, bbox_inches="tight", pad_inches=0.04)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    width = re.search(r'width="([\d.]+)pt"', text)
    attributes = re.search(r'viewBox="[^"]*"', text)
    pixels = 0.0 if width is None else float(width.group(1)) * 4 / 3
    opening = (
        f'<svg class="plot" style="max-width:{pixels:.0f}px" {"" if attributes is None else attributes.group(0)} '
        f'role="img" aria-label="{escape(description)}" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    text = opening + text[text.index(">") + 1 :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"font: (?:(\d+) )?([\d.]+px) [^;\"]+", _font, text)
    text = re.sub(r'id="(?!\w+[0-9a-f]{10})([\w.]+)"', "", text)
    for paint in Paint:
        text = text.replace(paint.value, paint.css)
    return text


def _font(match: re.Match[str]) -> str:
    weight = "" if match.group(1) is None else f"font-weight: {match.group(1)}; "
    return f"{weight}font-size: {match.group(2)}"


def ink_png(image: npt.NDArray[np.floating]) -> str:
    """A small image as a data URI: black ink on nothing, 0 clear to 1 full; the page turns it white by night."""
    alpha = np.clip(np.floor(np.asarray(image) * 255 + 0.5), 0, 255).astype(np.uint8)
    rows = np.zeros((alpha.shape[0], 1 + 2 * alpha.shape[1]), dtype=np.uint8)
    rows[:, 2::2] = alpha
    header = struct.pack(">IIBBBBB", alpha.shape[1], alpha.shape[0], 8, 4, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()
