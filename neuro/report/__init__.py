"""Report: one self-contained page of findings, for laptop and phone, by day and by night."""

from __future__ import annotations

from neuro.report.page import Figure, Page, Section, Step, Table, Tile, render_page
from neuro.report.theme import Paint, figure_svg, ink_png, plot_style

__all__ = [
    "Figure",
    "Page",
    "Paint",
    "Section",
    "Step",
    "Table",
    "Tile",
    "figure_svg",
    "ink_png",
    "plot_style",
    "render_page",
]
