"""What a report says, as frozen data, and its HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure: a value, what it is, and what to hold it against. ``proof`` marks an equality that holds."""

    value: str
    label: str
    note: str = ""
    proof: bool = False


@dataclass(frozen=True, slots=True)
class ReportStep:
    """A station of the way from input to output."""

    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot or image: ``markup`` is trusted HTML or SVG; ``wide`` ones take a whole row and scroll on a phone."""

    markup: str
    caption: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; columns named in ``numbers`` are set right, a cell that starts with a check mark is a proof."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str
    numbers: frozenset[str] = frozenset()
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A finding: its title says what was found, the parts show it. ``side`` puts the parts beside each other."""

    title: str
    text: str
    parts: Sequence[Figure | Table]
    side: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report."""

    kicker: str
    title: str
    lead: str
    tiles: Sequence[Tile]
    steps: Sequence[ReportStep]
    sections: Sequence[Section]
    footer: Sequence[str]


def render_page(page: Page) -> str:
    """The page as one HTML file that asks the network for nothing."""
    style = files("spikeloom.report").joinpath("templates", "page.css").read_text(encoding="utf-8")
    return _environment().get_template("page.html.j2").render(page=page, style=style)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("spikeloom.report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["table"] = lambda part: isinstance(part, Table)
    return environment
