"""Passages: a long text cut into pieces that an embedder can take, at paragraphs, then sentences, then words.

Paragraphs (parted by an empty line) are joined while they fit into ``most`` characters; one that is longer is cut
behind a sentence, and a longer sentence behind a word. No character but white space at the cuts is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from neuro.checks import check_whole

MOST_CHARACTERS = 1000
"""Of a passage, unless told otherwise: about 200 English words."""

_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+")
_HEADING = re.compile(r"#{1,6}\s+(\S.*?)\s*#*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document: its text, the heading it stands under (or an empty text), and its place from 0 on."""

    text: str
    title: str
    position: int


def passages(text: str, most: int = MOST_CHARACTERS, title: str = "") -> list[Passage]:
    """The passages of a document, in order; none for a text of white space.

    Args:
        text: of the document. A line that starts with ``#`` is a heading, for the passages up to the next one.
        most: characters of a passage, 50 to 100,000.
        title: of the passages before the first heading.

    Raises:
        InvalidInput: most is out of its range.

    >>> [passage.text for passage in passages("One. Two three four. " * 4, most=50)]
    ['One. Two three four. One. Two three four. One.', 'Two three four. One. Two three four.']
    """
    check_whole("most", most, 50, 100_000)
    found = [(piece, heading) for heading, body in _sections(text, title) for piece in _packed(body, most)]
    return [Passage(piece, heading, place) for place, (piece, heading) in enumerate(found)]


def _sections(text: str, title: str) -> Iterator[tuple[str, str]]:
    """Heading and body of each section."""
    heading, lines = title, list[str]()
    for line in text.splitlines():
        match = _HEADING.match(line)
        if match:
            yield heading, "\n".join(lines)
            heading, lines = match.group(1), []
        else:
            lines.append(line)
    yield heading, "\n".join(lines)


def _packed(body: str, most: int) -> Iterator[str]:
    """Paragraphs joined up to ``most`` characters."""
    held = ""
    for paragraph in filter(None, (part.strip() for part in _PARAGRAPH.split(body))):
        if held and len(held) + 2 + len(paragraph) <= most:
            held += "\n\n" + paragraph
            continue
        if held:
            yield held
        *whole, held = _cut(paragraph, most)
        yield from whole
    if held:
        yield held


def _cut(paragraph: str, most: int) -> list[str]:
    """A paragraph in pieces of at most so many characters, the last of which is what is left."""
    pieces, rest = list[str](), paragraph
    while len(rest) > most:
        window = rest[: most + 1]
        ends = [match.start() for match in _SENTENCE.finditer(window) if match.start() > 0]
        place = ends[-1] if ends else window.rfind(" ")
        place = most if place <= 0 else place
        pieces.append(rest[:place].rstrip())
        rest = rest[place:].lstrip()
    return [*pieces, rest]
