"""One self-contained page of findings, for laptop and phone, by day and by night."""

from __future__ import annotations

from spikeloom.report.page import Figure, Page, ReportStep, Section, Table, Tile, render_page
from spikeloom.report.theme import Paint, figure_svg, ink_png, plot_style

__all__ = [
    "Figure",
    "Page",
    "Paint",
    "ReportStep",
    "Section",
    "Table",
    "Tile",
    "figure_svg",
    "ink_png",
    "plot_style",
    "render_page",
]
